"""The room that knows whose a value is: Document + Mentions -> CaseRecord."""

from __future__ import annotations

from extract.link.assembly import link_cases

__all__ = ["link_cases"]
