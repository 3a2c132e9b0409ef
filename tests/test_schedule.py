"""Counts, spacings and listed times."""

from __future__ import annotations

import pytest

from extract.find.examples import make_passage
from extract.find.schedule import find_schedule

CASES = [
    ("She had three intravenous infusions.", {"count": "3"}),
    ("A single injection was given.", {"count": "1"}),
    ("Cells were infused twice.", {"count": "2"}),
    ("Cells were given twice a week for three weeks.", {"count": "6", "interval": "2 per week"}),
    ("Cells were infused on days 0, 7 and 14.", {"count": "3", "timing": "0;0.23;0.46"}),
    ("Cells were infused on day 0 and again on day 14.", {"count": "2", "timing": "0;0.46"}),
    ("Injections at months 1 and 4 went well.", {"count": "2", "timing": "0;3"}),
    ("Two cycles of three infusions were given.", {"count": "6"}),
    ("The infusions were ten days apart.", {"interval": "10 days"}),
    ("Doses were given at monthly intervals.", {"interval": "1 month"}),
    ("Doses were given fortnightly for eight weeks.", {"interval": "2 weeks", "count": "4"}),
    ("The dose was repeated six months later.", {"interval": "6 months"}),
    ("Four doses 48 hours apart were infused.", {"count": "4", "interval": "2 days"}),
    ("Eight biweekly infusions in four weeks were given.", {"count": "8", "interval": "2 per week"}),
    ("IV ×3", {"count": "3"}),
    ("Both hands were injected once more.", {}),
    ("The hands were injected once.", {"count": "1"}),
    ("She received 3 × 10⁶ cells.", {}),
    ("The dose was 1.2 x 10(7) cells.", {}),
    ("The rash resolved in 2 months without treatment.", {}),
    ("She was seen on days 7 and 28 after the infusion.", {}),
    ("A second infusion was well tolerated.", {}),
    ("After two infusions she walked again.", {"count": "2"}),
    ("Before two further infusions she was seen again.", {}),
    ("The infusion was repeated after 3 months.", {"interval": "3 months"}),
    ("The procedure was repeated twice at intervals of ten days.", {"count": "3", "interval": "10 days"}),
    ("The infusion went well and the MRI was repeated after 3 months.", {}),
    ("On alternate days she was infused.", {"interval": "2 days"}),
    ("Cells were infused on two days running.", {"count": "2", "interval": "1 day"}),
    ("Of three doses prescribed only two were infused.", {"count": "2"}),
    ("Cells were infused on days +7 and +14.", {"count": "2", "timing": "0;0.23"}),
    ("Through a vein, three times at fortnightly intervals, cells ran in.", {"count": "3", "interval": "2 weeks"}),
    ("The Barthel index 45 was unchanged between visits.", {}),
    ("He was 31 when treatment began.", {}),
]


@pytest.mark.parametrize(("text", "expect"), CASES, ids=[text for text, _ in CASES])
def test_schedule(text: str, expect: dict[str, str]) -> None:
    found = {m.field: str(m.value) for m in find_schedule(make_passage(text))}
    assert found == expect
