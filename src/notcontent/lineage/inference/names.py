"""How alike two names are across scripts: letters that sound or look alike become one, then runs of three are compared.

A name becomes two sketches: one as it sounds (Cyrillic and Greek by a plain transliteration), one as it looks (letters
that are drawn like Latin ones become these). The likeness of two names is the better of both. Chinese, Japanese and
Korean signs stand for themselves, alone and in pairs.
"""

import re
import unicodedata
import zlib
from collections.abc import Iterable
from functools import lru_cache
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

SKETCH_BYTES = 64
_BITS = SKETCH_BYTES * 8
MOST_LETTERS = 128

# Letters and digits drawn like a Latin letter, by their Unicode names. What has a compatibility form (mathematical,
# full-width, circled letters) or says its Latin letter in its name (small capitals, strokes, flags) needs no line here.
_LOOKS = dict(
    zip(
        "авеѕкмнорстуухіїјԛԝьзԁһҽӏгпԍ" + "αβγεηικνορτυχω" + "օսոհց" + "0135$@|!€",
        "abeskmhopctyyxiijqwbzdheirng" + "abyenikvoptuxw" + "ounhg" + "olessalie",
        strict=True,
    )
)
_SOUNDS = {
    **dict(zip("абвгдезиклмнопрстуфхцыэіґє", "abvgdeziklmnoprstufhcyeige", strict=True)),
    **dict(zip("αβγδεζηικλμνξορσςτυφω", "avgdeziiklmnxorsstyfo", strict=True)),
    "ж": "zh", "ч": "ch", "ш": "sh", "щ": "sh", "ю": "yu", "я": "ya", "ъ": "", "ь": "",
    "θ": "th", "χ": "h", "ψ": "ps", "π": "p",
}  # fmt: skip
_NAMED = re.compile(r"(?:LATIN|REGIONAL INDICATOR|SQUARED)\b.*\b(?:LETTER|CAPITAL) ([A-Z])(?: WITH .*)?$")
_WIDE = re.compile("[\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff]")


@lru_cache(maxsize=1 << 16)
def _folded(sign: str) -> str:
    """Give the plain small letters of one sign, a space for what parts words, nothing for what is not seen."""
    plain = ""
    for letter in unicodedata.normalize("NFKD", sign).casefold():
        category = unicodedata.category(letter)
        if category in ("Mn", "Me", "Cf", "Cc"):
            continue
        named = None if letter.isascii() else _NAMED.search(unicodedata.name(letter, ""))
        if named:
            plain += named[1].lower()
        elif category[0] in "LN" or letter in _LOOKS:
            plain += letter
        else:
            plain += " "
    return plain


def _words(name: str) -> list[str]:
    return "".join(_folded(sign) for sign in name[:MOST_LETTERS]).split()


def skeletons(name: str) -> tuple[str, str]:
    """Give a name as it looks and as it sounds, without spaces, signs and numbers that stand alone."""
    words = [word for word in _words(name) if not word.isdecimal()]
    looks = "".join(_LOOKS.get(letter, letter) for word in words for letter in word)
    sounds = "".join("".join(_SOUNDS.get(letter, letter) for letter in _unspoofed(word)) for word in words)
    return looks, sounds


def _unspoofed(word: str) -> str:
    """Read a word that mixes Latin with look-alikes or digits as Latin; leave a word of one script as it is."""
    latin = any("a" <= letter <= "z" for letter in word)
    return "".join(_LOOKS.get(letter, letter) for letter in word) if latin else word


def sketch(text: str) -> NDArray[np.uint8]:
    """Set one of 512 bits for each run of three letters, and for each wide sign and pair of them. u8[64]."""
    bits = np.zeros(_BITS, np.uint8)
    padded = f"<{text}>"
    runs = {padded[at : at + 3] for at in range(len(padded) - 2)} if text else set()
    wide = _WIDE.findall(text)
    for run in runs.union(wide, (one + other for one, other in pairwise(wide))):
        bits[zlib.crc32(run.encode("utf-8", "surrogatepass")) % _BITS] = 1
    return np.packbits(bits)


@lru_cache(maxsize=1 << 12)
def _sketches(name: str) -> tuple[bytes, bytes]:
    looks, sounds = skeletons(name)
    return sketch(looks).tobytes(), sketch(sounds).tobytes()


def likeness(ones: Iterable[str], others: Iterable[str]) -> float:
    """Give how alike the two most alike names are, 0..1."""
    others = list(others)
    return max((_pair(one, other) for one in ones for other in others), default=0.0)


def _pair(one: str, other: str) -> float:
    zero = np.zeros(1, np.int64)
    return float(alike(name_table([(one,), (other,)]), zero, zero + 1)[0])


NAMES_EACH = 3
"""So many names of a channel are compared: its newest title, its first title, its public name."""


def name_table(names: Iterable[tuple[str, ...]]) -> NDArray[np.uint8]:
    """Give the sketches of channels' names, u8[n, 3, 2, 64]; zeros for names that there are not."""
    table = bytearray()
    empty = bytes(2 * SKETCH_BYTES)
    for each in names:
        chosen = each[:NAMES_EACH]
        table += b"".join(b"".join(_sketches(name)) for name in chosen) + empty * (NAMES_EACH - len(chosen))
    return np.frombuffer(bytes(table), np.uint8).reshape(-1, NAMES_EACH, 2, SKETCH_BYTES)


def alike(table: NDArray[np.uint8], left: NDArray[np.int64], right: NDArray[np.int64]) -> NDArray[np.float64]:
    """Give how alike the names of pairs of places are, 0..1: twice the common runs by all runs, of the best two."""
    best = np.zeros(len(left))
    words = table.reshape(*table.shape[:3], SKETCH_BYTES).view(np.uint64)
    sizes = np.bitwise_count(words).sum(-1).astype(np.float64)
    for one in range(table.shape[1]):
        for other in range(table.shape[1]):
            for form in range(2):
                common = np.bitwise_count(words[left, one, form] & words[right, other, form]).sum(-1)
                whole = sizes[left, one, form] + sizes[right, other, form]
                np.maximum(best, 2 * common / np.maximum(whole, 1), out=best)
    return best
