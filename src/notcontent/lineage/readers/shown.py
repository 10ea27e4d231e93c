"""What pages and lists show in words -> values: rounded counts, sizes, durations, times."""

import re
from datetime import datetime, timedelta

from notcontent.lineage.observations import EARLIEST

DAY = 86_400

_COUNT = re.compile(r"([0-9]{1,10})(?:\.([0-9]{1,3}))?([KM]?)", re.ASCII)
_TIMES = {"": 1, "K": 1_000, "M": 1_000_000}
_SIZE = re.compile(r"([0-9]{1,4}(?:\.[0-9]{1,2})?) ?(B|KB|MB|GB)", re.ASCII)
_DURATION = re.compile(r"(?:([0-9]{1,3}):)?([0-9]{1,2}):([0-9]{2})", re.ASCII)
_SPACES = dict.fromkeys(map(ord, " \u00a0\u2009\u202f,"))


def count_of(text: str) -> int | None:
    """Give a count: 532, 1 204, and the rounded ones, 12.3K and 3.4M."""
    found = _COUNT.fullmatch(text.strip()[:24].translate(_SPACES))
    if found is None:
        return None
    digits = (found[2] or "").ljust(3, "0")
    return int(found[1] + digits) * _TIMES[found[3]] // 1_000


def size_of(text: str) -> str | None:
    """Give a rounded size as it is shown, 2.3 MB, or None for what is none."""
    found = _SIZE.fullmatch(text.strip()[:16])
    return f"{found[1]} {found[2]}" if found else None


def seconds_of(text: str) -> int | None:
    """Give a duration, 0:34 or 1:02:05, in seconds."""
    found = _DURATION.fullmatch(text.strip()[:16])
    return None if found is None else int(found[1] or 0) * 3600 + int(found[2]) * 60 + int(found[3])


def moment_of(text: str, now: int) -> int | None:
    """Give UTC seconds of an ISO 8601 time with a zone, or None: no zone, before Telegram began, or after tomorrow."""
    try:
        time = datetime.fromisoformat(text.strip()[:40])
    except ValueError:
        return None
    if time.tzinfo is None or not timedelta(hours=-14) <= (time.utcoffset() or timedelta()) <= timedelta(hours=14):
        return None
    seconds = int(time.timestamp())
    return seconds if EARLIEST <= seconds <= now + DAY else None
