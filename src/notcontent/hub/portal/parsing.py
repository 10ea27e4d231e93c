"""Forms into values, strictly: what does not have the documented shape is refused whole.

The browser sends pictures and videos as `items`, parted by spaces: for a picture `<64 hex digits>:<quality>`, for a
video `video` and then for each of its frames `_<milliseconds>.<64 hex digits>.<quality>`. No other field comes from a
file: no name, no size, no date.
"""

import re
from enum import Enum

from django.http import QueryDict

from notcontent.errors import (
    HashFormatError,
    ItemNotFoundError,
    RequestFormatError,
    TooManyFramesError,
    TooManyItemsError,
    UnderageError,
)
from notcontent.exchange.videos import BankedFrame
from notcontent.hub.answers import Claim, NewEntry, NewItem, NewVideo, Opening
from notcontent.hub.config import hub_config

_ITEM = re.compile(r"([0-9a-f]{64}):(100|[1-9]?[0-9])")
_FRAME = re.compile(r"([0-9]{1,9})\.([0-9a-f]{64})\.(100|[1-9]?[0-9])")
_VIDEO = "video_"
FRAMES_A_SEND = 12_000
"""So many frames of all videos together fit a form (`MAX_BODY`)."""
_TOKEN = re.compile(r"[0-9a-f]{32}")
_NUMBER = re.compile(r"[1-9][0-9]{0,5}")
_LONGEST_CODE = 400


class Act(Enum):
    """What a form at /case/ asks for. Those that begin with ask_ only show a page."""

    OPEN = "open"
    ENTER = "enter"
    ASK_ADD = "ask_add"
    ADD = "add"
    ASK_WITHDRAW = "ask_withdraw"
    WITHDRAW = "withdraw"
    TAKE_BACK = "take_back"
    ASK_ERASE = "ask_erase"
    ERASE = "erase"
    LEAVE = "leave"


def act_of(form: QueryDict) -> Act:
    """Give what the form asks for. Raises RequestFormatError."""
    try:
        return Act(form.get("action", ""))
    except ValueError:
        raise RequestFormatError from None


def opening_of(form: QueryDict) -> Opening:
    """Read the whole intake. Raises UnderageError before it looks at any picture's hash."""
    require_adults(form)
    try:
        claim = Claim(form.get("claim", ""))
    except ValueError:
        raise RequestFormatError from None
    return Opening(
        adults_only=True,
        claim=claim,
        members=tuple(dict.fromkeys(form.getlist("members"))),
        items=items_of(form),
        token=token_of(form),
    )


def require_adults(form: QueryDict) -> None:
    """Go on only after a plain yes. Raises UnderageError."""
    if form.get("adults") != "yes":
        raise UnderageError


def items_of(form: QueryDict) -> tuple[NewEntry, ...]:
    """Read pictures' and videos' hashes. Raises TooManyItemsError, TooManyFramesError, HashFormatError."""
    words = form.get("items", "").split()
    if len(words) > hub_config().max_items_a_send:
        raise TooManyItemsError
    if sum(word.count("_") for word in words) > FRAMES_A_SEND:
        raise TooManyFramesError
    return tuple(_item_of(word) for word in words)


def _item_of(word: str) -> NewEntry:
    if word.startswith(_VIDEO):
        return NewVideo(tuple(_frame_of(part) for part in word.removeprefix(_VIDEO).split("_")))
    fits = _ITEM.fullmatch(word)
    if fits is None:
        raise HashFormatError
    return NewItem(value=bytes.fromhex(fits[1]), quality=int(fits[2]))


def _frame_of(part: str) -> BankedFrame:
    fits = _FRAME.fullmatch(part)
    if fits is None:
        raise HashFormatError
    return BankedFrame(t_ms=int(fits[1]), quality=int(fits[3]), value=bytes.fromhex(fits[2]))


def token_of(form: QueryDict) -> bytes:
    """Read the page's random token, which makes sending twice the same as sending once."""
    text = form.get("token", "")
    if not _TOKEN.fullmatch(text):
        raise RequestFormatError
    return bytes.fromhex(text)


def number_of(form: QueryDict) -> int | None:
    """Read which picture a step is about; None for `all`. Raises ItemNotFoundError."""
    text = form.get("number", "")
    if text == "all":
        return None
    if not _NUMBER.fullmatch(text):
        raise ItemNotFoundError
    return int(text)


def code_of(form: QueryDict) -> str:
    """Read a typed code as it stands; the flows forgive how it is written."""
    text = form.get("code", "")
    if len(text) > _LONGEST_CODE:
        raise RequestFormatError
    return text
