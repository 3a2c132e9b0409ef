"""SYNTHESIS: what a report needs is named when it is missing."""

from __future__ import annotations

import pytest

import extract.synthesis
from extract.synthesis import NEEDED, MissingExtra, require_extra


def test_with_the_extra_nothing_is_missing() -> None:
    require_extra()


def test_a_missing_package_is_named_with_the_way_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(extract.synthesis, "find_spec", lambda name: None if name in ("docx", "rispy") else object())
    with pytest.raises(MissingExtra, match=r'a report needs python-docx, rispy: pip install "caseloom\[report\]"'):
        require_extra()


def test_every_package_that_is_asked_for_is_in_the_extra() -> None:
    import tomllib
    from pathlib import Path

    project = tomllib.loads((Path(__file__).resolve().parent.parent / "pyproject.toml").read_text(encoding="utf-8"))
    extra = " ".join(project["project"]["optional-dependencies"]["report"])
    assert [name for name in NEEDED.values() if name not in extra] == []
