"""The find room: Document -> Mentions. The only room that knows spaCy and scispaCy."""

from __future__ import annotations

from extract.find.search import find_mentions, search_passage

__all__ = ["find_mentions", "search_passage"]
