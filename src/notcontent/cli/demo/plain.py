"""A person at the portal, played by plain HTTP calls: the forms that the portal's pages send, hashes made here."""

import html
import re
import secrets
from collections.abc import Callable, Sequence
from pathlib import Path

import httpx

from notcontent.errors import DemoError
from notcontent.signals import hash_image

_OURS = {"Sec-Fetch-Site": "same-origin"}
_WORD = re.compile(r"<li><span>([^<]+)</span></li>")


def open_case(portal_url: str, pictures: Sequence[Path], members: Sequence[str], on_step: Callable[[str], None]) -> str:
    """Open a case with these pictures for these members (by name). Gives the case code.

    `on_step` is told each step as it is done. Raises DemoError when the portal refuses, ImageError for a file.
    """
    hashed = [hash_image(path.read_bytes()) for path in pictures]
    on_step(f"{len(hashed)} pictures hashed here")
    form: dict[str, str | list[str]] = {
        "action": "open",
        "adults": "yes",
        "claim": "real",
        "members": list(members),
        "token": secrets.token_hex(16),
        "items": " ".join(f"{one.hex}:{one.quality}" for one in hashed),
    }
    with _visit(portal_url) as client:
        page = _send(client, form)
    on_step("Hashes sent, case opened")
    return _words(page)


def withdraw(portal_url: str, code: str, number: int) -> str:
    """Come back with the case code and withdraw one picture. Gives the take-back code. Raises DemoError."""
    with _visit(portal_url) as client:
        _send(client, {"action": "enter", "code": code})
        page = _send(client, {"action": "withdraw", "number": str(number)})
        client.post("/case/", data={"action": "leave"}, headers=_OURS, follow_redirects=False)
    return _words(page)


def _visit(portal_url: str) -> httpx.Client:
    """Give a client that keeps the portal's cookie for as long as it lives."""
    return httpx.Client(base_url=portal_url, timeout=30, follow_redirects=True)


def _send(client: httpx.Client, form: dict[str, str | list[str]]) -> str:
    """Send one form and give the page it leads to."""
    answer = client.post("/case/", data=form, headers=_OURS)
    if answer.status_code != 200:
        raise DemoError(f"The portal answered {answer.status_code}.")
    return answer.text


def _words(page: str) -> str:
    """Read the code that a page shows once."""
    words = [html.unescape(word) for word in _WORD.findall(page)]
    if not words:
        raise DemoError("The portal showed no code.")
    return " ".join(words)
