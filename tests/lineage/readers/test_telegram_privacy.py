"""Nothing of a person leaves the reader in clear: names, numbers and telephones in every field come out nowhere."""

import re
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from lineage.readers.export_files import NOW, chat, export, message, service

from notcontent.lineage.importing import counted
from notcontent.lineage.marks import Marker
from notcontent.lineage.observations import Observation
from notcontent.lineage.readers.telegram import TelegramExport
from notcontent.lineage.report import Report, Skipped

_KEYS = [
    *(
        "from",
        "author",
        "forwarded_from",
        "saved_from",
        "via_bot",
        "inviter",
        "phone_number",
        "contact_vcard",
        "to",
        "address",
    ),
    *("place_name", "performer", "sticker_emoji", "game_title", "game_link", "information_text", "reason_domain"),
    *(
        "reason_app_name",
        "cost",
        "emoticon",
        "new_title",
        "invoice_information",
        "file",
        "photo",
        "thumbnail",
        "file_name",
    ),
    *("mime_type", "unknown_field", "actor"),
]


class _Canaries:
    """Words that stand nowhere else, and a list of those that were handed out."""

    def __init__(self) -> None:
        self.given: list[str] = []

    def word(self) -> str:
        self.given.append(f"canary{len(self.given):04d}bird")
        return self.given[-1]

    def number(self) -> int:
        self.given.append(str(7_770_000_000_000 + len(self.given)))
        return int(self.given[-1])


def _messages(canary: _Canaries) -> Iterator[dict[str, Any]]:
    number = 0
    for key in _KEYS:
        number += 1
        yield message(number, **{key: canary.word()})
        number += 1
        yield service(number, "invite_members", **{key: canary.word()})
    word, person = canary.word, canary.number
    structures: list[dict[str, Any]] = [
        {"from": word(), "from_id": f"user{person()}"},
        {"from": word(), "from_id": person()},
        {"forwarded_from": word(), "forwarded_from_id": f"user{person()}"},
        {"saved_from": word(), "saved_from_id": f"user{person()}"},
        {"reply_to_peer_id": f"user{person()}"},
        {"contact_information": {"first_name": word(), "last_name": word(), "phone_number": f"+{person()}"}},
        {"location_information": {"latitude": word(), "longitude": word()}},
        {"reactions": [{"type": "emoji", "count": 1, "recent": [{"from": word(), "from_id": f"user{person()}"}]}]},
        {"poll": {"question": word(), "answers": [{"text": word(), "voters": 1}]}},
        {"text": f"ask @{word()} or t.me/{word()} or +{person()} {word()}@example.org t.me/+{person()} {word()} " * 3},
        {"text": [word(), {"type": "mention_name", "text": word(), "user_id": person()}]},
        {"text_entities": [{"type": "mention_name", "text": word(), "user_id": person()}]},
        {
            "text_entities": [
                {"type": "phone", "text": f"+{person()}"},
                {"type": "email", "text": f"{word()}@x.example"},
            ]
        },
        {"text_entities": [{"type": "text_link", "text": word(), "href": f"tg://user?id={person()}"}]},
        {"text_entities": [{"type": "text_link", "text": word(), "href": f"https://t.me/{word()}"}]},
        {
            "text_entities": [
                {"type": "mention", "text": f"@{word()}"},
                {"type": "bank_card", "text": f"{person()}"},
            ]
        },
        {"inline_bot_buttons": [[{"type": "url", "text": word(), "data": f"https://t.me/{word()}?start={word()}"}]]},
        {"giveaway_information": {"countries": [word()], "channels": [person()]}},
    ]
    actions: list[dict[str, Any]] = [
        {"actor": word(), "actor_id": f"user{person()}", "members": [word(), word()]},
        {"inviter": word(), "peer_id": person(), "to_id": f"user{person()}", "to": word()},
    ]
    for fields in structures:
        number += 1
        yield message(number, **fields)
    for action in (
        "create_group",
        "invite_members",
        "edit_group_photo",
        "migrate_to_supergroup",
        "requested_peer",
        "x",
    ):
        for fields in actions:
            number += 1
            yield service(number, action) | fields
    number += 1
    yield service(number, "migrate_from_group", title=word())


def _told(found: list[Observation], report: Report) -> str:
    return "\n".join([*map(repr, found), *map(str, found), *(repr(asdict(one)) for one in found), repr(report)])


def test_no_name_number_or_telephone_of_a_person_leaves_the_reader(tmp_path: Path) -> None:
    canary, report = _Canaries(), Report()
    between = {
        "name": canary.word(),
        "type": "personal_chat",
        "id": canary.number(),
        "messages": [message(1, text=canary.word())],
    }
    whole = {
        "personal_information": {
            "user_id": canary.number(),
            "first_name": canary.word(),
            "phone_number": canary.word(),
        },
        "contacts": {"list": [{"first_name": canary.word()}]},
        "sessions": {"list": [{"last_ip": canary.word()}]},
        "chats": {"list": [chat(*_messages(canary)), between]},
    }
    reader = TelegramExport(export(tmp_path, whole), Marker(b"k" * 32), report, now=NOW)
    found = list(counted(reader, report))
    told = _told(found, report)
    assert report.posts > 40
    assert report.skipped[Skipped.PERSON] > 30
    assert report.skipped[Skipped.BAD_MESSAGE] == 0
    assert len(canary.given) > 100
    assert [word for word in canary.given if re.search(word, told, re.IGNORECASE)] == []


def test_what_a_title_and_an_invitation_say_does_leave_it(tmp_path: Path) -> None:
    """The other side of the canary: it would be seen."""
    value = chat(message(1, text="t.me/+canary0001birdcanary")) | {"name": "canary0002bird"}
    report = Report()
    told = _told(list(TelegramExport(export(tmp_path, value), Marker(b"k" * 32), report, now=NOW)), report)
    assert "canary0001bird" in told
    assert "canary0002bird" in told
