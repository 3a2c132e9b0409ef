"""LINK, what came of a treatment: received, stopped, failed, or only recommended, refused, planned."""

from __future__ import annotations

import re
from collections.abc import Sequence

from extract.link.values import reported
from extract.model import Document, Mention, Reported

_ORDER = ("failed", "not_tolerated", "stopped", "received", "refused", "recommended", "planned")
_NEVER_HAD = ("refused", "recommended", "planned")

_REFUSED_AFTER = re.compile(
    r"^(?:(?!\b(?:further|more|continu\w+|again)\b)[^.])*?\b(?:declined|refused|rejected|(?:was|were) turned down|"
    r"opted against|decided against|(?:did|do|does) not (?:want|consent|agree|wish)|"
    r"would not (?:take|hear of|have|accept|consider|try|undergo)|put (?:it|this|that) off)\b(?P<rest>[^.;]*)",
    re.IGNORECASE,
)
_REFUSED_BEFORE = re.compile(
    r"\b(?:declin(?:ed|ing)|refus(?:ed|ing)|rejected|opted against|decided against|"
    r"would not (?:take|have|try|hear of))\s+"
    r"(?:(?!further|more|any|continu\w+|to\s+continue|another|again)[\w-]+\s+){0,4}$",
    re.IGNORECASE,
)
_ADVISED_AFTER = re.compile(
    r"^\s*(?:therapy\s+|treatment\s+|surgery\s+)?(?:(?:was|were|had been|has been)\s+(?:\w+\s+)?)"
    r"(?:recommended|advised|offered|suggested|proposed|considered|discussed)\b",
    re.IGNORECASE,
)
_ADVISED_BEFORE = re.compile(
    r"\b(?:recommend(?:ed|ation\s+(?:of|for|to))|advised|offered|suggested|proposed)\s+(?:[\w-]+\s+){0,5}?\(?$",
    re.IGNORECASE,
)
_TAKEN = re.compile(
    r"\b(?:receiv\w+|given|gave|took|taken|underwent|start\w*|began|begun|initiat\w+|treated|administered|performed|"
    r"carried out|respon\w+|fail\w*|stopped|discontinu\w+|withdrawn|ineffective|improv\w+|accepted|agreed|tolerated)\b",
    re.IGNORECASE,
)
_NOT_TAKEN = re.compile(
    r"\b(?:not|never)\s+(?:\w+\s+){0,2}?(?:receiv\w+|given|taken?|start\w*|began|initiat\w+|administered|performed|"
    r"carried out|available|approved|accepted)\b|\bwithout\s+(?:being\s+)?(?:given|started)\b",
    re.IGNORECASE,
)


def status_of(document: Document, mentions: Sequence[Mention], therapies: Sequence[Mention]) -> Reported:
    """The status of one treatment from all its mentions; ``therapies`` are all that the patient's story names.

    What was failed, not tolerated or stopped was received. What is only recommended, refused or planned was not, unless
    another sentence tells that it was taken.
    """
    told = [(status, m) for m in mentions if (status := _told(document, m, therapies)) is not None]
    if not told:
        return reported(document, "received", mentions[:1])
    status, mention = min(told, key=lambda pair: _ORDER.index(pair[0]))
    if status in _NEVER_HAD:
        plain = [m for m in mentions if m not in [teller for _, teller in told]]
        taken = next((m for m in plain if _TAKEN.search(document.quote(m.sentence))), None)
        if taken is not None:
            return reported(document, "received", [taken])
        if status == "planned" and plain:
            return reported(document, "received", plain[:1])
    return reported(document, status, [mention])


def _told(document: Document, mention: Mention, therapies: Sequence[Mention]) -> str | None:
    """The status that one sentence tells, None for a plain mention."""
    read = words_of(document, mention, therapies)
    if read is not None:
        return read
    printed = mention.detail("status")
    if printed in _ORDER:
        return str(printed)
    if mention.context.presence == "planned" or mention.context.when == "future":
        return "planned"
    return None


def words_of(document: Document, mention: Mention, therapies: Sequence[Mention]) -> str | None:
    """Refused or recommended by the words around it, as far as the next treatment on either side."""
    if mention.cell is not None:
        return None
    near = [m.span for m in therapies if m.sentence == mention.sentence and not m.span.overlaps(mention.span)]
    left = max((s.end for s in near if s.end <= mention.span.start), default=mention.sentence.start)
    right = min((s.start for s in near if s.start >= mention.span.end), default=mention.sentence.end)
    before, after = document.text[left : mention.span.start], document.text[mention.span.end : right]
    if right < mention.sentence.end:
        after += "|"  # the next treatment: a refusal in front of it is of that one
    refused = _REFUSED_AFTER.search(after)
    if refused is not None and _OBJECT.match(refused["rest"]) and not _TAKEN.search(after[: refused.start("rest")]):
        return "refused"
    if _REFUSED_BEFORE.search(before):
        return "refused"
    if _ADVISED_AFTER.search(after) or _ADVISED_BEFORE.search(before):
        without = _NOT_TAKEN.sub("", after)
        return None if _TAKEN.search(without) else "recommended"
    return None


_OBJECT = re.compile(
    r"\s*(?:it|this|that|them|both|these|(?:the\s+)?(?:treatment|drug|surgery|operation|procedure|therapy|offer)|so\b|[,.;)]|$|because|and\b|due|for\b|by\b|at\b|"
    r"on\b|in\b|as\b|out\b)",
    re.IGNORECASE,
)
"""What may follow a refusal that leaves the treatment before it as the thing refused: "declined it"."""
