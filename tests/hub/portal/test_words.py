"""Every sentence goes through gettext: in a made-up language, nothing of English is left on any page."""

import re
import secrets
from html.parser import HTMLParser
from typing import Any

import pytest
from django.test import Client

from notcontent.hub import flows

pytestmark = pytest.mark.django_db(transaction=True)
NAMES = {"nc", "Zzz", "www.wikipedia.org", "testserver"}
NAMES |= {"takeitdown.ncmec.org", "childline.org.uk/remove", "inhope.org", "findahelpline.com"}
NAMES |= {"stopncii.org", "revengepornhelpline.org.uk"}
SAID_TO_PEOPLE = {"aria-label", "alt", "title", "placeholder", "data-done", "data-failed", "data-two", "data-one"}


class Texts(HTMLParser):
    """Collects what people read or hear, apart from codes and scripts."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.inside: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in {"script", "style", "code", "title"} or (dict(attrs).get("class") or "").startswith("words"):
            self.inside.append(tag)
        self.found += [value for name, value in attrs if name in SAID_TO_PEOPLE and value]

    def handle_endtag(self, tag: str) -> None:
        if self.inside and self.inside[-1] == tag:
            self.inside.pop()

    def handle_data(self, data: str) -> None:
        if not self.inside:
            self.found.append(data)


@pytest.fixture
def made_up_language(monkeypatch: pytest.MonkeyPatch) -> None:
    """Put every translated sentence between marks."""
    monkeypatch.setattr("django.utils.translation._trans.gettext", lambda text: f"⟦{text}⟧", raising=False)
    monkeypatch.setattr(
        "django.utils.translation._trans.ngettext", lambda one, many, n: f"⟦{one if n == 1 else many}⟧", raising=False
    )


def untranslated(page: str) -> list[str]:
    """Give what stands outside the marks and is neither a name nor a number."""
    parser = Texts()
    parser.feed(page)
    text = "\n".join(parser.found)
    while (shorter := re.sub(r"⟦[^⟦⟧]*⟧", "", text)) != text:
        text = shorter
    return [word for word in re.findall(r"[^\s,.:“”()]*[A-Za-z][^\s,:“”()]*", text) if word.strip(".") not in NAMES]


@pytest.mark.usefixtures("made_up_language")
def test_no_page_holds_a_sentence_that_is_not_translated(make: Any) -> None:
    flows.create_member("test", "zzz", "Zzz", "Zzz")
    client = Client(headers={"Sec-Fetch-Site": "same-origin"})
    seen = [client.get(path) for path in ("/", "/open/", "/case/", "/help/", "/nowhere/")]
    seen.append(client.post("/case/", {"action": "enter", "code": "x"}))
    seen.append(client.post("/case/", {"action": "?"}))
    form = {
        "action": "open", "adults": "yes", "claim": "real", "members": "zzz", "token": secrets.token_hex(16),
        "items": " ".join(f"{make.any_hash()}:90" for _ in range(3)),
    }  # fmt: skip
    seen.append(client.post("/case/", form, follow=True))
    seen.append(client.get("/case/"))
    asking = ("ask_add", "ask_withdraw", "ask_erase")
    seen += [client.post("/case/", {"action": act, "number": "1"}) for act in asking]
    seen.append(client.post("/case/", {"action": "withdraw", "number": "1"}, follow=True))
    seen.append(client.post("/case/", {"action": "take_back", "code": "x"}))
    seen.append(client.post("/case/", {"action": "erase", "number": "2"}, follow=True))
    seen.append(client.post("/case/", {"action": "erase", "number": "all"}))
    for answer in seen:
        page = answer.content.decode()
        assert page.count("⟦") > 5
        # Dates are Django's own translation.
        page = re.sub(r"(Nov|Dec|Jan|Feb|March|April|May|June|July|Aug|Sept|Oct)\.? \d+, \d+", "", page)
        assert untranslated(page) == []


def test_the_check_sees_a_sentence_that_is_not_translated() -> None:
    assert untranslated("<p>⟦Fine⟧ but not this</p>") == ["but", "not", "this"]
