"""The find room's words of time: patterns for times, ages, durations, and for before and after the treatment."""

from __future__ import annotations

import re

from extract.numbers import NUMBER_WORDS

SCALE_MARK = "¶"
"""Stands for each character of a scale's name, so that its digits (DAS28, 6-minute walk) are read as nothing else."""

NAME_SIGN = "\U00020000"
NAME_LETTERS = (0x20001, 0x2A6D6)
NAME = f"{NAME_SIGN}{NAME_SIGN}[{chr(NAME_LETTERS[0])}-{chr(NAME_LETTERS[1])}]+"
"""A name of the therapy that only schemas/ knows, as these patterns see it (``extract.find.therapynames``): letters
that no paper of this field is written in. The first two are always the same, so that a pattern can tell at a glance
whether a name is there; each further one is different, so that it can be put back."""

N = (
    rf"(?:half\s+an?(?!\w)|\d+(?:[.,]\d+)?(?:\s?[½¼¾]|\s1/2|\s+and\s+an?\s+half)?|[½¼¾]|{NUMBER_WORDS}"
    r"|(?<!\w)an?(?!\w))"
)
UNIT = r"(?:days?|fortnights?|weeks?|wks?|months?|mos?|mths?|years?|yrs?)"
# A unit ends at a word's end, or where a PDF glued the next cell to it: "12 moODI".
END = r"(?:\b|(?=(?-i:[A-Z]{2})))"
DASH = r"[-\u2010-\u2015\u2212]"
GAP = rf"(?:\s+|\s?{DASH}\s?)"
AND = r"(?:\s*,\s*(?:and\s+|or\s+)?|\s*/\s*|\s+and\s+|\s+or\s+|\s*&\s*)"
PREPOSITION = (
    r"(?:\b(?:at|by|after|on|in|within|over|during|until|to)\s+(?:the\s+|an?\s+(?=\d))?(?:end\s+of\s+)?"
    r"(?:about\s+|approximately\s+|around\s+|some\s+)?)"
)
# "a year and six months after ...": what makes a length of time a point of time
LATER = r"\s+(?:later|after|post|following|thereafter)\b"

# Ages, durations and spacings: their numbers are no values and say nothing about the phase.
NO_CUE = re.compile(
    rf"{N}{GAP}years?\s+and\s+{N}{GAP}months?\b(?!{LATER})"
    rf"|{N}{GAP}{UNIT}{GAP}old\b"
    rf"|{N}{GAP}{UNIT}\s+of\s+age\b"
    rf"|\b(?:aged?|age\s+of)\s+{N}(?:{AND}{N})*(?:\s+{UNIT})?"
    r"|\b(?:for|lasting|every|each|spanning|duration\s+(?:of|was)|history\s+of)\s+(?:the\s+(?:last|past|first"
    r"|next)\s+)?"
    rf"(?:about\s+|over\s+|more\s+than\s+|at\s+least\s+)?{N}{GAP}{UNIT}\b"
    rf"|\b(?:boy|girl|man|woman|male|female|child|infant|adolescent|patient|lady|gentleman|(?-i:[MF]))\s*[,;(/]\s*{N}{GAP}"
    rf"(?:years?|yrs?)\b"
    rf"|{N}{GAP}{UNIT}(?:\s+apart\b|['’]?\s+duration\b|['’]?\s+history\b|{GAP}(?:course|cycle|interval|intervals)\b)"
    rf"|{N}\s*(?:hours?|hrs?|h|minutes?|mins?|seconds?)\b",
    re.IGNORECASE,
)
# Time points with their numbers: "at 3, 6 and 12 months", "twelve weeks", "month 12", "wk 24", "the third month".
TIME = re.compile(
    rf"(?P<prep>{PREPOSITION})?(?:"
    rf"(?P<list>{N}(?:{AND}{N})+)[\s-]*(?P<list_unit>{UNIT}){END}"
    rf"|(?P<one>{N})(?:\s*{DASH}\s*(?P<upto>{N}))?(?:\s*|{GAP})(?P<one_unit>{UNIT}){END}"
    rf"(?:\s+and\s+(?P<half>an?\s+half)\b|(?:(?<=year)|(?<=years))\s+and\s+(?P<more>{N}){GAP}months?(?={LATER}))?"
    rf"|\b(?P<heads_unit>days|weeks|wks|months|mos|years)[\s-]*(?P<heads>\d+(?:{AND}\d+(?![.,]\d))*)(?![.,]\d)"
    rf"|\b(?P<head_unit>{UNIT})[\s-]*[+\u2012\u2013\u2212]?(?P<head>{N})(?!\s*(?:{DASH}|\s)?\s*(?:{UNIT})\b)"
    r"|(?P<ordinal>\b(?:first|second|third|fourth|fifth|sixth|twelfth|\d+(?:st|nd|rd"
    rf"|th)))\s+(?P<ordinal_unit>{UNIT})\b"
    r")",
    re.IGNORECASE,
)
ORDINALS = {"first": 1, "second": 2, "third": 3, "fourth": 4, "fifth": 5, "sixth": 6, "twelfth": 12}

THERAPY = (
    r"(?:(?:stem|stromal|msc|cord|fat|marrow)?\W?cells?|mscs?|\w*-?msc\w?|\w*-?(?:asc|adsc|mnc|adrc)s?|svf|bmac|hsct|sct|infusions?|injections?"
    r"|(?:re)?"
    r"transplant(?:ation|s|ations)?|grafts?|grafting|treatments?|therap(?:y|ies)|procedures?|operations?|surgery|"
    r"courses?|cycles?|sessions?|implantations?|administrations?|doses?|decompression|interventions?|instillations?|"
    rf"transfusions?|concentrate|aspirate|marrow|tx|op(?:erative(?:ly)?)?|surgical(?:ly)?|{NAME})\b"
)
# The treatment that a time is counted from, when it is another one: "two years after the kidney transplant"
OTHER_TREATMENT = re.compile(
    r"\b(?:kidney|renal|liver|hepatic|heart|cardiac|lung|pancreas|corneal?|cataract|steroids?|corticosteroids?|prednis\w+"
    r"|methylprednis\w+|dexamethasone|\w{3,}mab|\w{3,}nib|\w{3,}cept|methotrexate|cyclophosphamide|azathioprine"
    r"|mycophenolate|ciclosporine?|cyclosporine?|tacrolimus|chemo\w*|radio\w*|irradiation|immunosuppress\w+|biologics?"
    r"|antibiotics?|antiviral|hormone|insulin|IVIG|immunoglobulins?|plasma\s+exchange|plasmapheresis|physio\w*"
    r"|physical|speech|enzyme|laser|conventional|standard|previous|prior|earlier|former|failed|dialysis|hyaluron\w+"
    r"|drug|medical|conservative)\b",
    re.IGNORECASE,
)
CELLS = re.compile(rf"\bcells?\b|MSC|SVF|BMAC|HSCT|marrow|{NAME}", re.IGNORECASE)
# "before the cells were first considered", "after the cells had been injected into her hip"
DONE = (
    r"(?:\s+(?:was|were|had\s+been|have\s+been|has\s+been|being)\s+(?:(?:first|last|all|ever|even"
    r"|then)\s+)?(?:infused|injected|given|"
    r"transplanted|implanted|administered|instilled|grafted|delivered|placed|deposited|flushed|considered|planned"
    r"|offered|discussed|proposed|"
    r"completed|done|performed|begun|started)(?:\s+(?:in|into|to|through|by|via|under|around)\s+(?:(?:the|her|his"
    r"|each|both|a|an)\s+)?(?:[\w-]+\s+){0,2}?[\w-]+(?=[\s,.;)]|$))?)?"
)
OBJECT = re.compile(
    rf"[\s-]+(?:(?!(?:and|or|but|before|after|to|was|were)\b)(?:[\w'’/+×^⁰¹²³⁴-⁹-]|\.(?=\d))+\s+){{0,6}}?(?:{THERAPY}(?:\s+{THERAPY})*"
    rf"|(?:it|that|this|them|which)\b)(?:{DONE})"
    r"(?!\s+(?:of|with)\s+(?!(?:the\s+|these\s+|own\s+|his\s+|her\s+|donor\s+)?(?:\w+[\s-]){0,3}?(?:cells?|mscs?|svf"
    r"|bmac|marrow)\b))",
    re.IGNORECASE,
)
LATER_ROUND = re.compile(
    r"\s+(?:\w+\s+)?(?:second|third|fourth|fifth|last|final|next|repeat\w*|2nd|3rd|4th)\b", re.IGNORECASE
)
# "after" needs the treatment as its object, or no object at all: "after a run of relapses" is no phase.
BARE = re.compile(
    r"\s*(?:$|[.,;:)\]|/(–—-]|\d|and\b|or\b|but\b|when\b|with\b|on\b|in\b|to\b|versus\b|vs\b|by\b|was\b|were\b|at\b"
    rf"|the\s+(?={SCALE_MARK}|(?-i:[A-Z]{{2}})))",
    re.IGNORECASE,
)

# "six months from baseline", "two years into the study": what a time may be counted from beside the treatment
FROM_START = re.compile(
    r"\s+(?:the\s+|her\s+|his\s+|study\s+|first\s+)*(?:base\W?line|enrol?lment|entry|inclusion|start|discharge|study|trial"
    r"|follow\W?up)\b",
    re.IGNORECASE,
)
# "six months on, ...": the word stands alone; "six months on rituximab" is the time of a drug
GOES_ON = re.compile(r"\s*(?:[.,;:)]|$|\u00b6|(?:the|he|she|his|her|it|its|they|there)\b)", re.IGNORECASE)

RELATION = re.compile(
    r"\s*(?:['’]\s*)?(?:"
    r"(?P<later>later|thereafter|afterwards?|of\s+follow\W?up|follow\W?up|on\b(?!\s+from\b)|visit|out)"
    r"|(?P<after>on\s+from|after|post|following|since|from|into)\b\W?"
    r"|(?P<before>before|prior\s+to|preceding|earlier|previously|ago)"
    r")\b",
    re.IGNORECASE,
)
WORDS = re.compile(
    r"(?P<before>\b(?:before|prior\s+to|ahead\s+of)\b)"
    r"|(?P<after>\b(?:after|following|post)\b(?!-))"
    r"|(?P<pre>\b(?:(?:at|from|the|versus|vs)\s+)?(?:study\s+)?base\W?line\b|(?<![\w-])(?-i:BL)(?![\w-])"
    rf"|\bpre(?:{DASH}\s?|\s)?(?:operative(?:ly)?|treatment|therapy|transplant(?:ation)?|infusion|injection"
    r"|interventions?|"
    rf"procedure|procedural(?:ly)?|implant(?:ation)?|graft(?:ing)?|surgery|surgical|msc|cell|tx|op|cells|study|{NAME})\b|\bpre{DASH}?(?=\s*(?:$|[|:)/=,\d]"
    r"|and\b))"
    r"|\bpre(?=\s)"
    r"|\b(?:at|on|upon|from)\s+(?:the\s+time\s+of\s+|the\s+)?(?:study\s+)?(?:entry|enrol?lment|inclusion|recruitment"
    r"|admission|arrival|"
    r"presentation|referral|diagnosis|screening|outset|start|beginning|first\s+visit|initiation|onset|listing|intake"
    r"|consultation|consent|hospitali[sz]ation|registration|randomi[sz]ation|first\s+(?:contact|assessment|examination"
    r"|consultation|evaluation)|initial\s+(?:visit|assessment|examination|evaluation|consultation)|harvest)\b"
    rf"|\bfirst\s+(?={SCALE_MARK})"
    r"|\b(?:initial(?:ly)?|originally|at\s+first|to\s+begin\s+with|beforehand|previously|starting|a\s+start\s+of)\b"
    r"|\b(?:on|at)\s+the\s+(?:day|time|morning)\s+of\s+(?:the\s+)?(?:first\s+|cell\s+|stem\s+cell\s+|msc\s+)*"
    r"(?:infusion|injection|treatment|surgery|operation|transplantation|procedure|transplant|therapy)\b"
    r"|\bwhen\s+(?:the\s+|these\s+)?(?:cells?|mscs?|treatment|therapy|infusions?|injections?|transplantation"
    r"|surgery)\s+(?:was|were)\s+(?:first\s+)?"
    r"(?:considered|discussed|offered|planned|proposed|begun|started|given|infused|injected|administered|transplanted"
    r"|implanted)\b|\bwhen\s+(?:s?he|they)\s+(?:was"
    r"|were)\s+first\s+(?:seen|examined|assessed)\b"
    r"|\b(?:run-in)\b)"
    r"|(?P<post>\b(?:afterwards?|thereafter|subsequently|later|eventually|finally|currently|now|nowadays|at\s+present"
    r"|today)\b"
    rf"|\bpost(?:{DASH}\s?|\s)?(?:operative(?:ly)?|treatment|therapy|transplant(?:ation)?|infusion|injection"
    r"|interventions?|"
    rf"procedure|procedural(?:ly)?|implant(?:ation)?|graft(?:ing)?|surgery|surgical|msc|cell|tx|op|cells|{NAME})\b|\bpost{DASH}"
    r"|\b(?:(?:at|on|by)\s+(?:the\s+)?)?(?:(?:last|final|latest|most\s+recent|recent|end\s+of|subsequent"
    r"|long\W?term)\s+)(?:the\s+)?"
    r"(?:follow\W?up|visit|assessment|examination|review|control|observation|evaluation|study|treatment|measurement"
    r"|contact)\b"
    rf"|\b(?:last|final)\s+(?=(?:\w+\s+)?{SCALE_MARK})"
    r"|\b(?:ending|ended|finishing|finished|settling|settled)\s+(?:up\s+)?at\b"
    r"|\b(?:most\s+recent|latest)\b|\b(?:at|on|by)\s+last\b"
    r"|\b(?:at|on|by|during|the)\s+(?:the\s+)?(?:end\s+of\s+)?follow\W?up\b|\bfollow\W?up\b"
    r"|\b(?:at|on|by|upon)\s+(?:the\s+)?(?:discharge|completion|end)\b|(?<=\()discharge(?=\))"
    r"|\b(?:at|on|by)\s+(?:the\s+|its\s+)?(?:\w+\s+)?anniversary(?:\s+of\s+(?:the\s+|her\s+|his\s+)?(?:\w+\s+)?\w+)?\b"
    r"|\bwhen\s+(?:s?he|they|the\s+\w+)\s+(?:left|finished|completed|was\s+(?:last\s+seen"
    r"|discharged))\b(?:\s+the\s+\w+)?)"
    r"|(?P<indication>\bwas\s+(?:the|an|our)\s+(?:indication|reason|ground)\s+for\b)",
    re.IGNORECASE,
)
# A day of treatment told in the same sentence: "cells on day 7" makes day 1 a day before them.
TREATED_ON = re.compile(
    rf"\b{THERAPY}\s+(?:\w+\s+){{0,3}}?on\s+(?P<unit>day|week|month)\s+(?P<number>\d+)", re.IGNORECASE
)
