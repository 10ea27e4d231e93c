"""How a channel is named where people read: hostile titles made harmless, links whole or defanged, look-alikes.

A title is text from a stranger. What turns the direction of a page, hides, moves a cursor or breaks XML is taken out;
every script, right-to-left letters and emoji stay. Widths are of terminals: columns, as most of them count.
"""

import re
import unicodedata
from urllib.parse import quote

from notcontent.lineage.evidence import ChannelFacts

ISOLATE, POP = "\u2068", "\u2069"
"""First strong isolate and its end: between them a name has its own direction and cannot turn what stands around it."""

LONGEST = 256
"""Characters of a title that are kept at all."""

_DIRECTIONS = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_RIGHT_TO_LEFT = frozenset({"R", "AL", "AN"})
_JOINERS = frozenset("\u200c\u200d")  # Persian and emoji need them
_SELECTORS = frozenset("\ufe0e\ufe0f")
_MARKS_IN_A_ROW = 2
_BLANK = frozenset("\u115f\u1160\u2800\u3164\uffa0")  # signs of their kind that show nothing
_LINK = re.compile(r"(?i)(?P<scheme>h)tt(?P<rest>ps?:)|(?P<host>[\w-])\.(?=[a-z]{2,24}/)")

# Letters that look like Latin ones. After NFKD, case folding and the loss of accents; i, l, 1 and | are one sign.
_LOOKS = str.maketrans(
    "авекмнорстухіјѕԁԛԝһӏαβεηικνορτυχγ0135|il",
    "abekmhopctyxljsdqwhlabenlkvoptuxyoleslll",
)


def clean(text: str) -> str:
    """Give one line of harmless text, at most 256 characters: no control, direction, unassigned or private sign."""
    kept: list[str] = []
    marks = 0
    for sign in text[: 4 * LONGEST]:
        kind = unicodedata.category(sign)
        marks = marks + 1 if kind in {"Mn", "Me"} and sign not in _SELECTORS else 0
        if sign in _DIRECTIONS or marks > _MARKS_IN_A_ROW:
            continue
        if kind in {"Cc", "Zl", "Zp", "Zs"}:
            kept.append(" ")
        elif kind in {"Cs", "Co", "Cn"}:
            kept.append("\ufffd")
        elif kind != "Cf" or sign in _JOINERS:
            kept.append(sign)
    line = " ".join("".join(kept).split())
    return line if len(line) <= LONGEST else line[: LONGEST - 1] + "…"


def isolated(text: str) -> str:
    """Give cleaned text with a direction of its own, for the middle of a sentence.

    What holds no letter or number that is read from right to left can turn nothing, and stays as it is.
    """
    turns = any(unicodedata.bidirectional(sign) in _RIGHT_TO_LEFT for sign in text)
    return f"{ISOLATE}{text}{POP}" if turns else text


def title_of(facts: ChannelFacts) -> str:
    """Give its latest title, else its handle. Cleaned, never empty."""
    latest = max(facts.titles, key=lambda dated: dated.time, default=None)
    shown = clean(latest.value) if latest else ""
    return shown if _is_visible(shown) else handle_of(facts)


def _is_visible(text: str) -> bool:
    return any(unicodedata.category(sign)[0] not in "CZM" and sign not in _BLANK for sign in text)


def older_titles(facts: ChannelFacts) -> list[str]:
    """Give the titles that it bore besides the latest, oldest first, none twice. Cleaned, never empty."""
    now = title_of(facts)
    titles = (clean(dated.value) for dated in sorted(facts.titles, key=lambda dated: (dated.time, dated.value)))
    return [title for title in dict.fromkeys(titles) if _is_visible(title) and title != now]


def handle_of(facts: ChannelFacts) -> str:
    """Give the name by which it is reached: @name, else +invitation, else n:number. What is hidden stays hidden."""
    if facts.usernames:
        return "@" + _asked(facts.usernames[0])
    if facts.invites:
        return "+" + _asked(facts.invites[0])
    if number_of(facts):
        return f"n:{number_of(facts)}"
    return "no public name"


def key_of(facts: ChannelFacts) -> str:
    """Give what can be typed for it alone: n:number, which no other channel takes over, else its handle, or nothing."""
    number = number_of(facts)
    if number:
        return f"n:{number}"
    return handle_of(facts) if facts.usernames or facts.invites else ""


def number_of(facts: ChannelFacts) -> str:
    """Give Telegram's number of it in decimal, or nothing."""
    kind, _, value = facts.key.partition(":")
    return value if kind == "n" and re.fullmatch(r"[0-9]{1,20}", value) else ""


def links_of(facts: ChannelFacts) -> tuple[str, ...]:
    """Give its public links in full, public names first. A channel known by its number alone has none."""
    names = [f"https://t.me/{_asked(name)}" for name in facts.usernames]
    return (*names, *(f"https://t.me/+{_asked(invite)}" for invite in facts.invites))


def defanged(link: str) -> str:
    """Give a link that no reader makes clickable: hxxps://t[.]me/name."""
    scheme, _, rest = link.partition("://")
    host, slash, path = rest.partition("/")
    return f"{scheme.replace('tt', 'xx', 1)}://{host.replace('.', '[.]')}{slash}{path}"


def unlinked(text: str) -> str:
    """Give a title in which nothing is a link: a stranger's link in it must not pass for one that we give."""
    return _LINK.sub(
        lambda found: f"{found['scheme']}xx{found['rest']}" if found["scheme"] else f"{found['host']}[.]", text
    )


def skeleton(text: str) -> str:
    """Give what is left of a name when case, accents, signs and alphabets that look alike are not told apart."""
    bare = [sign for sign in unicodedata.normalize("NFKD", text) if sign.isalnum()]
    return "".join(bare).casefold().translate(_LOOKS) or text


def columns(text: str) -> int:
    """Count the columns that a terminal gives a cleaned text."""
    return sum(_columns(sign) for sign in text)


def fitted(text: str, limit: int) -> str:
    """Cut a cleaned text to so many columns, with a sign that it was cut, and fill it up with spaces."""
    if columns(text) > limit:
        room, kept = limit - 1, ""
        for sign in text:
            room -= _columns(sign)
            if room < 0:
                break
            kept += sign
        text = kept + "…"
    return text + " " * (limit - columns(text))


def _columns(sign: str) -> int:
    if unicodedata.category(sign) in {"Mn", "Me", "Cf"}:
        return 0
    return 2 if unicodedata.east_asian_width(sign) in "WF" else 1


def _asked(handle: str) -> str:
    # A handle comes from a source too: whatever is no part of a name is written in percent.
    return quote(handle.encode("utf-8", "replace"), safe="")
