"""A link to a chat -> the handle that it names, or nothing. What may name a person leaves as a keyed digest."""

import re
import unicodedata
from urllib.parse import parse_qs, unquote

from notcontent.lineage.marks import Marker
from notcontent.lineage.observations import Handle, HandleKind

LONGEST_LINK = 2_048
HIGHEST_CHANNEL = 997_852_516_352
"""The highest number of a channel that Telegram's programs can tell from other numbers: 10^12 - 2^31."""

RESERVED = frozenset({
    *("addemoji", "addlist", "addstickers", "addstyle", "addtheme", "auth", "boost", "call", "confirmphone", "contact"),
    *("giftcode", "invoice", "joinchat", "login", "message", "newbot", "oauth", "passport", "proxy", "setlanguage"),
    *("share", "socks", "stargift", "username"),
})  # fmt: skip
"""First parts of t.me's paths that could be names and are none."""

_HOSTS = frozenset({"t.me", "telegram.me", "telegram.dog"})
_NAME = re.compile(r"[a-z](?:_?[a-z0-9]){3,31}", re.ASCII)
_LONGEST_NAME = 32
_INVITE = re.compile(r"[A-Za-z0-9_-]{10,64}", re.ASCII)
_DIALLED = re.compile(r"[0-9](?:[_-]*[0-9]){7}", re.ASCII)
_LEAST_LETTERS = 4
_DIGITS = re.compile(r"[0-9]{1,19}", re.ASCII)
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]{0,15}):", re.ASCII)
_UNSEEN = re.compile(r"[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]")
_BARE_TOO = 0x2_0000_0000
_WITH_HUNDRED = 10**12
_RUN = re.compile(r"([^\w\s]{32})[^\w\s]+")
_ODD = re.compile(_UNSEEN.pattern + r"|[^\w\s]{33}")


def seen(text: str) -> str:
    """Give a text as a browser would take it for a link: letters in one width, without signs that nobody sees.

    Runs of accents and signs are cut first: sorting them, which normalising does, takes the square of their length.
    """
    if text.isascii():
        return text
    if _ODD.search(text):
        text = _RUN.sub(r"\1", _UNSEEN.sub("", text))
    return unicodedata.normalize("NFKC", text).replace("。", ".")


def channel_number(value: int) -> int | None:
    """Give a channel's bare number, whichever way it is written, or None for what is no channel's.

    Exports of early 2021 add 0x200000000; bots write -100 before it. In 2021 numbers had 31 bits.
    """
    if -2 * _WITH_HUNDRED < value < -_WITH_HUNDRED:
        value = -value - _WITH_HUNDRED
    if _BARE_TOO < value < _BARE_TOO + 2**31:
        value -= _BARE_TOO
    return value if 0 < value <= HIGHEST_CHANNEL else None


def public_name(text: str) -> str | None:
    """Give a public name in lower case, or None for what Telegram would not let anybody have."""
    name = text.removeprefix("@").lower()
    return name if len(name) <= _LONGEST_NAME and _NAME.fullmatch(name) and name not in RESERVED else None


def bare_name(link: str) -> str | None:
    """Give the name of @name or t.me/name, which may be a person's, and None of every other link."""
    text = link.partition("?")[0].partition("#")[0].rstrip("/")
    if text.startswith("@"):
        return public_name(text)
    host, _, name = text.rpartition("/")
    return public_name(name) if host.rpartition("/")[2].lower().removeprefix("www.") in _HOSTS else None


def read_link(text: str, marker: Marker) -> Handle | None:
    """Read one link or @name. None for what leads to no chat: another site, a sticker set, a telephone number.

    A name alone may be a person's: HIDDEN. Beside a post's number, or in a preview's address, it is a chat's: USERNAME.
    """
    if len(text) > LONGEST_LINK:
        return None
    link = seen(text).strip().replace("\\", "/")
    if link.startswith("@"):
        return _hidden(link, marker)
    scheme = _SCHEME.match(link)
    if scheme and scheme[1].lower() == "tg":
        return _of_program(link[scheme.end() :].lstrip("/"), marker)
    if scheme and scheme[1].lower() in ("http", "https"):
        link = link[scheme.end() :]
        if not link.startswith("//"):
            return None
    return _of_site(link.lstrip("/"), marker)


def _of_program(link: str, marker: Marker) -> Handle | None:
    """Read what follows tg://."""
    verb, _, query = link.partition("#")[0].partition("?")
    fields = parse_qs(query, max_num_fields=32) if query.count("&") < 32 else {}

    def first(key: str) -> str:
        return fields.get(key, [""])[0]

    match verb.rstrip("/").lower():
        case "resolve":
            post = _DIGITS.fullmatch(first("post")) is not None
            return _public(first("domain"), marker, of_chat=post)
        case "join":
            return _invite(first("invite"))
        case "privatepost":
            return _number(first("channel"))
        case _:
            return None


def _of_site(link: str, marker: Marker) -> Handle | None:
    """Read host/path?query."""
    address, _, query = link.partition("#")[0].partition("?")
    authority, _, path = address.partition("/")
    host = unquote(authority.rpartition("@")[2]).partition(":")[0].rstrip(".").lower().removeprefix("www.")
    parts = [part for part in unquote(path).split("/") if part][:4]
    if host not in _HOSTS:
        name = host.removesuffix(".t.me")
        if name == host or public_name(name) is None:
            return None
        parts.insert(0, name)
    return _of_path(parts, query, marker)


def _of_path(parts: list[str], query: str, marker: Marker) -> Handle | None:
    found = None
    match parts:
        case [plus] if plus.startswith("+"):
            found = _invite(plus[1:])
        case ["joinchat", invite]:
            found = _invite(invite)
        case ["c", number, *_]:
            found = _number(number)
        case ["s", name, *_]:
            found = _public(name, marker, of_chat=True)
        case [name]:
            found = _public(name, marker, of_chat=query.partition("=")[0] in ("livestream", "videochat", "voicechat"))
        case [name, post, *_] if _DIGITS.fullmatch(post):
            found = _public(name, marker, of_chat=True)
        case [name, "s", _]:  # a story: people have them too
            found = _hidden(name, marker)
    return found


def _public(name: str, marker: Marker, *, of_chat: bool) -> Handle | None:
    if not of_chat:
        return _hidden(name, marker)
    found = public_name(name)
    return None if found is None else Handle(HandleKind.USERNAME, found)


def _hidden(name: str, marker: Marker) -> Handle | None:
    found = public_name(name)
    return None if found is None else Handle(HandleKind.HIDDEN, marker.hidden(found))


def _invite(text: str) -> Handle | None:
    """Read an invitation, or give None of what may be a telephone number: of a person, and no chat.

    Real ones are 16 or 22 random characters, four of five letters. A number, however it is cut with - and _ and
    whatever stands beside it, has eight digits after each other or hardly a letter. A real one of 16 characters looks
    like that about once in 250,000 times, and is then lost: better than a person's number in clear.
    """
    letters = sum(map(str.isalpha, text))
    telephone = letters < _LEAST_LETTERS or _DIALLED.search(text)
    return None if telephone or not _INVITE.fullmatch(text) else Handle(HandleKind.INVITE, text)


def _number(text: str) -> Handle | None:
    digits = text.removeprefix("-100") if text.startswith("-100") else text
    if not _DIGITS.fullmatch(digits):
        return None
    number = channel_number(int(digits))
    return None if number is None else Handle(HandleKind.NUMBER, str(number))
