"""Reasons as sentences, the weightiest first: what speaks for a parent, then what speaks against it."""

from collections.abc import Iterable

from notcontent.lineage.family import Reason


def sentences(reasons: Iterable[Reason]) -> list[str]:
    """Say each reason; what speaks against comes last and says so."""
    ordered = sorted(reasons, key=lambda reason: (reason.weight < 0, -abs(reason.weight), reason.kind.value))
    return [("Against it: " if reason.weight < 0 else "") + say(reason) for reason in ordered]


def say(reason: Reason) -> str:
    """Say one reason."""
    numbers = ", ".join(f"{name} {value:g}" for name, value in sorted(reason.numbers.items()))
    return reason.kind.value.replace("_", " ") + (f" ({numbers})" if numbers else "") + "."
