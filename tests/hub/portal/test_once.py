"""Marks of what was read: kept for a time, and never without bound."""

import pytest

from notcontent.hub.portal import once
from notcontent.hub.portal.once import Marks


def test_a_mark_is_kept_for_its_time_and_then_forgotten() -> None:
    now = [0.0]
    marks = Marks(60, lambda: now[0])
    marks.add("one")
    now[0] = 59.0
    marks.add("two")
    assert "one" in marks
    now[0] = 61.0
    marks.add("three")
    assert "one" not in marks
    assert "two" in marks


def test_a_mark_that_comes_again_is_kept_anew() -> None:
    now = [0.0]
    marks = Marks(60, lambda: now[0])
    marks.add("one")
    now[0] = 40.0
    marks.add("one")
    now[0] = 90.0
    marks.add("two")
    assert "one" in marks


def test_the_oldest_go_when_there_are_too_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(once, "MOST", 2)
    marks = Marks(60, lambda: 0.0)
    for mark in ("one", "two", "three"):
        marks.add(mark)
    assert [mark in marks for mark in ("one", "two", "three")] == [False, True, True]
