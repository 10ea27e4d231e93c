"""What operators see and do with channels: sources in and out, families, what came back, what is handed out.

The book is no table of the hub's database, so a story about it is no transaction: it does its work in the book and puts
its record into the audit chain last. An import that cannot be recorded is taken out again, and nothing is handed out
before that is recorded. Records hold a source's number, formats and counts, never a name.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from notcontent.errors import LineageSizeError
from notcontent.hub.audit import services as audit
from notcontent.hub.channel_answers import (
    ChannelName,
    Comparison,
    DeskChannel,
    DeskChannels,
    DeskFamily,
    DeskRadar,
    Handout,
    HandoutKind,
    SourceRow,
    Taken,
)
from notcontent.hub.lineage import services, showing
from notcontent.hub.lineage.handouts import handout
from notcontent.hub.lineage.pictures import Paths, compare, draw_family
from notcontent.hub.lineage.place import hub_book
from notcontent.hub.lineage.reading import read
from notcontent.hub.lineage.uploads import Upload, receiving
from notcontent.lineage.book import Authority
from notcontent.lineage.exports import Tlp
from notcontent.lineage.finding import MOST_LISTED, find
from notcontent.lineage.importing import Imported, Progress
from notcontent.lineage.portrait.names import defanged, links_of

FAMILIES_A_PAGE = 50
QUEUE_A_PAGE = 8
MOST_ON_THE_RADAR = 200
DAY_S = 86_400
MOST_LINKS = 200_000
_TYPED = "links.txt"


def desk_channels(page: int = 1) -> DeskChannels:
    """Give the families (newest births first, 50 a page), the queue, and chats that nobody imported."""
    reading, now = read(), int(time.time())
    lines = [showing.family_line(reading, family, now) for family in reading.families]
    lines.sort(key=lambda line: (line.newest is not None, line.newest, line.size), reverse=True)
    start = (max(1, page) - 1) * FAMILIES_A_PAGE
    waiting = showing.queue(reading)
    pointed = (showing.announced_line(reading, *each) for each in reading.announced.newest)
    return DeskChannels(
        families=tuple(lines[start : start + FAMILIES_A_PAGE]),
        further_families=len(lines) > start + FAMILIES_A_PAGE,
        queue=tuple(showing.queue_line(reading, place) for place in waiting[:QUEUE_A_PAGE]),
        waiting=len(waiting),
        announced=tuple(line for line in pointed if line is not None),
        announced_further=reading.announced.total - len(reading.announced.newest),
        channels=len(reading.ids),
        alone=len(reading.ids) - len(reading.family_at),
        sources=len(services.sources()),
        unjudged=reading.unjudged,
    )


def desk_family(family: str, opened: Sequence[str], paths: Paths) -> DeskFamily:
    """Show one family, with the subtrees of `opened` unfolded. `paths` makes the links of the drawings.

    Raises LineageFamilyNotFoundError.
    """
    reading = read()
    found = reading.family(family)
    drawn = draw_family(reading, found, opened, paths)
    return DeskFamily(
        family, showing.family_line(reading, found, int(time.time())), drawn.tree, drawn.time_line, drawn.members
    )


def find_channel(typed: str) -> str:
    """Give the id of the channel that goes by this @name, link, invitation, title or number.

    Raises LineageChannelNotFoundError, LineageChannelAmbiguousError.
    """
    reading = read()
    return reading.ids[reading.judgement.place(_refanged(typed))]


def channels_called(typed: str) -> tuple[ChannelName, ...]:
    """Give the channels that go by what was typed, eight at most, for who has to choose."""
    reading = read()
    judgement = reading.judgement
    found = find(judgement.channels, judgement.lineage.families, _refanged(typed))
    return tuple(showing.name_of(judgement.channels[place], reading.alike) for place in found[:MOST_LISTED])


def _refanged(typed: str) -> str:
    return typed.replace("[.]", ".").replace("hxxp", "http")


def desk_channel(channel: str) -> DeskChannel:
    """Show one channel. Raises LineageChannelNotFoundError."""
    reading = read()
    place = reading.place(channel)
    channels, line = reading.judgement.channels, reading.judgement.lineage.lines[place]
    facts = channels[place]
    family = reading.family_at.get(place)
    with hub_book() as book:
        kinds = {source.id: source.kind for source in book.sources()}
        sources = book.sources_of(facts.key)
        told = book.told_of([facts.key])[facts.key]
    return DeskChannel(
        line=showing.line_of(facts),
        born_said=facts.born is not None,
        titles=showing.titles(facts),
        links=tuple(defanged(link) for link in links_of(facts)),
        facts=showing.fact_lines(told, kinds),
        sources=tuple((source, kinds[source]) for source in sources),
        kin=tuple(showing.kin_of(reading, line, each) for each in line.candidates),
        merged_from=tuple(showing.name_of(channels[each], reading.alike) for each in line.merged_from),
        children=tuple(showing.name_of(channels[each], reading.alike) for each in reading.children.get(place, ())),
        family=None if family is None else showing.family_line(reading, family, int(time.time())),
        seen=reading.judgement.seen[place] or line.stated is None,
    )


def desk_comparison(one: str, other: str) -> Comparison:
    """Show two channels side by side, in counts. Raises LineageChannelNotFoundError, also for one beside itself."""
    return compare(read(), one, other)


def desk_radar(days: int = 7) -> DeskRadar:
    """Give what re-appeared in the last `days` (1 to 365): channels that continue another; 200, and a count."""
    now = int(time.time())
    since = now - max(1, min(days, 365)) * DAY_S
    lines = tuple(showing.radar(read(), since, now))
    return DeskRadar(lines[:MOST_ON_THE_RADAR], max(0, len(lines) - MOST_ON_THE_RADAR))


def desk_sources() -> tuple[SourceRow, ...]:
    """List every source that was ever imported, the newest first."""
    return tuple(showing.source_row(line) for line in services.sources())


def receiving_upload() -> AbstractContextManager[Upload]:
    """Make room for one file that an operator sends; it is gone when the room is left, whatever happens."""
    return receiving()


def import_source(
    actor: str, path: Path, authority: Authority | None = None, progress: Progress | None = None
) -> Taken:
    """Take a path into the book, judge what it touches, and record that. Nothing stays when any of it fails.

    Raises LineageSourceError and its kin, LineageAuthorityError, LineageBookBusyError.
    """
    return _recorded(actor, services.import_source(path, by=actor, authority=authority, progress=progress), authority)


@contextmanager
def importing_sources(
    actor: str, authority: Authority | None = None
) -> Iterator[Callable[[Path, Progress | None], Imported]]:
    """Take many paths, each recorded on its own, and judge what they touch once, at the end.

    What it gives raises what `import_source` raises; the others stand.
    """
    fresh: list[int] = []

    def take(path: Path, progress: Progress | None) -> Imported:
        imported = services.take_source(path, by=actor, authority=authority, progress=progress)
        _recorded(actor, imported, authority)
        fresh.extend([] if imported.source is None else [imported.source])
        return imported

    try:
        yield take
    finally:
        if fresh:
            services.judge_touched(fresh)


def import_links(actor: str, upload: Upload, text: str) -> Taken:
    """Take links that were typed, one a line, into the book. Raises what `import_source` raises."""
    if len(text) > MOST_LINKS:
        raise LineageSizeError
    return import_source(actor, upload.write(_TYPED, text))


def withdraw_source(actor: str, source: int) -> None:
    """Take a source out with all that hung on it. Raises LineageSourceNotFoundError, LineageBookBusyError."""
    line = services.withdraw(source)
    audit.record(actor, "lineage-withdrawn", str(source), line.report.get("posts", 0))


def judge_channels(actor: str) -> None:
    """Judge the whole book anew."""
    audit.record(actor, "lineage-judged", "", services.judge_whole())


def mark_channels_seen(actor: str, channels: Sequence[str]) -> int:
    """Take channels off the queue and give their number. Raises LineageChannelNotFoundError."""
    reading = read()
    keys = [reading.judgement.channels[reading.place(channel)].key for channel in dict.fromkeys(channels)]
    if keys:
        services.mark_seen(keys)
        audit.record(actor, "lineage-seen", "", len(keys))
    return len(keys)


def hand_out_family(actor: str, family: str, kind: HandoutKind, tlp: Tlp) -> Handout:
    """Make a file of one family: an annex for a notice, or an export. Raises LineageFamilyNotFoundError."""
    reading = read()
    found = reading.family(family)
    made = handout(reading, found, kind, tlp)
    verb = "lineage-annex-made" if kind in (HandoutKind.ANNEX_PDF, HandoutKind.ANNEX_TEXT) else "lineage-exported"
    audit.record(actor, verb, f"{kind.value} {tlp.value}", len(found.members))
    return made


def _recorded(actor: str, imported: Imported, authority: Authority | None) -> Taken:
    report = imported.report
    if imported.source is not None:
        verb = "lineage-imported" if authority is None else "lineage-media-imported"
        try:
            audit.record(actor, verb, str(imported.source), report.posts + report.facts)
        except Exception:
            services.withdraw(imported.source)
            raise
    return Taken(imported.source, imported.already, report.posts, report.channels, report.skipped.total())
