"""Reasons as sentences, the weightiest first: what speaks for a parent, then what speaks against it."""

from collections.abc import Iterable

from notcontent.lineage.family import Reason
from notcontent.lineage.words import say


def sentences(reasons: Iterable[Reason]) -> list[str]:
    """Say each reason, without full stops."""
    ordered = sorted(reasons, key=lambda reason: (reason.weight < 0, -abs(reason.weight), reason.kind.value))
    return [say(reason) for reason in ordered]


def paragraph(reasons: Iterable[Reason]) -> str:
    """Say all reasons in one text, or nothing where there are none."""
    return "".join(f"{sentence}. " for sentence in sentences(reasons)).rstrip()
