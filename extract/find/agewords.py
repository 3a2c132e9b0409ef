"""The find room's words of age: how ages are told, and what near "years" or "age" is no age of a patient."""

from __future__ import annotations

import re

from extract.find.sieve import Sieved, sieved
from extract.numbers import NUMBER_WORDS
from extract.patterns import searched

HALF = r"(?:\s?½|[\s-]+and[\s-]+an?[\s-]+half\b)"
N = rf"(?:(?:\d{{1,3}}(?!\d)(?:[.,]\d{{1,2}}(?!\d))?|(?!(?:once|twice|thrice)\b){NUMBER_WORDS}){HALF}?)"
U = r"(?:years?|yrs?\.?|y(?!\w)|months?|mths?|mos?\b\.?|weeks?|wks?|days?)"
DASH = r"[-\u2010-\u2015\u2212]"
GAP = rf"(?:\s+|\s?{DASH}\s?)"
AND = r"(?:\s*,\s*(?:and\s+)?|\s+and\s+|\s+or\s+|\s*/\s*)"
TOO = rf"(?:\s*(?:,|and)?\s*(?P<plus>{N})\s*(?:months?|mos?\b))?"
PERSON = (
    r"(?:girls?|boys?|man|men|woman|women|child|children|males?|females?|lady|gentleman|patients?|infants?|toddlers?"
    r"|adolescents?|lads?|lass(?:es)?|youngsters?|"
    r"teenagers?|youths?|baby|twins|siblings?|sisters?|brothers?|daughter|son"
    r"|newborns?|neonates?|adults?|pupils?|school(?:boy|girl|child|teacher)s?|students?|smokers?|farmers?|teachers?|drivers?|workers?"
    r"|nurses?|housewi(?:fe|ves)|pensioners?|retirees?|athletes?|players?|runners?|dancers?|carpenters?|engineers?|soldiers?"
    r"|musicians?|clerks?|mechanics?|lawyers?|cooks?|bakers?|footballers?|fishermen|fisherman|labourers?|laborers?)"
)

# Each pattern has a group "ages" (a number or a list), perhaps "unit" and "plus" (months of "15 years and 6 months").
PATTERNS: tuple[tuple[str, Sieved], ...] = tuple(
    (kind, sieved(pattern))
    for kind, pattern in (
        # a 9-year-old girl, 5 years old, 58 y/o, a 6-year-and-4-month-old; two in one: "9- and 12-year-old sisters"
        (
            "attribute",
            rf"(?<![\d.,–-])\b(?P<ages>{N}(?:{DASH}?(?:\s*,\s*|\s+and\s+|\s+or\s+){N})*){GAP}?(?P<unit>{U})"
            rf"(?:(?:\s|{DASH})*(?:and(?:\s|{DASH})*)?(?P<plus>{N}){GAP}?(?:months?|mos?|mths?))?{GAP}olds?\b"
            rf"|(?<![\d.,–-])\b(?P<ages_>{N})\s?(?:y\s?/\s?o|yo|y\.o\.?)(?!\w)",
        ),
        # at the age of 16, aged 10, age 34; the median age at onset was 9 years
        (
            "adverb",
            r"\b(?:ages?\s+(?:of\s+(?:the\s+|our\s+|these\s+)?(?:[\w-]+\s+){1,3}?)?at\s+(?:\w+\s+){1,5}?(?:was"
            r"|were|of|is|:|=)?\s*|aged\s+|ages?\s*(?:of|was|were|is|:|=)?\s*(?:only\s+|about\s+)?)"
            rf"(?P<ages>{N}(?:{AND}{N})*)(?:{GAP}(?P<unit>{U})(?!\w))?{TOO}",
        ),
        # at 4 and 6 years of age, from 9 years of age
        ("adverb", rf"(?<![\d.,–-])\b(?P<ages>{N}(?:{AND}{N})*)\s+(?P<unit>{U}){TOO}\s+of\s+age\b"),
        # on day 40 of life, at 12 weeks of life
        (
            "adverb",
            rf"\b(?P<unit>days?|weeks?|months?)\s+(?P<ages>{N})\s+of\s+(?:(?:his|her|the)\s+)?(?:extrauterine\s+)?life\b",
        ),
        ("adverb", rf"(?<![\d.,–-])\b(?P<ages>{N})\s+(?P<unit>days?|weeks?|months?)\s+of\s+(?:(?:his|her)\s+)?life\b"),
        # a man of 19 years, one boy of 15
        (
            "attribute",
            rf"\b{PERSON}\s+(?:only\s+)?of\s+(?!one\b)(?P<ages>{N}(?:\s+and\s+{N})?)(?!\s*(?:%|/|of\b|kg|cm|mg|g"
            rf"|patients|famil|{PERSON}))(?:{GAP}(?P<unit>{U})(?!\w))?",
        ),
        # when she was 44; the girl was then 13 and weighed; she was 52
        (
            "adverb",
            rf"\b(?:s?he|who|(?:the|our|this)\s+(?:\w+\s+)?(?:{PERSON}|recipient)(?:,\s+(?:an?"
            r"|the|whose|in\s+whom|who)\s[^,;.|]{3,60},)?|patient|recipient)\s+(?:himself\s+|herself\s+)?"
            rf"(?:is|was|were|turned|had\s+(?:just\s+)?turned|had\s+been|being)\s+(?:only\s+|just\s+|then\s+|now\s+"
            rf"|already\s+|barely\s+|nearly\s+|almost\s+|about\s+)?(?P<ages>{N})(?!\s*(?:%|/|cm|mm|kg|g|mg|m|points?"
            rf"|hours?|times|of\b|to\b|{DASH}\s?\d))"
            rf"(?:{GAP}(?P<unit>{U})(?!\w))?(?=\s*(?:$|[.,;:)(]|and\b|when\b|at\b|with\b|old\b|but\b|then\b))",
        ),
        # now 23, this woman; now aged 9
        ("adverb", rf"\b(?:now|by\s+then)\s+(?P<ages>{N})(?:{GAP}(?P<unit>{U})(?!\w))?(?=\s*(?:[.,;)]|$|and\b))"),
        # the patient, 45, had
        ("attribute", rf"\b{PERSON},\s+(?P<ages>\d{{1,2}})(?:\s+(?P<unit>{U}))?(?=,)"),
        # at 15 years and 6 months; at 17 years (weight 52 kg)
        (
            "year",
            rf"\bat\s+(?P<ages>{N}(?:\s+and\s+{N})?)\s+(?P<unit>years?|yrs?){TOO}(?!\s*(?:of|follow|after|post|later"
            r"|from|since|before)\b)(?!\w)",
        ),
        # he first limped at 20 months, lost words at 16 months: an age only where the childhood is told
        (
            "month",
            rf"\b[Aa]t\s+(?:only\s+|just\s+|about\s+)?(?P<ages>{N})\s+(?P<unit>months?|years?)"
            r"(?!\s*(?:of|follow|after|post|later|from|since|before|and\s+\d)\b)(?!\w)",
        ),
        # Patient 4, 36 y, male
        (
            "attribute",
            r"\b(?:patient|case|pt|no)\.?\s?#?\d{1,3}\s?[,:;]\s*(?P<ages>\d{1,2})\s?(?P<unit>y|yrs?"
            r"|years?)(?=\s*[,;|]|\s*$)",
        ),
        # a woman in her late fifties (58 years)
        (
            "attribute",
            rf"\b{PERSON}\s+in\s+(?:his|her)\s+(?:(?:early|mid|late)[\s-]+)?\w+(?:ties|teens)\s+"
            rf"\((?:aged\s+)?(?P<ages>\d{{2}})(?:\s+(?P<unit>{U}))?\)",
        ),
        # weighing 7.2 kg at 14 months; at 9 months and 6.8 kg
        (
            "adverb",
            r"\bweigh(?:ing|ed|s|t\s+was)\s+(?:\w+\s+)?\d+(?:[.,]\d+)?\s*(?:kg|g)\s+(?:at"
            rf"|when)\s+(?P<ages>{N})\s+(?P<unit>{U}){TOO}"
            r"(?!\s*(?:of\s+follow|after|post|later|from|since|before|on)\b)",
        ),
        (
            "adverb",
            rf"(?:\b(?:at|aged)\s+|\()(?P<ages>{N})\s+(?P<unit>{U})(?:\s+and|,)?\s+\(?(?:weighing\s+"
            r"|a\s+weight\s+of\s+)?\d+(?:[.,]\d+)?\s*kg\b",
        ),
        # her first seizure at 20 months, diagnosed at 9 months: an infant's age (first words are no illness)
        (
            "adverb",
            r"\b(?:diagnosed|(?:her|his|their)\s+first\s+(?:\w+\s+)?(?:seizures?|symptoms?|signs?|fits?|convulsions?))"
            rf"\s+at\s+(?P<ages>{N})\s+(?P<unit>months?)(?!\s*(?:of\s+follow|after|post|later|from|since|before|into)\b)",
        ),
        # "aged 3 at onset and 5 at infusion": the second number needs no word of age
        (
            "ellipsis",
            rf"(?:,|\band)\s+(?P<ages>{N})(?=\s+when\s+(?:s?he|they|cells|mscs?|the|(?:[\w'’-]+\s+){{1,5}}?(?:was"
            r"|were)\s+(?:diagnosed|established|recogni[sz]ed|confirmed|infused|injected|transplanted|returned|reinfused|given))\b|\s+(?:at"
            r"|on)\s+(?:the\s+)?(?:time\s+of\s+)?(?:the\s+|her\s+|his\s+|first\s+)*(?:onset|diagnos|treatment"
            r"|infusion|"
            r"injection|transplant|therapy|cell|msc|last|surgery))",
        ),
        # at 41 her first cells were given
        (
            "bare",
            r"(?:^|[;,:]\s*|\b(?:and|then|but|who)\s+)(?:later\s+|then\s+)?,?\s*at\s+(?:only\s+"
            rf"|just\s+)?(?P<ages>\d{{1,2}}|(?!once|twice|thrice|one\b){NUMBER_WORDS})"
            r"(?=,?\s+(?:(?:her|his|the|their|our|an?|first|marrow|cord|bone|fat|donor|adipose|own|autologous"
            r"|allogeneic|stem|umbilical|was|were|"
            r"had|received|underwent|radiographs?|magnetic|MRI|imaging|biops(?:y|ies)|symptoms?)\b|cells?\b|MSCs?\b"
            r"|(?!(?:[\w-]+\s+)?(?:million|billion|thousand|points?|sites?|places?|hospitals?|cent(?:re|er)s?|clinics?|levels?|months?"
            r"|weeks?|days?|hours?|minutes?|years?|degrees?|m[Ll])\b)"
            r"(?:[\w-]+\s+){0,2}(?:[\w-]*(?:MSC|MNC|ASC|HSC)s?|cells?|SVF|BMAC)\b))",
        ),
        # at seventeen she had; came to us at 68; recognised at 10
        (
            "bare",
            rf"\bat\s+(?:only\s+|just\s+)?(?P<ages>\d{{1,2}}(?:\s+and\s+\d{{1,2}})?"
            rf"|(?!once|twice|thrice|one\b){NUMBER_WORDS})(?=\s*(?:$"
            rf"|[.,;)]|s?he\b|the\s+{PERSON}|and\s+(?!\d|an?\s+half\b|{NUMBER_WORDS})|when\b|but\b|after\b|with\b|that\b"
            r"|(?:was|had|received|underwent)\s+(?:given|treated|infused|injected|transplanted|two|three|four|one|an?|her|his"
            r"|intra\w+|been)\b))",
        ),
        # at 57 radiographs were taken and arthritis was diagnosed: things that are no places
        (
            "bare",
            r"(?:^|[;,:]\s*|\band,?\s+)at\s+(?:only\s+|just\s+)?"
            rf"(?P<ages>[1-9]\d?|(?!once|twice|thrice|one\b){NUMBER_WORDS})"
            r"(?=\s+(?!(?:\w+\s+)?(?:points?|sites?|places?|hospitals?|cent(?:re|er)s?|clinics?|joints?|levels?|months?"
            r"|weeks?|days?|hours?|minutes?|years?)\b)[a-z]+(?:\s+[a-z]+){0,3}?\s+(?:was|were|had|showed|led)\b"
            r"[^;.]*\bdiagnos(?:ed|is)\b)",
        ),
        # the diagnosis was delayed until 36
        (
            "adverb",
            rf"\bdiagnos(?:is|ed)\b[^,;.\d]{{0,30}}\buntil\s+(?:s?he\s+was\s+)?(?P<ages>{N})(?:{GAP}(?P<unit>{U})(?!\w))?"
            r"(?=\s*(?:$|[.,;)]|and\b|when\b|years?\b))",
        ),
        # ill since she was 11, he was infused: the clause goes on
        (
            "adverb",
            rf"\bsince\s+s?he\s+(?:was|turned)\s+(?:only\s+|just\s+|about\s+)?(?P<ages>{N})(?:{GAP}(?P<unit>{U})(?!\w))?"
            r"(?=\s+(?:was|had|has|received|underwent|got)\b)",
        ),
        # the 19-year-old was 16 when diabetes was found and 18 when cells were given
        ("adverb", rf"\byears?{DASH}old\s+(?:\w+\s+)?was\s+(?P<ages>{N})(?=\s+when\b)"),
        # by eight she had been diagnosed
        (
            "bare",
            rf"(?:^|[;:,]\s*|\b(?:and|but)\s+)by\s+(?P<ages>\d{{1,2}}|(?!once|twice|thrice"
            rf"|one\b){NUMBER_WORDS}),?(?=\s+s?he\s+(?:was|had\s+(?:already\s+)?been)\s+diagnosed\b)",
        ),
        # (first signs at three)
        (
            "adverb",
            rf"\b(?:onset|first\s+(?:symptoms?|signs?|attack|episode)|diagnos(?:ed|is)|biopsied)\s+at\s+(?P<ages>{N})"
            r"(?=\s*[),;.]|\s*$)",
        ),
        # he was 36 then
        (
            "adverb",
            rf"\b(?:s?he|(?:the|our|this)\s+{PERSON})\s+(?:is|was|were)\s+(?P<ages>{N})(?:{GAP}(?P<unit>{U})(?!\w))?"
            r"(?=\s+(?:then|by\s+then|at\s+(?:that|the|this)\s+time|by\s+that\s+time)\b)",
        ),
    )
)
# What makes "at 20 months" an age: a child's first years are told, and not what came after some treatment.
CHILDHOOD = re.compile(
    r"\b(?:born|birth|(?:first\s+)?words|speech|babbl\w+|crawl\w*|walk\w*|sat|sit|milestones?|infan(?:t|cy)|baby|toddler|mother"
    r"|parents|breast\W?fed|weaned)\b",
    re.IGNORECASE,
)
AFTER_SOME = re.compile(
    r"\b(?:after|following|post|since|infus\w+|inject\w+|transplant\w*|cells?|treat\w+|therapy|follow\W?up|scores?|baseline"
    r"|visit|improv\w+)\b",
    re.IGNORECASE,
)
SINCE_BIRTH = searched(
    r"\b(?:since|from)\s+birth\b|\b(?:since|from|on|in)\s+(?:the|his|her|their)\s+first\s+(?:days?"
    r"|hours?)\s+of\s+(?:(?:his|her)\s+)?life\b"
    r"|\b(?:present|noted|noticed|apparent|visible|evident)\s+at\s+birth\b",
)
# Of these an age in a sentence has at least one. Three, not one: most texts hold what none or one of them needs.
TRIGGERS = (
    sieved(
        r"\b(?:ages?|aged|olds?|birth|of\s+(?:(?:his|her)\s+)?life|y/?o|yo|turned|years?|yrs?|months?|months-old|girl|boy|man"
        r"|woman|(?:fe)?male)\b"
    ),
    sieved(rf"\b(?:was|were|is|at|of|until|by)\s+(?:\w+\s+)?(?:\d{{1,2}}|{NUMBER_WORDS})(?!\w)"),
    sieved(r"(?<![A-Za-z])[MF]\s?[/,|]?\s?\d|\d(?:\s?[/,|]?\s?[MF](?![A-Za-z])|\s?y\b|M\d)"),
)
# In tables and brackets: F/34, (M, 15.5), 34M, male | 31 y, Pt7M44
SEX_AGE = searched(
    r"(?<![A-Za-z0-9])(?:[FM]|(?:fe)?male|girl|boy|man"
    rf"|woman)\s*[/,;|]?\s*(?P<ages>\d{{1,2}}(?:[.,]\d)?)\s?(?P<unit>{U})?(?![\w%/×^.]|\s?[-–]\s?\d|\s*(?:×|x\s))"
    r"|(?<![\w.,/–-])(?P<ages_>\d{1,2}(?:\.\d)?)\s?(?P<unit_>y|yrs?|years?)?\s?[/,]?\s?(?:[FM](?![A-Za-z0-9/])"
    r"|(?:fe)?male\b)"
    r"|\b(?:Pt|P|Patient|Case|No)\.?\s?\d{1,3}\s?[MF](?P<ages__>\d{1,2})(?![\d.])",
    0,
)
# "M | 9 |", "9 | male |": a cell of sex beside a cell with nothing but a number
SEX_THEN_AGE = re.compile(
    r"(?:^|\|)\s*(?:[FM]|(?:fe)?male|girl|boy|man|woman)\s*\|\s*(?P<ages>\d{1,2}(?:\.\d)?)\s*(?=\||$)"
    r"|\|\s*(?P<ages_>\d{1,2}(?:\.\d)?)\s*\|\s*(?:[FM]|(?:fe)?male|girl|boy|man|woman)\s*(?=\|)",
    re.IGNORECASE,
)
ROW_AGE = re.compile(
    rf"(?:^|\|)\s*(?P<ages>{N})\s?(?P<unit>years?|yrs?|y(?!\w)|y\.?o\.?|months?|mo)\s*(?=\||$)", re.IGNORECASE
)
WHOLE_AGE = re.compile(rf"\s*(?P<ages>{N})\s*(?P<unit>years?|yrs?)\s*(?:old)?\s*\.?\s*", re.IGNORECASE)

# What makes a number near "years" or "age" no age of a person.
NOT_AHEAD = re.compile(
    r"(?:\b(?:over|under|above|below|beyond|than|least|most|between|minimum|maximum|up\s+to|eligible|within|for|every"
    r"|gestational|bone|mental|"
    r"developmental|corrected|paternal|maternal\s+age|from\s+\d+\s+to)|[<>≤≥])\s*(?:the\s+"
    r"|an?\s+)?(?:ages?\s+)?(?:of\s+)?$",
    re.IGNORECASE,
)
LIMIT = re.compile(
    r"\b(?:older|younger|under|over|below|above|beyond|less|more|greater"
    r"|at\s+least)\s+(?:than\s+)?(?:the\s+)?(?:age\s+)?(?:of\s+)?$"
    r"|\bbefore\s+(?:the\s+)?age\s+(?:of\s+)?$|\bbetween\s+(?:the\s+)?(?:ages?\s+)?(?:of\s+)?$"
    r"|\b(?:up\s+to)\s+(?:the\s+)?(?:age\s+)?(?:of\s+)?$|[<>≤≥]\s*$",
    re.IGNORECASE,
)
RANGE_TO = re.compile(
    rf"\s*(?:{U})?\s*(?:(?:{DASH}|\bto\b|\bthrough\b)\s*(?:the\s+age\s+of\s+)?{N}|(?:or|and)\s+(?:older|younger|over"
    r"|under|more|above|below)\b|\+)",
    re.IGNORECASE,
)
GESTATION = re.compile(r"gestation|postmenstrual|post-?conception|in\s+utero", re.IGNORECASE)
# A score stands "at 6": without a birthday's words a bare number behind "at" is an age only in such clauses.
SCORING = re.compile(
    r"\b(?:scor\w+|rated|stood|remained|stayed|marked|put|peaked|stable|constant|index|grade[ds]?|scale|titer|titre"
    r"|dose[ds]?|set(?!\s+in\b)|capped|kept|"
    r"maintained|estimated|judged|saturation|pressure|rate|level|count|temperature)\b[^.;]*$"
    r"|\b(?![IVX]+\b)[A-Z]{2,}\d*\)?\s+(?:was|is|were|had\s+been)?\s*$",
)
LIFE = re.compile(
    r"\b(?:transfus\w*|transplant\w*|inject\w*|infus\w*|implant\w*|fallen\s+ill|diagnos\w+|onset|began|begun|started"
    r"|developed|set\s+in|recogni[sz]ed|presented|referred|came|admitted|appeared|symptoms?|noticed|died|"
    r"treated|operated|married|menarche|walk\w*|fell\s+ill|born|school|had|received|underwent|given|transplanted"
    r"|showed|infused|delivered|limped|biops(?:y|ied)|found\s+to\s+have)\b",
    re.IGNORECASE,
)
RELATIVE = (
    r"(?:(?:grand|great-?grand|step|god)?(?:mother|father|parent)s?|(?:great-?)?(?:uncle|aunt)s?|cousins?|nephews?"
    r"|nieces?|sisters?(?!\s(?-i:[A-H]|[1-9])\b)|brothers?(?!\s(?-i:[A-H]|[1-9])\b)|"
    r"siblings?(?!\s(?-i:[A-H]|[1-9])\b)|(?<!,\sa\s)twin(?!\s(?-i:[A-H]|[1-9])\b)|sons?|daughters?|wife|husband|spouse|relatives?)"
)
DONOR = r"(?:donors?|volunteers?|controls?)"
KIN_AFTER = re.compile(
    r"\s*(?:(?!(?:who|whose|with|had|was|received|presented|and|when|while|as|since|because|but|is|are"
    rf"|whom)\b)[\w-]+\s+){{0,3}}?(?:{RELATIVE}|{DONOR})\b",
    re.IGNORECASE,
)
KIN = re.compile(rf"\b(?:{RELATIVE}|{DONOR})\b", re.IGNORECASE)
# "two sisters were infused", "the older brother": siblings of whom the paper tells
TOLD_TOGETHER = re.compile(
    r"\b(?:two|three|four|both|these|our|the)\s+(?:\w+\s+)?(?:sisters|brothers|siblings|twins|sons|daughters)$"
    r"|\bthe\s+(?:older|elder|younger)\s+(?:brother|sister|sibling|twin)$",
    re.IGNORECASE,
)
OWN = re.compile(
    r"\b(?:girl|boy|patient|child|woman|man|infant|s?he\s+(?:herself|himself)|we|our|case)\b", re.IGNORECASE
)
IN_PHRASE = re.compile(r"\b(?:from|of|by|with|to|like|as|whose|than)\s+(?:[\w-]+\s+){0,3}$|['’]s?\s*$", re.IGNORECASE)


TELLS_TIME = re.compile(
    r"\b(?:at|was|were|is|turned|now)\s+(?:then\s+|now\s+|only\s+|just\s+|already\s+)?$", re.IGNORECASE
)
