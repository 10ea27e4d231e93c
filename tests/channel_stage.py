"""What tests of the hub's channels share: saved pages of a family made by hand, imported as an operator would.

Every post's text is one that no other test has. What no page and no file may show is in `CANARIES`.
"""

import io
import shutil
import time
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from lineage.readers.page_html import header, message, page, view

from notcontent.hub import flows
from notcontent.hub.config import hub_config
from notcontent.hub.lineage.place import book_folder, book_key, hub_book

DAY = 86_400
SIGNER = "Canary Quartermaine"
CONTACT = "canary_contact"
FORWARDER = "Canary Forwarder"
WALLET = "0x52908400098527886E0F7030069857D2E4169EE7"
CANARIES = (SIGNER, CONTACT, FORWARDER, WALLET, WALLET.lower(), "canary-word")
"""Names of people, an address for payments, and a word of every text: none of them may be seen again."""

HOSTILE = """<script>alert(1)</script>"'><img src=x>\u202e\u2066 \x07{{ 87654|add:1 }}"""
RENDERED = "87655"
"""What a template that ran would make of its end."""

STRANGERS_TEXTS = range(900, 930)
_AUTHOR = "tgme_widget_message_from_author"


@dataclass(frozen=True, slots=True)
class Shown:
    """One channel to make a page of: its posts' texts by number, from `begin` on, one every two hours."""

    name: str
    title: str
    number: int
    texts: Sequence[int]
    begin: int
    links: Sequence[str] = ()
    saved: int = 3600
    """How many seconds ago the page was saved."""
    viewed: bool = True
    """Whether the page tells views."""

    def page(self) -> bytes:
        """Write its saved page."""
        posts = [self._post(at + 1, words_of(text)) for at, text in enumerate(self.texts)]
        posts += [
            self._post(len(posts) + 1 + at, f'We go on here: <a href="{link}">{link}</a>')
            for at, link in enumerate(self.links)
        ]
        return page(*posts, head=header(self.name, self.title))

    def _post(self, number: int, text: str) -> str:
        when = datetime.fromtimestamp(self.begin + 7200 * number, UTC).isoformat(timespec="seconds")
        signed = "" if self.texts is STRANGERS_TEXTS else f'<span class="{_AUTHOR}" dir="auto">{SIGNER}</span>'
        forwarded = f'<div class="tgme_widget_message_forwarded_from accent_color"><span>{FORWARDER}</span></div>'
        inside = signed + (forwarded if number == 2 else "")
        shown = view(-self.number, int(time.time()) - self.saved, post=number)
        views = str(100 * number) if self.viewed else ""
        return message(f"{self.name}/{number}", inside, text=text, time=when, views=views, data_view=shown)


def words_of(text: int) -> str:
    """Write one text that bears every canary that a text can; the stranger's ask for nothing and name nobody."""
    if text in STRANGERS_TEXTS:
        return f"canary-word number {text} of the far mountain, told to everybody who passes by it {text * 7919}"
    return (
        f"canary-word number {text} of the quiet harbour, told to nobody, pay {WALLET} or ask @{CONTACT} {text * 7919}"
    )


def parent(title: str = "Old harbour") -> Shown:
    """Give a channel that began forty days ago."""
    return Shown("old_harbour", title, 1_100_000_001, range(40), int(time.time()) - 40 * DAY, saved=9 * DAY)


def child(title: str = "New harbour") -> Shown:
    """Give one that shows the same, and began three days ago."""
    return Shown(
        "new_harbour", title, 1_100_000_002, range(40), int(time.time()) - 5 * DAY, ["https://t.me/+NextHarbour77"]
    )


def stranger() -> Shown:
    """Give one that has nothing to do with them."""
    return Shown("far_mountain", "Far mountain", 1_100_000_003, STRANGERS_TEXTS, int(time.time()) - 30 * DAY)


def archive(*shown: Shown) -> bytes:
    """Pack pages."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as made:
        for one in shown:
            made.writestr(f"{one.name}.html", one.page())
    return packed.getvalue()


def imported(folder: Path, data: bytes, name: str = "pages.zip") -> int:
    """Import bytes as an operator, and give the source's number."""
    path = folder / name
    path.write_bytes(data)
    taken = flows.import_source("mara", path)
    assert taken.source is not None
    return taken.source


def removed(name: str, days_ago: int = 6) -> bytes:
    """Write a table that says of a channel that it is gone."""
    when = datetime.fromtimestamp(int(time.time()) - days_ago * DAY, UTC).strftime("%Y-%m-%d")
    return f"channel,time,fact\n@{name},{when},removed\n".encode()


def family(folder: Path, *, old: str = "Old harbour", new: str = "New harbour") -> tuple[int, int]:
    """Import a removed channel, the one that continues it, and a stranger: give the sources of pages and table."""
    pages = imported(folder, archive(parent(old), child(new), stranger()))
    return pages, imported(folder, removed("old_harbour"), "gone.csv")


def families(folder: Path, count: int) -> int:
    """Import so many pairs of a channel and the one that continues it, the latter all of one title: give the source."""
    now, pairs = int(time.time()), []
    for pair in range(count):
        texts = range(1000 * (pair + 1), 1000 * (pair + 1) + 40)
        pairs.append(Shown(f"first_{pair}", f"First of {pair}", 1_100_000_100 + pair, texts, now - 40 * DAY))
        pairs.append(Shown(f"second_{pair}", "Second", 1_100_000_200 + pair, texts, now - 5 * DAY))
    return imported(folder, archive(*pairs), "pairs.zip")


def forget_book() -> None:
    """Remove the book, so that the next test begins without one."""
    shutil.rmtree(book_folder(hub_config()), ignore_errors=True)
    book_key(hub_config()).unlink(missing_ok=True)


def hidden_values() -> list[str]:
    """Give what the book keeps and nobody may see: its key, digests, hidden handles."""
    with hub_book() as book:
        rows = book._database.execute("SELECT value FROM handle WHERE kind IN ('h', 't')").fetchall()
        digests = book._database.execute("SELECT DISTINCT digest FROM mark LIMIT 200").fetchall()
    kept = [value for (value,) in rows] + [f"{digest % 2**64:016x}" for (digest,) in digests]
    return [*kept, *(str(digest) for (digest,) in digests), book_key(hub_config()).read_bytes().hex()]
