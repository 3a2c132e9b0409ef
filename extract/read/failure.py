"""READ: the one way in which reading a file ends without a document."""

from __future__ import annotations


class ReadFailure(Exception):
    """A file that could not be read.

    ``reason`` is the one word that goes into documents.csv (``encrypted``, ``not_a_pdf``, ``no_text_layer``,
    ``not_jats``, ``out_of_memory``); the message is for people and says which file, what was found and what to do.
    """

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(reason, message)
        self.reason = reason
        self.message = message

    def __str__(self) -> str:
        return self.message
