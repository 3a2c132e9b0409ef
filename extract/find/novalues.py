"""The find room's list of numbers that are no values: doses, spreads, changes, counts of people, thresholds, names."""

from __future__ import annotations

from extract.find.sieve import look_at, may_match, sieved
from extract.numbers import NUMBER_WORDS
from extract.patterns import searched

D = r"\d+(?:[.,·]\d+)?"
DASH = r"[-\u2010-\u2015\u2212]"
TO = rf"\s*(?:{DASH}|to)\s*"
_AMOUNT = rf"(?:{D}|{NUMBER_WORDS})"
_NO_LAB = r"(?!\d)(?!\s?(?:/|per)\s?(?:L|l|µL|μL|uL|mm|lit|mic|cubic))"
_CELL = (
    r"(?:cells?|\w*-?MSCs?|\w*-?BMSCs?|\w*-?ASCs?|\w*-?ADSCs?|\w*-?HSCs?|SVF|BMACs?|\w*-?MNCs?|CD34\S*|CD133\S*"
    r"|Tregs?|vesicles|exosomes|"
    r"particles|myoblasts|nuclei)\b"
)
_OF_CELLS = (
    r"(?:(?:of|the|an?|his|her|their|its|own|donor|marrow|bone|fat|adipose|tissue|cord|blood|umbilical|placental"
    r"|amniotic|autologous|"
    r"allogeneic|autogenous|mesenchymal|stem|stromal|mononuclear|nucleated|progenitor|regulatory|T|viable|living|live"
    r"|cultured|expanded|fresh|"
    r"thawed|pooled|mobili[sz]ed|peripheral|dental|pulp|neural|derived|UC|BM|AD|WJ)[\s-]+)*"
)
_POWER = r"10\s?[\^e]?\s?(?:[⁰¹²³⁴-⁹]{1,2}|\d{1,2})"

_DOSE = sieved(
    # 2 × 10^6, 2 x 106, 3.1 ¥ 107, 6.5 Â· 107
    rf"(?<![\w.,]){D}\s*(?:[×xX*·¥]|Â\s?[·×]|Ã—)\s*{_POWER}{_NO_LAB}"
    # the sign lost or printed as 3: only in front of cells or "per kg"
    rf"|(?<![\w.,]){D}(?:\s3\s|\s|{DASH})10[1-9]\d?(?!\d)(?=\s*/\s?kg|\s+{_OF_CELLS}{_CELL})"
    rf"|(?<![\w.,])10(?:\d|1\d)(?![\d.,])(?=\s*/\s?kg|\s+{_OF_CELLS}{_CELL})"
    rf"|(?<![\w.,]){D}[eE]\+?\d{{1,2}}(?!\w)"
    rf"|10\s?\^\s?\d{{1,2}}{_NO_LAB}|10[⁰¹²³⁴-⁹]{{1,2}}{_NO_LAB}"
    rf"|(?<![\w.,]){D}\s*(?:million|billion|lakh|crore)s?\b"
    # volumes of what is injected
    rf"|(?<![\w.,]){D}\s*(?:mL|ml|cc|cm3|cm³|L)\s+(?:of\s+)?(?=(?:[\w-]+\s+){{0,2}}?(?:concentrate|aspirate"
    r"|lipoaspirate|fat|marrow|suspension|saline|"
    rf"plasma|PRP|blood|{_CELL}))",
    0,
)
_SPREAD = sieved(
    rf"\s*(?:±|\+/-|\+\s?{DASH})\s*{D}\s*%?"
    # "6.6 6 1.2": a misprinted plus-minus. Three bare numbers in a row are not written otherwise.
    rf"|(?:(?<=\d)|(?<=\d%)|(?<=\d\s%)) 6 {D}\s?%?(?![\d/]|[.,]\d|\s*(?:days?|weeks?|wks?|months?|mo|years?)\b)",
    0,
)


# "0-50 degrees": the lower end of a range of motion
_FROM_ZERO = sieved(rf"(?<![\d.])0\s*(?:°|degrees?)?{TO}(?=\d{{2,3}}\s*(?:°|degrees?))")


def without_doses(text: str) -> str:
    """The text with doses, deviations behind values and zeros of ranges of motion blanked, at the same length."""
    for sieve in (_DOSE, _SPREAD, _FROM_ZERO):
        if may_match(sieve.needed, look_at(text)):
            text = sieve.pattern.sub(lambda match: " " * len(match.group()), text)
    return text


# What is printed like a value and is none. Each stretch is left out whole.
_NO_VALUE = searched(
    r"\[\s*\d[\d,;\s\u2010-\u2015-]*\]"  # citations and bracketed ranges
    r"|\bp\s*[<=>≤≥]\s*[01]?[.,]\d+|\bn\s*=\s*\d+"
    r"|\b95\s?%\s*(?:CI|confidence)[^();|]*"
    # normal and reference ranges, spreads
    r"|[(\[][^()\[\]]*\b(?:normal|reference|ref\.?|norm|upper\s+limit|ULN|cut\W?off|threshold|IQR|interquartile|SDs?"
    r"|CI|"
    r"ranging|quartiles?)\b[^()\[\]]*[)\]]"
    rf"|\b(?:range[ds]?|ranging)\s*(?:of\s+|from\s+|was\s+|:\s*|between\s+)?{D}(?:{TO}|\s+and\s+){D}"
    rf"|\bbetween\s+{D}\s+and\s+{D}"
    # what a scale may be: "runs from 0 (worst) to 100", "0 (none) to 10 (unbearable)"
    rf"|\b(?:runs?|running|extends?|extending|goes|going|var(?:y|ies|ying)|counts?|is\s+scored|are\s+scored)\s+from\s+{D}"
    rf"(?:\s*\([^()\d]*\))?{TO}{D}"
    rf"|{D}\s*\((?:the\s+)?(?:worst|best|no\b|none|normal|least|most|perfect|max|min)[^()\d]*\){TO}{D}"
    # dates: "on 2 May 2015", "May 2, 2015", "5 June"
    r"|\b(?:on\s+)?[0-3]?\d(?:st|nd|rd|th)?\s+(?:of\s+)?(?:January|February|March|April|May|June|July|August|September|October"
    r"|November|December)\b(?:,?\s+(?:19|20)\d\d)?"
    r"|\b(?:January|February|March|April|May|June|July|August|September|October|November|December)\s+[0-3]?\d"
    r"(?:st|nd|rd|th)?,?\s+(?:19|20)\d\d\b"
    # ages: "was diagnosed at 20, and at 21 she underwent"
    r"|\b(?:diagnosed|recogni[sz]ed|underwent\s[^.;,]{3,30})\s+at\s+(?:age\s+)?\d{1,2}(?![\d/%]|[.,]\d|\s*(?:mm|cm|points?)\b)"
    r"|\bat\s+\d{1,2},?\s+s?he\b"
    # numbers that are names: patients, tables, visits
    r"|\b(?:tables|figs\.?|figures|cases|patients|pts|subjects|participants|refs\.?|nos\.|visits|groups|items)\s?#?\d+"
    rf"(?:\s*(?:,|and|or|to|{DASH})\s*\d+)*(?![\d/]|\.\d)"
    r"|\b(?:table|fig\.?|figure|case|patient|pt|subject|participant|ref\.?|no\.|phase|type|part|version|visit|group"
    r"|cohort|item)\s?#?\d+(?![\d/]|\.\d)"
    # people counted: 7/8 patients, in 3 of 5, 12 of 14 hips
    r"|\b(?:in|among)\s+\d+\s*(?:/|of|out\s+of)\s*(?:the\s+)?\d+"
    r"|\d+\s*(?:/|of|out\s+of)\s*(?:the\s+|our\s+)?\d+\s+(?:(?!(?:after|before|at|on|in|and|to|the|following|by|for"
    r"|with|was|but|when)\b)[a-z-]+\s+){0,2}?"
    r"(?!points|units|scores|was|is|has|as|this|versus|us|after|before|hours|days|weeks|months|years|fortnights"
    r"|afterwards|always|thus)"
    r"(?:[a-z]+s|children|women|men|people)\b"
    r"|\b(?:responders?|response|improved|improvement|remission)\s*:?\s*(?:in\s+)?\d+\s*(?:/|of)\s*\d+"
    # changes: by 3, a gain of 3 points, 3 points lower, improved 40 %, 40 % reduction
    r"|\bby\s+(?:(?:a|the)\s+(?:mean|median|factor|total)\s+(?:of\s+)?|about\s+|approximately\s+|some\s+|only\s+"
    r"|up\s+to\s+|at\s+least\s+)*"
    rf"{D}(?:(?:{TO}|\s+or\s+){D})?"
    r"|\b(?:gain|loss|drop|fall|rise|reduction|decrease|increase|improvement|decline|change|difference|worsening"
    r"|deterioration|delta)"
    rf"s?\s+(?:in\s+\S+\s+)?(?:of|was|=|:)\s*(?:about\s+|approximately\s+|only\s+)?(?:{DASH}|\+)?{D}(?:{TO}{D})?"
    r"|\b(?:gain(?:ed|s|ing)?|lost|loses|losing|shed(?:s|ding)?|won|added|adding|put\s+on)\s+(?:only\s+|about\s+"
    r"|some\s+)?"
    rf"{D}(?:\s+points?\s+(?:\w+\s+){{0,4}}?and\s+{D})?"
    r"|\b(?:improved|decreased|increased|reduced|fell|rose|dropped|declined|lessened|worsened)\s+(?:about\s+|some\s+"
    rf"|approximately\s+)?{D}"
    r"(?=\s*(?:%|points?\b|units?\b|per\s?cent))"
    rf"|{_AMOUNT}(?:\s*{DASH}\s*|\s+)points?\s+(?:lower|higher|better|worse|less|more|fewer|gain|drop|fall|change"
    r"|reduction|improvement|increase|decrease)"
    rf"|{D}\s*%\s+(?:lower|higher|better|worse|less|more|gain|drop|fall|change|reduction|improvement|increase|decrease)"
    # "33.5 (-14%)", "12 points (down 40 %)": the change behind a value
    rf"|(?:(?<=\d)|(?<=[%°])|(?<=points)|(?<=degrees)|(?<=mm)|(?<=cm)|(?<=m))\s?[(\[]\s?(?:(?:Δ|change:?|delta:?)\s?)?"
    rf"(?:{DASH}|\+|[↓↑]|(?:down|up|minus|plus|reduced|improved|increased|decreased)\s)\s?{D}"
    r"\s?(?:%|per\s?cent|points?|pts?|degrees|°|mm|cm|m)?\s?[)\]]"
    # what is normal
    rf"|{D}\s*(?:%|°|degrees?|points?)?\s*(?:being|is|=|as|considered)\s+(?:the\s+)?normal\b"
    # "PASI 75 was reached", "0 no pain"
    r"|(?<=¶)[\s-]?(?:20|30|50|70|75|90|100)\s+(?:(?:was|were|had\s+been)\s+)?(?:reached|achieved|met|attained"
    r"|respon\w+)"
    r"|\b0\s*(?:=|is|being|meaning|for)?\s*(?:no|none|normal|absent|best|worst)\b"
    # "one of 4.5" stands for a score of 4.5
    r"|\bone\s+of\b(?=\s+\d)"
    # how finely a scale is divided
    rf"|\b(?:steps?|increments?|intervals?|decrements?)\s+of\s+{D}"
    # thresholds
    r"|\b(?:above|below|(?<!rose )(?<!fell )(?<!went )(?<!came )(?<!risen )(?<!fallen )(?<!climbed )(?<!dropped )over"
    r"|under|exceed(?:s|ed|ing)?|(?:more|less|greater|lower|higher|better|worse|smaller"
    r"|larger)\s+than|at\s+least|"
    rf"at\s+most|minimum\s+of|minimal|cut\W?off(?:\s+of)?|threshold(?:\s+of)?)\s+{D}(?:{TO}{D})?",
)


def no_values(text: str) -> list[tuple[int, int]]:
    """The stretches of a text whose numbers are no values."""
    return [match.span() for match in _NO_VALUE.finditer(text)]
