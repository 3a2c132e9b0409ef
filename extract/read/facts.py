"""READ, the paper itself: title, authors, journal, year, doi, country and language of a PDF."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from extract.model import Span
from extract.read.areas import Type
from extract.read.draft import Draft
from extract.read.hyphens import Words
from extract.read.paragraphs import Chunk

_NO_TITLE = re.compile(
    r"(?:the\s+)?(?:(?:[a-z]+\s)?(?:journal|annals|archives|acta|bulletin|proceedings|reviews?)\s(?:of|in|for)\b|"
    r"case reports? in\b|"
    r"(?:original|research|review|short|brief|special|clinical|rapid)\s(?:\w+\s)?(?:article|report|communication|paper)s?$|"
    r"case (?:report|series|study)s?$|open access|letters? to the editors?$|correspondence$|available online|"
    r"contents lists|hindawi)",
    re.I,
)


def find_title(chunks: Sequence[Chunk], running: Sequence[str], body: Type) -> Chunk | None:
    """The block in the largest type of the first page that reads like a title: not a journal's name, not a rubric.

    ``running`` are the words of the running heads; a journal's name comes again in them.
    """
    best: Chunk | None = None
    best_weight = 0.0
    for chunk in chunks:
        if not chunk.lines or chunk.sheet.number > 1 or len(chunk.lines) > 7:
            continue
        text = chunk.text
        count = len(text.split())
        if count < 2 or count > 60 or _NO_TITLE.match(text) or chunk.first.top > 0.85 * chunk.sheet.height:
            continue
        if any(line.startswith(text) and len(line) > len(text) and count < 9 for line in running):
            continue
        weight = chunk.size * min(1.0, 0.55 + 0.12 * count)
        if weight > best_weight + 0.3:
            best, best_weight = chunk, weight
    return best if best is not None and best.size > body.size + 0.8 else None


class Written(NamedTuple):
    """A block of the first two pages as it stands in the text; ``place`` is ``head`` above the title, ``front``
    between title and abstract, ``running`` for what was set aside, ``body`` for the rest."""

    text: str
    start: int
    page: int
    place: str


_DOI = re.compile(r"\b10\.\d{4,9}/[-._;()/:<>\[\]\w]+", re.I)
_YEAR = r"(?P<year>(?:19|20)\d\d)\b"
_YEARS = (
    re.compile(rf"\bpublished(?: online| date)?\s*:?[^.;|]{{0,24}}?\b{_YEAR}", re.I),
    re.compile(
        rf"(?:\bvolume \d+,?\s*\(?|\d\s?\(|\b(?=\d{{4}}\s?[;,:]\s?(?:vol|\d|\())|\((?=\d{{4}}\)\s*\d)){_YEAR}", re.I
    ),
    re.compile(rf"(?:©|\(c\)|copyright)[^.;|]{{0,24}}?\b{_YEAR}", re.I),
    re.compile(rf"\b(?:accepted|received)(?: date)?\s*:?[^.;|]{{0,24}}?\b{_YEAR}", re.I),
    re.compile(rf"(?:^|\W){_YEAR}(?=\W|$)"),
)
_YEARS_SAID_BY = ("", "", "", "", "head running")
_JOURNAL_WORD = re.compile(
    r"\b(?:journal|annals|archives?|acta|bulletin|reports?|reviews?|medicine|research|rheumatology|science|sciences|therapy|letters|"
    r"quarterly|frontiers|transplantation|cytotherapy|lancet|bmj|bmc|plos|surgery|p(?:a)?ediatrics?|orthop(?:a)?edics?|urology|"
    r"dermatology|neurology|immunology|h(?:a)?ematology|international|correspondence|trials|j|med|res|rep|arch|ann|clin|exp|ther|int)\b",
    re.I,
)
_BEFORE_NUMBERS = re.compile(
    r"(?P<name>[^\d;|·•–]{3,90}?)[\s,.:;·|•(]*(?:(?:19|20)\d\d\b|vol(?:ume)?\b\.?\s*\d|\d{1,3}\s?[(:;]|article\b|ISSN|e?doi\b|10\.\d{4})",
    re.I,
)
_RUBRIC = re.compile(
    r"\b(?:case (?:report|series|study)\b(?! in)|"
    r"(?:original |research |review |short )+(?:article|communication|paper)|"
    r"review article|"
    r"letters? to the editor|open access|hindawi publishing corporation|hindawi|omics international)\b", re.I
)  # fmt: skip
_NAME = r"(?:[^\W\d_]\.?[- ]?)*[^\W\d_][\w’'.-]*(?:\s(?:[^\W\d_][\w’'.-]*)){0,5}"
_MARKS = re.compile(r"\s?\[[^\]]{1,20}\]|[*∗†‡§¶#✉]|(?<=[^\W\d_])\d+(?:,\d+)*")
_DEGREES = re.compile(r",?\s\b(?:M\.?D\.?|Ph\.?D\.?|MSc|BSc|MBBS|MPH|FRCS|MS|DO|Dr\.?|Prof\.?)(?=[,;\s]|$)")
_COUNTRIES = (
    "Afghanistan|Albania|Algeria|Argentina|Armenia|Australia|Austria|Azerbaijan|Bahrain|Bangladesh|"
    "Belarus|Belgium|Bolivia|Bosnia and Herzegovina|Brazil|Brasil|Bulgaria|Cameroon|Canada|Chile|"
    "P\\.?\\s?R\\.? China|People’s Republic of China|China|Colombia|Costa Rica|Croatia|Cuba|Cyprus|"
    "Czech Republic|Czechia|Denmark|Dominican Republic|Ecuador|Egypt|Estonia|Ethiopia|Finland|France|"
    "Georgia|Germany|Ghana|Greece|Guatemala|Hong Kong|Hungary|Iceland|India|Indonesia|Iran|Iraq|Ireland|"
    "Israel|Italy|Japan|Jordan|Kazakhstan|Kenya|Kuwait|Latvia|Lebanon|Libya|Lithuania|Luxembourg|Malaysia|"
    "Malta|Mexico|Moldova|Mongolia|Morocco|Nepal|New Zealand|Nigeria|Norway|Oman|Pakistan|Palestine|"
    "Panama|Paraguay|Peru|Philippines|Poland|Portugal|Qatar|Republic of Korea|South Korea|Korea|Romania|"
    "Russian Federation|Russia|Saudi Arabia|Senegal|Serbia|Singapore|Slovakia|Slovenia|South Africa|Spain|"
    "Sri Lanka|Sudan|Sweden|Switzerland|Syria|Taiwan|Tanzania|Thailand|The Netherlands|Netherlands|"
    "Tunisia|Turkey|Türkiye|Uganda|Ukraine|United Arab Emirates|UAE|United Kingdom|UK|England|Scotland|"
    "Wales|United States of America|United States|USA|U\\.S\\.A\\.|Uruguay|Uzbekistan|Venezuela|Vietnam|"
    "Viet Nam|Yemen|Zambia|Zimbabwe"
)
_COUNTRY = re.compile(
    rf"(?:,|\s-|–)\s*(?P<name>{_COUNTRIES})(?=\s*(?:[.;,)*\[]|$|\d|\s[a-z\d]\b|\s(?:E-?mail|Tel|Received|Correspond)))"
)
_COMMON = {
    "en": "the of and in with was to for were patient",
    "de": "der die und das mit von ist eine wurde nicht",
    "fr": "le la les des et une dans est pour avec",
    "es": "el los las una con por del para fue paciente",
    "pt": "os uma com por não para foi dos da ao",
    "it": "il della di che una con per stato nel gli",
}
_LANGUAGES = {
    "en": "English", "de": "German", "fr": "French", "es": "Spanish", "pt": "Portuguese", "it": "Italian",
}  # fmt: skip


def find_facts(blocks: Sequence[Written], title: Written | None, words: Words, draft: Draft) -> None:
    """Note what the first page says of the paper: title, authors, journal, year, doi, country, language.

    What is not plain is left out.
    """
    first = [block for block in blocks if block.page == 1]
    if title is not None:
        draft.fact("title", title.text, _span(title, 0, len(title.text)))
    _authors(first, draft)
    _journal([block for block in blocks if block.place in ("head", "running")], draft)
    for pattern, said_by in zip(_YEARS, _YEARS_SAID_BY, strict=True):
        hits = [
            (b, m)
            for b in first
            if b.place != "body" and (not said_by or b.place in said_by)
            for m in [pattern.search(b.text)]
            if m
        ]
        if hits:
            block, match = hits[0]
            draft.fact("year", match["year"], _span(block, match.start("year"), match.end("year")))
            break
    for block in sorted(first, key=lambda block: block.place == "body"):
        printed = _DOI.search(block.text)
        if printed:
            doi = printed.group().rstrip(".,;:)]")
            draft.fact("doi", doi, _span(block, printed.start(), printed.start() + len(doi)))
            break
    _country([block for block in first if block.place == "front"], draft)
    counts = {code: sum(words.count(word) for word in common.split()) for code, common in _COMMON.items()}
    best = max(counts, key=lambda code: (counts[code], code == "en"))
    code = best if counts[best] > 2 * counts["en"] else "en"
    if first:
        example = title or max(first, key=lambda block: len(block.text))
        formula = f"most of the common words of the text are {_LANGUAGES[code]}"
        draft.fact("language", code, _span(example, 0, len(example.text)), formula)


def _span(block: Written, start: int, end: int) -> Span:
    return Span(start=block.start + start, end=block.start + end)


def _authors(first: Sequence[Written], draft: Draft) -> None:
    """The first block after the title that is a list of names."""
    for block in [block for block in first if block.place == "front"][:3]:
        text = block.text
        if len(text) > 1500 or re.match(
            r"(?:abstract|summary|received|correspond|keywords?|background|doi|https?)\b", text, re.I
        ):
            continue
        bare = _DEGREES.sub("", _MARKS.sub("", text.replace("®", "")))
        names = [
            name.strip(" ,.;") for name in re.split(r"\s*[,;·•|]\s*(?:(?:and|&)\s+)?|\s+(?:and|und|et|y|&)\s+", bare)
        ]
        names = [name for name in names if name]
        good = []
        for name in names:
            parts = name.split()
            if not (
                1 < len(parts) < 7 and re.fullmatch(_NAME, name) and parts[0][0].isupper() and parts[-1][0].isupper()
            ):
                break
            if re.search(
                r"\b(?:department|university|hospital|institute|centre|center|clinic|school|college|division|unit|ltd|limited|of)\b",
                name,
                re.I,
            ):
                break
            good.append(name)
        if good and (len(good) == len(names) or len(good) > 1):
            last = good[-1]
            end = text.rfind(last) + len(last) if last in text else len(text)
            draft.fact("authors", "; ".join(good), _span(block, 0, end))
            return


def _journal(blocks: Sequence[Written], draft: Draft) -> None:
    """The journal: words of the page's head or a running line that stand before a year, volume or DOI."""
    best: tuple[int, str, Written, int] | None = None
    for block in blocks:
        if len(block.text) > 300:
            continue
        text = _RUBRIC.sub(lambda match: "|" * len(match.group()), block.text)
        for match in re.finditer(r"[^|·•]+", text):
            piece = match.group()
            found = _BEFORE_NUMBERS.match(piece.lstrip())
            name = (found["name"] if found else piece).strip(" ,.:;|·•(-–")
            cut = re.search(r"et al\.?,?\s*", name)
            if cut:
                name = name[cut.end() :]
            count = len(name.split())
            if (
                not 1 < count < 12
                or not _JOURNAL_WORD.search(name)
                or not name[0].isupper()
                or re.search(r"https?:|copyright|©|@|issn", name, re.I)
            ):
                continue
            score = (
                4 * bool(found)
                + 2 * bool(re.search(r"journal|annals|archives|bulletin|reports in|acta", name, re.I))
                + (block.place == "head")
            )
            score += sum(len(part.strip(".")) > 3 for part in name.split()) > count / 2
            if score > (1 if block.place == "head" and count < 9 else 2) and (best is None or score > best[0]):
                at = block.text.find(name)
                if at >= 0:
                    best = score, name, block, at
    if best:
        _, name, block, at = best
        draft.fact("journal", name, _span(block, at, at + len(name)))


def _country(front: Sequence[Written], draft: Draft) -> None:
    """The country of the affiliations, when they name no other."""
    hits = [(block, match) for block in front for match in _COUNTRY.finditer(block.text)]
    names = {match["name"] for _, match in hits}
    if len(names) == 1:
        block, match = hits[0]
        draft.fact("country", match["name"], _span(block, match.start("name"), match.end("name")))
