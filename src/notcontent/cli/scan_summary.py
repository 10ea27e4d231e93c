"""What `notcontent scan` says at its end, on stdout: counts, what was found, what failed, and where the rest stands."""

import json
import shlex
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from notcontent.cli.scan_stop import parts
from notcontent.errors import error_of
from notcontent.scan.results import FIRST, FIRST_FAILED, Tally, Verdict

if TYPE_CHECKING:
    from notcontent.scan.pipeline import Summary

_SAID = {
    Verdict.MATCH: "a match: look at these",
    Verdict.BLOCK: "the gate advises to block",
    Verdict.HOLD: "for a person to judge",
    Verdict.NO_MATCH: "",
    Verdict.LOW_QUALITY: "too plain to compare",
    Verdict.SKIPPED: "videos, not compared: use match, or a gate's screen",
    Verdict.ERROR: "not compared:",
}
_LIST_FAILED = (
    "import sys, pyarrow.parquet as q; [print(ascii(r['path']), r['error']) for r in"
    " q.read_table(sys.argv[1], filters=[('verdict', '=', 'error')]).to_pylist()]"
)
"""Lists the rows that failed, whatever control characters their paths hold; the how-to of scans has it too. No sign in
it means anything to a shell between double quotes."""


def counts(tally: Tally) -> dict[str, object]:
    """Give what is counted, as JSON shows it."""
    return {
        "rows": tally.rows,
        "screened": tally.screened,
        "found": tally.found,
        "verdicts": {verdict.value: tally.of(verdict) for verdict in Verdict if tally.of(verdict)},
        "errors": dict(sorted(tally.errors.items())),
        "animations": tally.moving,
    }


def show_json(summary: "Summary", out: Path) -> None:
    """Print one object: counts, and where the results are."""
    answer = counts(summary.tally) | {
        "resumed": summary.resumed,
        "seconds": round(summary.seconds, 3),
        "results": str(out / "results"),
    }
    sys.stdout.write(json.dumps(answer) + "\n")


def show_text(summary: "Summary", out: Path) -> None:
    """Print the counts for people, the first files that were found, and the first that failed."""
    from notcontent.cli.hashed_inputs import shown

    tally = summary.tally
    now = tally.rows - summary.resumed
    rate = f", {now / summary.seconds:,.0f} a second" if now and summary.seconds >= 1 else ""
    before = f" ({summary.resumed:,} before)" if summary.resumed else ""
    lines = [f"{tally.rows:,} done{before} in {shown_span(summary.seconds)}{rate}", parts(counts(tally)), ""]
    width = len(f"{tally.rows:,}")
    for verdict in Verdict:
        if count := tally.of(verdict):
            name = verdict.value.replace("_", " ")
            lines.append(f"  {name:<12}{count:>{width},}  {_SAID[verdict]}".rstrip())
    lines += [f"    {code:<20}{count:>{width},}" for code, count in tally.errors.most_common()]
    if tally.moving:
        words = "among these: judged by their first picture; match takes all"
        lines.append(f"  {'animations':<12}{tally.moving:>{width},}  {words}")
    lines += ["", *_found_lines(tally), *_failed_lines(tally, out)]
    lines.append(f"Results: {shown(str(out / 'results'))}")
    sys.stdout.write("\n".join(lines) + "\n")


def _found_lines(tally: Tally) -> Iterator[str]:
    """Name the first files that were found."""
    from notcontent.cli.hashed_inputs import shown

    if not tally.first:
        return
    yield "Found:" if tally.found <= FIRST else f"The first {FIRST} found:"
    for row in tally.first:
        bits = "" if row.distance is None else f" ({row.distance} {'bit' if row.distance == 1 else 'bits'})"
        bits = bits if row.evidence is None else f" (evidence {row.evidence:.1f})"
        look = f", {row.look}" if row.look not in {None, "whole"} else ""
        what = f"{row.entry}{bits}{look}" if row.entry else f"{row.verdict}{look}"
        yield f"  {shown(row.path)}: {shown(what)}"
    yield ""


def _failed_lines(tally: Tally, out: Path) -> Iterator[str]:
    """Name the first files that failed, and why; and say how to list all."""
    from notcontent.cli.hashed_inputs import shown

    if not tally.failed:
        return
    more = tally.of(Verdict.ERROR) > FIRST_FAILED
    yield f"The first {FIRST_FAILED} of {tally.of(Verdict.ERROR):,} not compared:" if more else "Not compared:"
    for row in tally.failed:
        words = error_of(row.error).message.partition(". ")[0].rstrip(".")
        yield f"  {shown(row.path)}: {words} ({row.error})"
    if more:
        words = f'{shlex.quote(sys.executable)} -P -c "{_LIST_FAILED}" {shlex.quote(str(out / "results"))}'
        yield f"All of them:\n  {shown(words)}"
    yield ""


def shown_span(seconds: float) -> str:
    """Write a span of time as people do: 0:12, 3:04:05, 2 days, 3:04:05."""
    text = str(timedelta(seconds=round(seconds)))
    return text.removeprefix("0:").removeprefix("0") if text.startswith("0:0") else text.removeprefix("0:")
