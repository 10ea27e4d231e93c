"""What tests of the verbs of `notcontent lineage` share: running one in this process, and small exports to import."""

import io
import json
import sys
from collections.abc import Iterable, Sequence
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from notcontent.cli import main

BEGIN, DAY = 1_760_000_000, 86_400  # 9 October 2025
_WORDS = ("harbour", "lantern", "orchard", "compass", "meadow", "thistle", "granite", "willow", "copper", "saffron")


def run(*words: object, expected: int = 0, talk: bool = False) -> str:
    """Run one verb in this process and give what it answered, or what it said on stderr."""
    out, said = io.StringIO(), io.StringIO()
    with (
        patch.object(sys, "argv", ["notcontent", "lineage", *map(str, words)]),
        redirect_stdout(out),
        redirect_stderr(said),
        pytest.raises(SystemExit) as left,
    ):
        main()
    assert int(left.value.code or 0) == expected, out.getvalue() + said.getvalue()
    return said.getvalue() if talk else out.getvalue()


def answer(*words: object) -> dict[str, Any]:
    """Run one verb with --json and give its object."""
    told: dict[str, Any] = json.loads(run(*words, "--json"))
    return told


def export(folder: Path, number: int, title: str, day: int, texts: Iterable[int], links: Sequence[str] = ()) -> Path:
    """Write an export of a channel that began on a day (from `BEGIN`): a post each half hour, and one for each link."""
    begin = BEGIN + day * DAY
    said: list[object] = [_text(text) for text in texts]
    said += [[{"type": "link", "text": link}] for link in links]
    messages = [
        {"id": 2 + at, "type": "message", "date_unixtime": str(begin + 1800 * (at + 1)), "text": text}
        for at, text in enumerate(said)
    ]
    created = {"id": 1, "type": "service", "action": "create_channel", "date_unixtime": str(begin), "title": title}
    made = {"name": title, "type": "public_channel", "id": number, "messages": [created, *messages]}
    folder.mkdir(parents=True)
    (folder / "result.json").write_text(json.dumps(made))
    return folder


def _text(which: int) -> str:
    """Give a text that no other number has, long enough to be known again."""
    return " ".join(_WORDS[(which // 10**place) % 10] for place in range(4)) + f" {which} is what is told here"


def two_families(folder: Path) -> list[Path]:
    """Write five exports: a channel, two that continue it and bear its title, and a pair of others."""
    invite = "https://t.me/+AbCdEfGhIjKlMnOp"
    return [
        export(folder / "kite", 1_500_000_001, "Red kite", 0, range(100, 140)),
        export(folder / "kite-two", 1_500_000_002, "Red kite", 30, range(100, 140), [invite]),
        export(folder / "kite-three", 1_500_000_003, "Red kite", 60, range(100, 140), [invite, f"{invite}Q"]),
        export(folder / "lamp", 1_500_000_004, "Lamp", 5, range(500, 540)),
        export(folder / "lamp-two", 1_500_000_005, "Lamp again", 40, range(500, 540), [invite]),
    ]
