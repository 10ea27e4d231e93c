"""Links that people reported -> observations: that somebody named this channel, and when. Not who, and nothing else."""

from collections.abc import Iterator

from notcontent.errors import LineageSourceError
from notcontent.lineage.marks import Marker
from notcontent.lineage.observations import Fact, FactKind, Observation
from notcontent.lineage.readers.naming import channel_named, time_named, why_none
from notcontent.lineage.readers.opening import bytes_taken, lines_of, open_text
from notcontent.lineage.readers.reading import PathReader
from notcontent.lineage.report import Report
from notcontent.lineage.words import LEFT_OUT, grouped


class ReportedLinks(PathReader):
    """A text with one link a line: `https://t.me/name 2026-11-02 words that are not read`.

    A date (or a time with its zone) may follow the link; without one the report is dated `now`. Empty lines and those
    that begin with # say nothing. A name alone counts as a channel's: who keeps the list vouches for it.
    """

    def __iter__(self) -> Iterator[Observation]:
        """Give one fact a line.

        Raises LineageSourceError and its kin for what is no text, has a line without end, or names no channel.
        """
        taken = False
        with open_text(self._path) as text:
            for fact in facts_in(lines_of(text), self._marker, self._report, self._now):
                taken = True
                yield fact
                self._tell(bytes_taken(text))
        if not taken:
            raise LineageSourceError(_none_fits(self._report))


def _none_fits(report: Report) -> str:
    """Say why none of the lines names a channel, in counts."""
    why = "; ".join(f"{LEFT_OUT[why]} ({grouped(count)})" for why, count in report.skipped.most_common())
    return f"None of the links leads to a channel or group. Left out: {why}." if why else "The list holds no link."


def facts_in(lines: Iterator[str], marker: Marker, report: Report, now: int) -> Iterator[Fact]:
    """Give the reported channels of these lines, whatever they come from: a file, or a field of a form."""
    for number, line in enumerate(lines, 1):
        words = line.replace("\0", "").split(maxsplit=2)
        if not words or words[0].startswith("#"):
            continue
        channel = channel_named(words[0], marker)
        if channel is None:
            report.skip(why_none(words[0]), row=number)
            continue
        time = time_named(words[1], now) if len(words) > 1 else None
        yield Fact(channel, FactKind.REPORTED, "", now if time is None else time)
