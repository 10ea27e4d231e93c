"""Codes made of words: made at random, read back forgivingly. Pure.

The words are BIP-39's English list (2,048 words, 11 bits each, from the package `mnemonic`), of which no two
begin with the same four letters. Eight words are 88 bits: a case code. Four are 44 bits: a take-back code, which
works only inside its case. Two name a case for operators and are no secret.
"""

import re
import secrets
import unicodedata
from functools import cache

from mnemonic import Mnemonic

CASE_WORDS = 8
TAKE_BACK_WORDS = 4
ALIAS_WORDS = 2
_LONGEST_TYPED = 400
_LETTERS = re.compile(r"[^\W\d_]+")


@cache
def _words() -> tuple[str, ...]:
    return tuple(Mnemonic("english").wordlist)


@cache
def _by_beginning() -> dict[str, str]:
    """Find a word by its first four letters; words of three letters are found whole."""
    return {word[:4]: word for word in _words()}


def new_code(words: int) -> str:
    """Draw words from the system's randomness, joined by spaces."""
    return " ".join(secrets.choice(_words()) for _ in range(words))


def new_alias() -> str:
    """Draw an operators' name for a case, such as "amber-heron"."""
    return new_code(ALIAS_WORDS).replace(" ", "-")


def normal_code(typed: str) -> str:
    """Give what was typed the form that `new_code` has, as far as it can be told.

    Capitals, full-width letters, commas, full stops, hyphens, digits (as of a numbered list) and line breaks are
    forgiven; a word of four letters or more counts by its first four. What is no word of the list stays as it is:
    such a code fits nothing, and is looked for like any other.
    """
    flat = unicodedata.normalize("NFKC", typed[:_LONGEST_TYPED]).casefold()
    return " ".join(_by_beginning().get(word[:4], word) for word in _LETTERS.findall(flat))
