"""Cell doses as mentions: where the quantity grammar is asked, and whether a dose is each or in total."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from extract.find.company import CELL_NOUN
from extract.find.language import Passage
from extract.find.quantity import find_doses
from extract.find.sides import doses_of_other_side
from extract.find.volumes import Dose
from extract.model import Mention, Quantity, plain

RULE = "dose"

_TOTAL_BEFORE = re.compile(
    r"(?:\b(?:grand |cumulative |combined |overall )?total(?:ling|ing|led|ed)?(?: cell)?(?: doses?| "
    r"number| amount| quantity| count)?(?: of| was| were|:|,| being)?"
    r"|\bcumulative(?:ly)?(?: doses?)?(?: of| was|:)?"
    r"|(?<!two )(?<!three )(?<!four )(?<!five )(?<!six )(?<!eight )(?<!\d )(?<!times )\baltogether,?"
    r"|\bin all,?|\b(?:between|among(?:st)?) them,?"
    r"|\ball together|\bsum of|"
    r"\bsumming to|\badding up to|\bamounting to|\bin total,?|\boverall,?|\btogether,?|\bcombined dose "
    r"(?:of|was)|\b(?:cumulatively|in aggregate|all told),?\s(?:s?he|they|the\s\w+)\s"
    r"(?:was|were|had|has|has been|had been)?"
    r"\s?(?:been\s)?(?:given|received|infused with|injected with))"
    r"\s*(?:about|approximately|some|nearly|roughly|ca\.?|~|≈|of)?\s*[(\[]?\s*$",
    re.IGNORECASE,
)
_TOTAL_AFTER = re.compile(
    r"^[^.;\d]{0,60}?(?:(?<!one )(?<!two )(?<!three )(?<!four )(?<!five )(?<!six )(?<!eight )(?<!ten "
    r")(?<!times )\bin (?:total|all)\b|\baltogether\b|\boverall\b|\bbetween them\b|\ball told\b|\btaken together\b|"
    r"\btotal\b(?! (?:knee|hip|body|nucleated|protein)| of (?:\d{1,2}|[a-z]+) (?:[a-z-]+ ){0,3}(?:times|infusions|"
    r"injections|doses|sessions|procedures|treatments|administrations|occasions)\b)|\bcumulative|"
    r"\b(?:was|were|is|being|and|then|evenly|equally|,|cells|MSCs?)\s+(?:\w+ly\s)?(?:divided|split|"
    r"distributed|apportioned|portioned|(?:spread|shared)\s(?:over|among|between|across))\b"
    r"(?!\s(?:over\s|across\s)?(?:the|an?|his|her)\s(?:\w+\s)?(?:bed|wound|surface|defect|lesion|ulcer|cornea|skin|area)\b)|"
    r"\b(?:(?:divided|split|distributed|apportioned)\s(?:\w+ly\s)?(?:over|among|amongst|between|"
    r"across|into|in|to)|spread\s(?:\w+ly\s)?(?:over|among|amongst|between|across))\b(?!\s(?:the|an?|his|her)\s(?:\w+\s)?(?:bed|wound|surface|defect|lesion|ulcer|cornea|skin|area)\b)|"
    r"\bin\s(?:two|three|four|five|six|\d)\s(?:(?:equal|divided|separate|smaller|half)\s)+(?:doses|"
    r"portions|parts|infusions|injections|halves))",
    re.IGNORECASE,
)
_EACH = re.compile(
    r"^[^.;]{0,40}?(?:\beach\b|\bapiece\b|/\s?(?:dose|infusion|injection|administration|session|time)\b|"
    r"\bper\s(?:dose|infusion|injection|administration|session|procedure|time|visit|knee|hip|eye|disc|"
    r"disk|joint|hand|site|side|patient|person|treatment)\b|"
    r"\bevery\stime\b|\bon\seach\b|\bat\seach\b|\bfor\seach\b|\beach\stime\b)",
    re.IGNORECASE,
)
_EACH_BEFORE = re.compile(
    r"(?:\beach\b[^.;]{0,45}|\bper\s(?:dose|infusion|injection|session|procedure)\b[^.;,]{0,30}|"
    r"\bevery\s(?:dose|infusion|injection)[^.;,]{0,30}|"
    r"\b(?:infusions?|injections?|doses|transfusions?)\s(?:\([^)]*\)\s)?(?:of|with|containing|contained|"
    r"at)\s(?:\w+\s){0,2})$",
    re.IGNORECASE,
)
_SUMMED = re.compile(
    r"\b(?:in|over|during|through|across)\s(?:the\s)?(?:course\sof\s)?(?:\d+|two|three|four|five|six|"
    r"seven|eight|nine|ten|twelve)\s"
    r"(?:\w+\s){0,2}(?:sessions|infusions|injections|sittings|procedures|administrations|treatments|"
    r"occasions|punctures)\b",
    re.IGNORECASE,
)


def find_dose_mentions(passage: Passage, row_header: str = "", column_header: str = "") -> list[Mention]:
    """Doses (field ``dose``) and volumes (``volume``) of a passage.

    A dose that cannot be resolved (lost exponent, concentration without a volume) is a mention without a quantity whose
    details tell why. ``basis`` is ``total``, ``per_administration`` or missing where the words do not say.
    """
    out: list[Mention] = []
    if passage.cell is not None:
        header = next((h for h in (column_header, row_header) if find_header(h)), "")
        return _mentions(
            passage,
            passage.text,
            0,
            find_doses(passage.text, header or f"{column_header} {row_header}"),
            passage.headers,
        )
    for start, end in passage.sentences:
        text = passage.text[start:end]
        found = find_doses(text)
        if found and "the " in text:
            found = sorted([*found, *doses_of_other_side(text, found)], key=lambda dose: dose.start)
        out += _mentions(passage, text, start, found, "")
    return out


def find_header(header: str) -> bool:
    """Whether a header carries a dose's unit or multiplier."""
    from extract.find.company import header_multiplier

    return bool(header) and header_multiplier(header) is not None


def _mentions(passage: Passage, text: str, offset: int, doses: list[Dose], headers: str) -> list[Mention]:
    out = []
    given = [d for d in doses if d.kind == "dose"]
    for dose in doses:
        start, end = offset + dose.start, offset + dose.end
        details: dict[str, Any] = {}
        if dose.listed:
            details["listed"] = Decimal(dose.listed)
            details["list_size"] = Decimal(dose.list_size)
        if dose.kind == "volume" and dose.quantity:
            out.append(passage.mention("volume", _say(dose.quantity), start, end, "volume", quantity=dose.quantity))
            continue
        if dose.kind == "concentration":
            if given or not _is_given(text):
                continue
            details["unresolved"] = "a concentration without the volume that was given"
        if dose.quantity is None:
            details["unresolved"] = dose.reason
        basis = basis_of(text, dose, headers)
        if basis:
            details["basis"] = basis
        if "unresolved" in details:
            out.append(passage.mention("dose", text[dose.start : dose.end], start, end, RULE, details=details))
        elif dose.quantity is not None:
            out.append(
                passage.mention("dose", _say(dose.quantity), start, end, RULE, quantity=dose.quantity, details=details)
            )
    return out


def _is_given(text: str) -> bool:
    return bool(
        re.search(r"inject|infus|instill|implant|transplant|given|receiv|administ|deliver", text, re.IGNORECASE)
    )


def basis_of(text: str, dose: Dose, headers: str = "") -> str:
    """Whether a dose is said to be each or in total; '' when the words do not say."""
    before = text[max(0, dose.start - 60) : dose.start]
    rest = re.sub(rf"^[^.;\d]{{0,30}}?(?i:{CELL_NOUN})", "", text[dose.end : dose.end + 110], count=1) or ""
    after = text[dose.end : dose.end + 110]
    if _TOTAL_BEFORE.search(before):
        return "total"
    # "a total of three infusions of 60 million": each, since the total counts infusions
    if _EACH.match(after):
        cut = _EACH.match(after)
        if cut and not re.search(r"\b(?:and|then|while)\b[^.;]*$", after[: cut.end()]):
            return "per_administration"
    if _TOTAL_AFTER.match(after) or _TOTAL_AFTER.match(rest):
        return "total"
    if re.search(r"\btotal\b|cumulative", headers, re.IGNORECASE):
        return "total"
    if _EACH_BEFORE.search(before):
        return "per_administration"
    if _SUMMED.search(text):
        return "unclear"
    return ""


def _say(quantity: Quantity) -> str:
    if quantity.number is not None:
        return f"{plain(quantity.number)} {quantity.unit}"
    low = plain(quantity.low) if quantity.low is not None else ""
    high = plain(quantity.high) if quantity.high is not None else ""
    return f"{low}–{high} {quantity.unit}"
