"""A post's text -> its marks and links. Linear in the text's length, whatever it holds: every repetition is bounded."""

import re
import unicodedata
from collections.abc import Iterator
from itertools import chain, islice

from notcontent.lineage.marks import Mark, Marker, MarkKind
from notcontent.lineage.observations import Link
from notcontent.lineage.readers.links import bare_name, read_link, seen
from notcontent.lineage.readers.payments import may_pay, payments_in

LONGEST_TEXT = 8_192
"""Characters that are read of a text: twice what Telegram takes. The rest is passed over."""
LEAST_LETTERS = 40
MOST_MARKS = 64
MOST_LINKS = 64

_DIGITS = {base + digit: str(digit) for base in (0x660, 0x6F0, 0x966) for digit in range(10)}
_OTHER_DIGITS = re.compile(r"[\u0660-\u0669\u06f0-\u06f9\u0966-\u096f]")
_WORDS = re.compile(r"[^\W_]+")
_DIGIT = re.compile(r"[0-9]")
_NUMBERS = re.compile(r"\d+")
_LINK = re.compile(
    r"(?<![A-Za-z0-9_.-])(?:"
    r"tg:(?://)?(?:resolve|join|privatepost)/?\?[A-Za-z0-9_=&%+-]{1,256}"
    r"|(?:https?://)?(?:www\.)?(?:[A-Za-z0-9_]{4,32}\.)?(?:t\.me|telegram\.(?:me|dog))(?::[0-9]{1,5})?"
    r"(?:[/\\?#][A-Za-z0-9_@+%.,:;~!$&'*=?#/\\-]{0,512})?"
    r")(?![A-Za-z0-9_-])",
    re.ASCII | re.IGNORECASE,
)
_MENTION = re.compile(r"(?<![A-Za-z0-9_@./+-])@([A-Za-z][A-Za-z0-9_]{3,31})(?![A-Za-z0-9_@])", re.ASCII)
_ANY_LINK = re.compile(r"(?:https?://|www\.|tg://)\S{1,2048}", re.IGNORECASE)
_VIEWS = re.compile(
    r"(?:👁.? ?)[0-9][0-9.,]{0,12} ?[kmкм]?"
    r"|(?<![0-9])[0-9][0-9., ]{0,12} ?[kmкм]? ?"
    r"(?:views?|просмотр[а-я]{0,3}|перегляд[а-яі]{0,3}|aufrufe|vues|vistas|次观看|次瀏覽|次浏览|مشاهدة)",
    re.IGNORECASE,
)
_TRAILING = ".,;:!?'*~"


def text_marks(text: str, marker: Marker) -> tuple[Mark, ...]:
    """Give a text's marks: TEXT of what it says, PAYMENT of how it is paid, CONTACT of the bare names in it."""
    return read_text(text, marker)[0]


def find_links(text: str, marker: Marker) -> tuple[Link, ...]:
    """Give the chats that a text points to, each once: t.me, tg:// and @names. A bare name is a CONTACT mark, too."""
    return read_text(text, marker)[1]


def read_text(text: str, marker: Marker) -> tuple[tuple[Mark, ...], tuple[Link, ...]]:
    """Give a text's marks and links, for who wants both: the text is brought into one form only once."""
    plain = _plain(text)
    candidates = _links(plain) if "@" in plain or _may_link(plain) else []
    letters = _letters(plain) if len(plain) >= LEAST_LETTERS else None
    said = () if letters is None else (marker.mark(MarkKind.TEXT, letters),)
    if not candidates and not may_pay(plain):
        return said, ()
    marks = dict.fromkeys(islice(chain(said, _of_people(plain, candidates, marker)), MOST_MARKS))
    handles = (read_link(candidate, marker) for candidate in candidates)
    links = dict.fromkeys(islice((Link(handle) for handle in handles if handle is not None), MOST_LINKS))
    return tuple(marks), tuple(links)


def _of_people(plain: str, links: list[str], marker: Marker) -> Iterator[Mark]:
    for sort, value in payments_in(plain):
        yield marker.mark(MarkKind.PAYMENT, sort, value)
    for name in filter(None, map(bare_name, links)):
        yield marker.mark(MarkKind.CONTACT, name)


def _plain(text: str) -> str:
    """Bring a text into one form. Cut first: normalising takes the square of a run of accents."""
    plain = seen(text[:LONGEST_TEXT])[:LONGEST_TEXT]
    return plain if plain.isascii() or not _OTHER_DIGITS.search(plain) else plain.translate(_DIGITS)


def _links(plain: str) -> list[str]:
    """Give what looks like a link to Telegram or an @name, without the sentence's own signs behind it, in its order."""
    found = []
    if _may_link(plain):
        found += [(one.start(), one[0].rstrip(_TRAILING)) for one in _LINK.finditer(plain)]
    if "@" in plain:
        found += [(one.start(), one[0]) for one in _MENTION.finditer(plain)]
    return [text for _place, text in sorted(found)]


def _may_link(plain: str) -> bool:
    """Spare most texts a search that takes its time."""
    small = plain.lower()
    return "t.me" in small or "telegram." in small or "tg:" in small


def _letters(plain: str) -> str | None:
    """Give what a text says: letters and digits alone, or None when that is too short to tell texts apart."""
    said = plain
    if "/" in said or "www." in said.lower():
        said = _ANY_LINK.sub(" ", said)
        said = _LINK.sub(" ", said) if _may_link(said) else said
    if "@" in said:
        said = _MENTION.sub(" ", said)
    said = said.casefold()
    if _DIGIT.search(said):
        said = _VIEWS.sub(" ", said)
    # Cut at spaces first, which is quick, and is all there is to do where no sign stands between the letters.
    letters = "".join((said if said.isascii() else unicodedata.normalize("NFKC", said)).split())
    if not letters.isalnum():
        letters = "".join(_WORDS.findall(letters))
    if len(letters) < LEAST_LETTERS or (not letters.isalpha() and len(_NUMBERS.sub("", letters)) < LEAST_LETTERS):
        return None
    return letters
