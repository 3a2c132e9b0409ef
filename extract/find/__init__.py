"""The find room: Document -> Mentions. The only room that knows spaCy and scispaCy."""

from __future__ import annotations

from extract.find.search import explain_mentions, find_mentions, search_passage

__all__ = ["explain_mentions", "find_mentions", "search_passage"]
