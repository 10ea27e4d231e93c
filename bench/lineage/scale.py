"""How long inference takes and how much memory, at 10^4 to 10^7 observations.

Usage: python bench/lineage/scale.py [--sizes 4 5 6 7] [--seed N] [--book [--folder DIR]]

Every size runs in a process of its own, for its peak memory. A hundred observations a channel; families of twenty; half
of what a channel shows comes from its parent, most of that in its first days; a tenth is spam that all share, the most
popular items in many channels. One channel in four is linked to, one in five forwards. Seconds are of `infer` alone,
with evidence in memory; it works in one thread, so on an idle machine both kinds of seconds are alike. Memory is the
whole process's, the evidence and its making included.

With `--book` the same lies in a book, written by SQL into the tables that an import fills (that is not timed). Each
step is a process of its own that opens the book: `gather` reads all into an evidence; `judge` does that, infers and
keeps what it says, as `lineage import` does at its end; `read` reads what was said, as `lineage tree` does.
"""

import argparse
import json
import resource
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from notcontent.lineage.book import Book, SourceKind, open_book
from notcontent.lineage.evidence import ChannelFacts, Dated, Evidence, Pointers, Shown
from notcontent.lineage.inference import infer
from notcontent.lineage.judging import judge, judged
from notcontent.lineage.marks import MarkKind
from notcontent.lineage.observations import Fact, FactKind, Handle, HandleKind
from notcontent.lineage.report import Report

DAY = 86_400
START = 1_600_000_000
EACH = 112
"""Posts of a channel; what it shows twice falls away, and a hundred are left."""
FAMILY = 20
SPAM = 0.1
BOOK_STEPS = ("gather", "judge", "read")
Ints = NDArray[np.int64]


def parents(channels: int, chance: np.random.Generator) -> Ints:
    """Give each channel's parent, an earlier one of its family; -1: a root."""
    place = np.arange(channels) % FAMILY
    above = place - np.minimum(chance.geometric(0.4, channels), place)
    return np.where(place > 0, np.arange(channels) - place + above, -1)


def shown(parent: Ints, born: Ints, chance: np.random.Generator) -> Shown:
    """Fill the channels, one generation of each family after the other."""
    channels = len(parent)
    content = np.arange(channels * EACH, dtype=np.int64).reshape(channels, EACH)
    time_ = born[:, None] + np.sort(chance.integers(0, 200 * DAY, (channels, EACH)), 1)
    copied = EACH // 2
    for generation in range(1, FAMILY):
        here = np.arange(generation, channels, FAMILY)
        picked = chance.integers(0, EACH, (len(here), copied))
        source = parent[here]
        content[here, :copied] = content[source[:, None], picked]
        late = born[here][:, None] + chance.exponential(2 * DAY, (len(here), copied)).astype(np.int64)
        lag = chance.exponential(DAY, (len(here), copied)).astype(np.int64) + 60
        time_[here, :copied] = np.maximum(time_[source[:, None], picked] + lag, late)
    spam = chance.random((channels, EACH)) < SPAM
    items = max(30, channels // 10)
    content[spam] = channels * EACH + (chance.random(int(spam.sum())) ** 2 * items).astype(np.int64)
    channel = np.repeat(np.arange(channels), EACH)
    flat, times = content.ravel(), time_.ravel()
    order = np.lexsort((channel, times, flat))
    channel, flat, times = channel[order], flat[order], times[order]
    # a content twice in one channel counts by its first time
    key = flat * channels + channel
    _, first = np.unique(key, return_index=True)
    kept = np.sort(first)
    numbers, dense = np.unique(flat[kept], return_inverse=True)
    kinds = np.full(len(numbers), MarkKind.PHOTO, np.uint8)
    return Shown(channel[kept].astype(np.uint32), dense.astype(np.uint32), times[kept], kinds)


def pointers(by: Ints, to: Ints, first: Ints, chance: np.random.Generator) -> Pointers:
    order = np.lexsort((to, by))
    by, to, first = by[order], to[order], first[order]
    count = chance.integers(1, 20, len(by)).astype(np.uint32)
    return Pointers(by.astype(np.uint32), to.astype(np.uint32), count, first)


def evidence_of(observations: int, seed: int) -> Evidence:
    """Make an evidence of so many observations."""
    chance = np.random.default_rng(seed)
    channels = max(FAMILY, observations // 100)
    parent = parents(channels, chance)
    born = START + chance.integers(0, 400 * DAY, channels) + (np.arange(channels) % FAMILY) * 60 * DAY
    both = shown(parent, born, chance)
    ends = np.zeros(channels, np.int64)
    np.maximum.at(ends, both.channel, both.time)
    child = np.flatnonzero(parent >= 0)
    announced, forwarding = (child[chance.random(len(child)) < share] for share in (0.25, 0.2))
    none = np.zeros(0, np.int64)
    letters = chance.integers(97, 123, (channels // FAMILY + 1, 12), dtype=np.uint8)
    names = [bytes(row).decode() for row in letters]
    facts = tuple(
        ChannelFacts(
            key=f"n:{place}",
            titles=(Dated(f"{names[place // FAMILY]} {place % 7}", START),),
            born=int(born[place]),
            first_post=int(born[place]),
            last_post=int(ends[place]),
            posts=EACH,
            first_number=1,
        )
        for place in range(channels)
    )
    empty = np.zeros(0, np.uint32)
    return Evidence(
        channels=facts,
        shown=both,
        people=Shown(empty, empty, none, np.zeros(0, np.uint8)),
        forwards=pointers(forwarding, parent[forwarding], born[forwarding], chance),
        named=pointers(none, none, none, chance),
        links=pointers(parent[announced], announced, born[announced], chance),
        buttons=pointers(none, none, none, chance),
        hours=chance.poisson(EACH / 24, (channels, 24)).astype(np.uint32),
    )


def measure(size: int, seed: int) -> None:
    """Run one size and print what it took, as JSON."""
    evidence = evidence_of(10**size, seed)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    began, worked = time.monotonic(), time.process_time()
    lineage = infer(evidence)
    seconds, work = time.monotonic() - began, time.process_time() - worked
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    stated = sum(line.stated is not None for line in lineage.lines)
    print(
        json.dumps(
            {
                "observations": len(evidence.shown),
                "channels": len(evidence.channels),
                "seconds": round(seconds, 2),
                "cpu_seconds": round(work, 2),
                "peak_gb": round(peak, 2),
                "peak_before_gb": round(before, 2),
                "stated": stated,
                "families": len(lineage.families),
            }
        )
    )


def fill_book(folder: Path, size: int, seed: int) -> None:
    """Write an evidence into a new book: one post for each content shown, some of them forwards, some with a link."""
    evidence, chance = evidence_of(10**size, seed), np.random.default_rng(seed)
    book = open_book(folder, make=True)
    with book.importing(SourceKind.CHANNEL_LIST, "scale", b"scale", "bench") as importing:
        if importing is None:
            raise SystemExit("The book is not a new one.")
        for facts in evidence.channels:
            handle = Handle(HandleKind.NUMBER, str(int(facts.key[2:]) + 1))
            importing.add(Fact(handle, FactKind.TITLE, facts.titles[0].value, START))
        importing.pause()
        database = sqlite3.connect(folder / "book.db", isolation_level=None)
        found = database.execute("SELECT c.id, h.id, h.value FROM channel c JOIN handle h ON h.id = c.handle")
        row, handle_of = (np.zeros(len(evidence.channels), np.int64) for _ in range(2))
        for number, place, value in found:
            row[int(value) - 1], handle_of[int(value) - 1] = number, place
        _insert(database, evidence, row, handle_of, chance)
        database.close()
        importing.finish(Report())
    book.close()


def _insert(
    database: sqlite3.Connection, evidence: Evidence, row: Ints, handle_of: Ints, chance: np.random.Generator
) -> None:
    """Insert posts with their marks, in the order of the tables; forwards and links go to posts drawn at random."""
    both = evidence.shown
    order = np.lexsort((both.time, row[both.channel]))
    channel, times = row[both.channel[order]], both.time[order]
    begin = np.flatnonzero(np.append(True, channel[1:] != channel[:-1]))
    sizes = np.diff(np.append(begin, len(channel)))
    number = np.arange(len(channel)) - np.repeat(begin, sizes) + 1
    forward = np.zeros(len(channel), np.int64)
    first, held = (np.zeros(int(row.max()) + 1, np.int64) for _ in range(2))
    first[channel[begin]], held[channel[begin]] = begin, sizes
    by = np.repeat(row[evidence.forwards.by], evidence.forwards.count)
    at = first[by] + chance.integers(0, held[by])
    forward[at] = np.repeat(handle_of[evidence.forwards.to], evidence.forwards.count)
    by = np.repeat(row[evidence.links.by], evidence.links.count)
    at = first[by] + chance.integers(0, held[by])
    to = np.repeat(handle_of[evidence.links.to], evidence.links.count)
    digests = both.content[order].astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    kinds, digests = both.kind[both.content[order]], digests.view(np.int64)
    step = 1 << 18
    for start in range(0, len(channel), step):
        part = slice(start, start + step)
        key = channel[part].tolist(), number[part].tolist()
        database.execute("BEGIN IMMEDIATE")
        posts = zip(*key, times[part].tolist(), forward[part].tolist(), strict=True)
        database.executemany("INSERT INTO post VALUES (?1, ?2, ?3, -1, nullif(?4, 0))", posts)
        marks = zip(*key, kinds[part].tolist(), digests[part].tolist(), times[part].tolist(), strict=True)
        database.executemany("INSERT INTO mark VALUES (?, ?, ?, ?, ?)", marks)
        database.execute("COMMIT")
    database.execute("BEGIN IMMEDIATE")
    links = zip(by.tolist(), number[at].tolist(), to.tolist(), times[at].tolist(), strict=True)
    database.executemany("INSERT OR IGNORE INTO link VALUES (?, ?, ?, 0, ?)", links)
    database.execute("COMMIT")


def measure_book(folder: Path, step: str) -> None:
    """Do one step with a book and print what it took, as JSON."""
    began, worked = time.monotonic(), time.process_time()
    book = open_book(folder)
    steps: dict[str, Callable[[Book], object]] = {"gather": Book.evidence, "judge": judge, "read": judged}
    steps[step](book)
    seconds, work = time.monotonic() - began, time.process_time() - worked
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    told = {"seconds": round(seconds, 2), "cpu_seconds": round(work, 2), "peak_gb": round(peak, 2)}
    print(json.dumps({"step": step} | told))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs="+", default=[4, 5, 6, 7])
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--book", action="store_true", help="From a book, and back into it.")
    parser.add_argument("--folder", type=Path, help="Where the books lie; each is deleted when it was measured.")
    parser.add_argument("--one", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--step", choices=["infer", "fill", *BOOK_STEPS], default="infer", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.one is not None:
        match asked.step:
            case "infer":
                measure(asked.one, asked.seed)
            case "fill":
                fill_book(asked.folder, asked.one, asked.seed)
            case step:
                measure_book(asked.folder, step)
        return
    for size in asked.sizes:
        command = [sys.executable, __file__, "--one", str(size), "--seed", str(asked.seed)]
        with tempfile.TemporaryDirectory(dir=asked.folder, prefix="book-") as folder:
            for step in ("fill", *BOOK_STEPS) if asked.book else ("infer",):
                more = ["--step", step, "--folder", folder]
                done = subprocess.run([*command, *more], check=True, capture_output=True, text=True)
                print(done.stdout, end="", flush=True)


if __name__ == "__main__":
    main()
