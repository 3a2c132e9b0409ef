"""The find room's joining words: what may stand between a scale and its values, and what ends the row of values."""

from __future__ import annotations

import re

from extract.find.raters import names_rater
from extract.find.readings import Reading

BAD_LEFT = re.compile(
    r"(?:\b(?:by|in|for|per|than|above|below|(?<!rose )(?<!fell )(?<!went )(?<!came )(?<!risen )(?<!fallen )"
    r"(?<!climbed )(?<!dropped )over|under|least|most|aged?|within|plus|another|additional|every|each"
    r"|next|minus|among|"
    r"all|nor|items?|approximately\s+by)|[×*±^])\s*$",
    re.IGNORECASE,
)
_NEW_CLAUSE = re.compile(
    r"(?:[,]|\band\b|\bbut\b|\bwhile\b|\bwhereas\b|\bwith\b|\bso\b|\bwhich\b|\bwho\b|\bthat\b)\s+"
    r"(?!(?:the|an?|his|her|their|its)\s+(?:scores?|values?|stage|grade|class|level|reading|result"
    r"|figure)\b)(?:(?:the|an?|his|her|their|its|no|she|he|they|we)\s+)?"
    r"(?!it\b|score|value|stage|grade|class\b|level|reading|result|this\b|was\b|were\b|is\b|had\b|has\b|went\b|fell\b"
    r"|rose\b|dropped\b|which\b|having\b|been\b|stood\b|reached\b)"
    r"[a-z][\w'-]*(?:\s+[\w'-]+){0,4}?\s+"
    r"(?:was|were|is|are|had|has|rose|fell|dropped|increased|decreased|improved|went|received|took|underwent|needed)\b",
    re.IGNORECASE,
)
# "On the CMAS the boy reached 40": who is scored stands before the verb
_SCORED = re.compile(
    r",?\s*(?:(?:the|this|our|a|an|his|her|their)\s+)?(?:[\w-]+\s+)?(?:s?he|they|girl|boy|child|patients?|man|woman"
    r"|infant|teenager|youth|lady|"
    r"gentleman)\s+(?:had\s+|has\s+|now\s+|then\s+|still\s+|once\s+|only\s+)*"
    r"(?:reached|scored|achieved|attained|stood|was|managed|got|had|obtained|rated|made|came|went|fell|rose|improved"
    r"|dropped)\b",
    re.IGNORECASE,
)
_WORD = re.compile(r"[A-Za-z][\w'’-]*")
_GOING_ON = frozenset(
    re.findall(
        r"\S+",
        """
        a about after again against all already also an and ankle another approximately are around as ascended
        assessor at attained averaged averaging back be became become becoming been before beforehand being best
        both bottomed boy brother but by came changed changing charted child class climb climbed climbing
        clinician cm come compared comparison corresponding crawled crept cut declined declining decreased
        decreasing dermatologist despite deteriorated did diminished dipped doctor doctors documented dogged
        down drifted drop dropped dropping dwindled each ebbed edged elbow elder eldest ended equal estimated
        even eventually eye fall fallen falling father fell final finally first follow-up for found from full
        further gave gave-way getting girl gives giving go going gone good got grade had half halved hand has
        have having he held her her-own highest hip his hovered i.e improved improving in increased increasing
        instead into is it its jumped just knee last later latter leapt left less level levelled lifted limb
        lower lowered lowest m maintained marked maximum md mean means measured measurement median medians
        melted minimum mm month months more mother moved nearly neurologist not noted now obtained of off older
        oldest on once one only or other others our out over own parent parents patient patient's peak peaked
        physician physician's physicians plateau plateaued plummeted plunged point points predicted progressed
        put rate rated rating ratings reach reached reaching reading readings receded recorded recovered reduced
        reducing registered regressed relapsed remained respective respectively result returned reversed
        rheumatologist right rise risen rising rose s said same sank score scored scores second settled settling
        she shoulder shrank shrinking shrunk sibling side sink sinking sister slid slightly slipped slowly
        slumped so soared some soon stabilised stabilized stable stage start started starting stayed stepped
        still stood subsided sunk surged sustained tapered tested that the their then there thereafter they
        third this to total totalled touched treating trough tumbled turned turning twice twin unchanged until
        up upon value values versus via visit vs was way we week weeks well went were when where whereas whereby
        which while who whole with within worked worse worsened worsening worst year years yet younger youngest
        """,
    )
)
_OF_RATERS = frozenset(
    re.findall(
        r"\S+",
        """
        assessment assessments boy boy's child estimate estimates evaluation girl girl's global herself
        himself judged judgement line scale mark rating ratings score view
        """,
    )
)
_SPEAKS = re.compile(
    r"\b(?:physicians?|doctors?|rheumatologist|dermatologist|clinician|md|mother|father|parents?|patient|assessor"
    r"|neurologist|it|they|"
    r"she|he|then|later|and)\b|^[\s;,:]*$",
    re.IGNORECASE,
)
_HOW = re.compile(r"[a-z]{3,}ly")


# "according to Ficat and Arlet the stage was designated as III"
_GRADED_AS = re.compile(
    r"\b(?:stage|grade|class|type)\s*(?:(?:was|is|were|of|as|being|be|designated|graded|rated|classified|scored|found"
    r"|to|at)\s+)*$",
    re.IGNORECASE,
)


def opens(gap: str, reading: Reading) -> bool:
    """Whether the words between a scale's name and a number let the number be its first value."""
    if re.search(r"[;|\n]|[.]\s+[A-Z]", gap) or len(gap.split()) > 16:
        return False
    if reading.kind in ("roman", "letter") and len(_WORD.findall(gap)) > 5 and not _GRADED_AS.search(gap):
        return False
    return not _NEW_CLAUSE.search(_SCORED.sub(" ", gap))


def goes_on(gap: str, *, rated: bool = False) -> bool:
    """Whether the words between two numbers let the second be a further value of the same scale."""
    if re.search(r"[|\n]|[.]\s+[A-Z]", gap) or len(gap) > 90:
        return False
    words = [word.lower().removesuffix("'s").removesuffix("’s").rstrip("'’") for word in _WORD.findall(gap)]
    strange = [
        word
        for word in words
        if word not in _GOING_ON
        and not _HOW.fullmatch(word)
        and not (rated and (word in _OF_RATERS or names_rater(word)))
    ]
    if strange:
        # "from 8 points despite rituximab to 3": the frame holds other words together
        return bool(re.search(r"\bto\s*$", gap)) and len(words) <= 6 and not re.search(r"[,;.]", gap)
    return ";" not in gap or bool(_SPEAKS.search(gap.split(";")[-1]))
