"""How long an import takes and how much memory, from an export of any size to lines in a book.

Usage: python bench/lineage/reading.py [--megabytes 200] [--channels 1] [--folder DIR] [--parts] [--keep]

Writes an export of Telegram Desktop into a folder (two thirds photos, a fifth films, some forwards, links and texts;
every file another size, as in a real one) and runs `notcontent lineage import` on it in a process of its own, for its
peak memory. With `--parts` the parts follow, each in a process of its own: the reader alone, reading and keeping
without judging, and judging alone. Seconds are of the clock and of the processor.
"""

import argparse
import json
import multiprocessing
import os
import random
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

sys.path.append(str(Path(__file__).parents[2] / "tests"))
from lineage.readers.export_files import chat, many_messages, written

BLOCK = 5_000
_UNIQUE = (b'"photo_file_size": ', b'"file_size": ')


def _templates() -> list[tuple[bytes, bytes]]:
    """Give messages as bytes, cut where a file's size stands: (before, after), after empty where there is none."""
    given = []
    for one in many_messages(BLOCK):
        text = written(one).replace(b"\n", b"\n  ")
        text = text[text.index(b",") :]
        for sign in _UNIQUE:
            if sign in text:
                at = text.index(sign) + len(sign)
                end = text.index(b",", at)
                given.append((text[:at], text[end:]))
                break
        else:
            given.append((text, b""))
    return given


def write_export(folder: Path, size: int, channels: int) -> int:
    """Write result.json of about so many bytes, and give how many messages are in it."""
    folder.mkdir(parents=True, exist_ok=True)
    templates, chance, total = _templates(), random.Random(3), 0  # noqa: S311 - made-up sizes
    with (folder / "result.json").open("wb") as file:
        file.write(b'{\n "chats": {\n  "list": [')
        for place in range(channels):
            head = written(chat(number=1_500_000_000 + place))[:-4].rstrip(b" \n[]")
            file.write((b",\n  " if place else b"\n  ") + head + b" [")
            number, least = 0, size * (place + 1) // channels
            while file.tell() < least:
                rows = []
                for before, after in templates:
                    number += 1
                    middle = b"%d" % chance.getrandbits(27) if after else b""
                    rows.append(b'\n  {\n   "id": %d' % number + before + middle + after)
                file.write((b"," if number > BLOCK else b"") + b",".join(rows))
            total += number
            file.write(b"\n ]\n}")
        file.write(b"\n  ]\n }\n}\n")
    return total


def _read(export: Path, _book: Path) -> int:
    from notcontent.lineage.importing import counted  # noqa: PLC0415
    from notcontent.lineage.marks import Marker  # noqa: PLC0415
    from notcontent.lineage.readers.detect import open_source  # noqa: PLC0415
    from notcontent.lineage.report import Report  # noqa: PLC0415

    report = Report()
    _, reader = open_source(export, Marker(bytes(32)), report, now=int(time.time()))
    for _ in counted(reader, report):
        pass
    return report.posts


def _keep(export: Path, book: Path) -> int:
    from notcontent.lineage.book import open_book  # noqa: PLC0415
    from notcontent.lineage.importing import import_path  # noqa: PLC0415

    opened = open_book(book, make=True)
    posts = import_path(opened, export, by="bench", now=int(time.time())).report.posts
    opened.close()
    return posts


def _judge(_export: Path, book: Path) -> int:
    from notcontent.lineage.book import open_book  # noqa: PLC0415
    from notcontent.lineage.judging import judge  # noqa: PLC0415

    opened = open_book(book)
    judge(opened)
    opened.close()
    return 0


def _apart(name: str, part: Callable[[Path, Path], int], export: Path, book: Path) -> None:
    began, worked = time.monotonic(), time.process_time()
    posts = part(export, book)
    seconds, work = time.monotonic() - began, time.process_time() - worked
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**10
    told = {"part": name, "posts": posts, "seconds": round(seconds, 1), "cpu": round(work, 1), "peak_mb": round(peak)}
    print(json.dumps(told), flush=True)


def verb(export: Path, book: Path) -> dict[str, object]:
    """Run the verb, and give what it took."""
    command = [sys.executable, "-m", "notcontent", "lineage", "import", "--json", "--book", str(book), str(export)]
    began = time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    said = "" if process.stdout is None else process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.monotonic() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    posts = json.loads(said)["sources"][0]["posts"]
    return {
        "part": "whole verb",
        "posts": posts,
        "seconds": round(seconds, 1),
        "cpu": round(usage.ru_utime + usage.ru_stime, 1),
        "peak_mb": round(usage.ru_maxrss / 2**10),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--megabytes", type=int, default=200)
    parser.add_argument("--channels", type=int, default=1)
    parser.add_argument("--folder", type=Path, help="Where the export and the books lie; deleted at the end.")
    parser.add_argument("--parts", action="store_true")
    parser.add_argument("--keep", action="store_true", help="Do not delete the folder; an export there is used again.")
    asked = parser.parse_args()
    folder = asked.folder or Path(tempfile.mkdtemp(prefix="reading-"))
    try:
        export = folder / "export"
        if not (export / "result.json").exists():
            write_export(export, asked.megabytes * 10**6, asked.channels)
        size = (export / "result.json").stat().st_size
        shutil.rmtree(folder / "book", ignore_errors=True)
        print(json.dumps({"bytes": size} | verb(export, folder / "book")), flush=True)
        if asked.parts:
            shutil.rmtree(folder / "book", ignore_errors=True)
            fresh = multiprocessing.get_context("spawn")
            for name, part in (("read", _read), ("read and keep", _keep), ("judge", _judge)):
                child = fresh.Process(target=_apart, args=(name, part, export, folder / "book"))
                child.start()
                child.join()
    finally:
        if not asked.keep:
            shutil.rmtree(folder)


if __name__ == "__main__":
    main()
