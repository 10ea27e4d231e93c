"""Logs hold codes and counts, whoever speaks."""

import logging
import sys

import pytest

from notcontent.hub.logs import CodesOnly, Said, logging_config, worth_a_line


def record(name: str, message: str, *args: object, **extra: object) -> str:
    made = logging.LogRecord(name, logging.ERROR, "/srv/canary/place.py", 7, message, args, None)
    vars(made).update(extra)
    return CodesOnly().format(made)


def test_our_own_lines_are_a_code_and_its_counts() -> None:
    line = record("notcontent.hub", Said.TICK.value, counts={"published": 3, "erased": 0})
    assert line.endswith("error notcontent.hub tick published=3 erased=0")


def test_others_words_are_dropped() -> None:
    line = record("django.request", "Not Found: %s", "/canary", status_code=404, request="canary")
    assert "canary" not in line
    assert line.endswith("django.request from=place.py:7 status=404")


def test_an_exception_is_told_by_type_and_place_alone() -> None:
    try:
        int("canary-4711")
    except ValueError:
        made = logging.LogRecord("x", logging.ERROR, "p.py", 1, "canary-4711", (), sys.exc_info())
    line = CodesOnly().format(made)
    assert "canary" not in line
    assert "error=ValueError at=test_logs.py:" in line


def test_come_back_later_writes_no_line_and_a_failure_does(capsys: pytest.CaptureFixture[str]) -> None:
    handler = logging.StreamHandler(sys.stderr)
    handler.addFilter(worth_a_line)
    logger = logging.getLogger("django.request")
    logger.addHandler(handler)
    try:
        for status in (429, 503, 500):
            logger.error("status %d", status, extra={"status_code": status})
    finally:
        logger.removeHandler(handler)
    assert capsys.readouterr().err == "status 500\n"
    config = logging_config()
    assert [config["filters"][name]["()"]() for name in config["handlers"]["stderr"]["filters"]] == [worth_a_line]


def test_counts_are_numbers_and_nothing_else() -> None:
    with pytest.raises(ValueError, match="invalid literal"):
        record("notcontent.hub", "tick", counts={"published": "canary"})


def test_every_logger_that_is_configured_goes_through_the_one_formatter() -> None:
    config = logging_config()
    assert {handler["formatter"] for handler in config["handlers"].values()} == {"codes"}
    assert {name for logger in config["loggers"].values() for name in logger["handlers"]} == {"stderr"}
    assert config["root"]["handlers"] == ["stderr"]
