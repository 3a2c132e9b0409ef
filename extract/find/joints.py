"""The find room's names for ranges of motion: words around -> joint, movement, side: ``hip ROM flexion, right``."""

from __future__ import annotations

import re

_JOINTS = {
    "hip": r"hips?",
    "knee": r"knees?",
    "shoulder": r"shoulders?|glenohumeral",
    "elbow": r"elbows?",
    "wrist": r"wrists?",
    "ankle": r"ankles?|tibiotalar",
    "cervical": r"cervical|neck",
    "lumbar": r"lumbar|low(?:er)?\s+back|trunk",
    "jaw": r"jaw|temporomandibular|TMJ|mandib\w+",
    "thumb": r"thumbs?",
    "finger": r"fingers?",
}
_JOINT = re.compile("|".join(rf"(?P<{name}>\b(?:{words})\b)" for name, words in _JOINTS.items()), re.IGNORECASE)
_MOVEMENT = re.compile(
    r"\b(?P<kind>(?:(?:forward|lateral|palmar|plantar|horizontal)\s+)?(?:dorsi|plantar)?flexion|(?:hyper)?extension"
    r"|abduction|adduction|"
    r"(?:external|internal|lateral|medial|axial)\s+rotation|rotation|pronation|supination|inversion|eversion"
    r"|elevation)\b",
    re.IGNORECASE,
)
_SIDE = re.compile(r"\b(?P<side>right|left|bilateral)\b", re.IGNORECASE)


def motion_name(words: str, name: str) -> str:
    """The name of a range of motion, as far as the words say joint, movement and side; ``name`` when they do not."""
    joint = next((match.lastgroup for match in _JOINT.finditer(words)), None)
    movement = _MOVEMENT.search(words)
    if not joint and not movement:
        return name
    told = " ".join(part for part in (joint, "ROM", movement["kind"].lower() if movement else "") if part)
    side = _SIDE.search(words)
    return f"{' '.join(told.split())}, {side['side'].lower()}" if side else told
