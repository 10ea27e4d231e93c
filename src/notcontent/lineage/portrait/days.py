"""Times as people read them: days in UTC, in English, always with the year."""

from datetime import UTC, datetime

DAY, WEEK = 86_400, 7 * 86_400
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def day(time: int) -> str:
    """Give `3 Mar 2026`."""
    when = datetime.fromtimestamp(time, UTC)
    return f"{when.day} {_MONTHS[when.month - 1]} {when.year}"


def month(time: int) -> str:
    """Give `Mar 2026`."""
    when = datetime.fromtimestamp(time, UTC)
    return f"{_MONTHS[when.month - 1]} {when.year}"


def iso(time: int) -> str:
    """Give `2026-03-03T00:00:00Z`."""
    return datetime.fromtimestamp(time, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
