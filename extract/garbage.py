"""How often Python looks for rings of garbage while many objects are made that stay."""

from __future__ import annotations

import contextlib
import gc
from collections.abc import Iterator

SELDOM = 100_000
"""New objects from one look for garbage to the next: some megabytes."""


@contextlib.contextmanager
def collecting_seldom() -> Iterator[None]:
    """Let Python look for rings of garbage seldom. Papers and tables are tens of thousands of objects that are all kept
    until they are written; to go through them, and through all that is loaded, every 700 takes a tenth of the time."""
    often = gc.get_threshold()
    if often[0] in range(1, SELDOM):
        gc.set_threshold(SELDOM, *often[1:])
    try:
        yield
    finally:
        gc.set_threshold(*often)
