"""Writes exports as Telegram Desktop writes them: its order of keys, its indentation, its escapes."""

import json
import random
from collections.abc import Iterable
from pathlib import Path
from typing import Any

T0 = 1_700_000_000
NOW = T0 + 10_000_000


def message(number: int, **fields: Any) -> dict[str, Any]:
    """A message of a channel, with what every one has."""
    base: dict[str, Any] = {
        "id": number,
        "type": "message",
        "date": "2023-11-14T22:13:20",
        "date_unixtime": str(T0 + number),
        "from": "A channel",
        "from_id": "channel1500000000",
        "text": "",
        "text_entities": [],
    }
    return base | fields


def service(number: int, action: str, **fields: Any) -> dict[str, Any]:
    """A service message."""
    base = {"type": "service", "action": action, "actor": "A channel", "actor_id": "channel1500000000"}
    return message(number, **base | fields)


def chat(
    *messages: dict[str, Any], kind: str = "public_channel", number: int = 1_500_000_000, **more: Any
) -> dict[str, Any]:
    """A chat as it stands in an export of one."""
    return {"name": "A channel", "type": kind, "id": number, **more, "messages": list(messages)}


def written(value: Any) -> bytes:
    r"""Write JSON as Telegram does: indented by one, control characters as \x0B."""
    text = json.dumps(value, indent=1, ensure_ascii=False)
    for code in range(32):
        text = text.replace(f"\\u{code:04x}", f"\\x{code:02X}")
    return text.encode("utf-8", "surrogatepass")


def export(folder: Path, value: Any) -> Path:
    """Write result.json into a folder, and give the folder."""
    folder.mkdir(exist_ok=True)
    (folder / "result.json").write_bytes(value if isinstance(value, bytes) else written(value))
    return folder


_WORDS = [
    "hidden",
    "archive",
    "second",
    "channel",
    "moved",
    "again",
    "follow",
    "before",
    "goes",
    "down",
    "世界",
    "ссылка",
]


def many_messages(count: int, seed: int = 5) -> Iterable[dict[str, Any]]:
    """Messages of a busy channel: two thirds photos, videos, some forwards, links and longer texts."""
    chance = random.Random(seed)  # noqa: S311 - a test's
    for number in range(1, count + 1):
        fields: dict[str, Any] = {}
        sort = chance.random()
        if sort < 0.6:
            fields |= {"photo": f"photos/photo_{number}@14-11-2023_22-13-20.jpg", "photo_file_size": number * 7}
            fields |= {"width": 960, "height": 1280}
        elif sort < 0.8:
            fields |= {"file": "(File exceeds maximum size. Change data exporting settings to download.)"}
            fields |= {"file_name": f"video_{number}.mp4", "file_size": number * 9, "thumbnail": "x_thumb.jpg"}
            fields |= {"media_type": "video_file", "mime_type": "video/mp4", "duration_seconds": 40}
            fields |= {"width": 1280, "height": 720}
        words = " ".join(chance.choices(_WORDS, k=chance.randrange(30)))
        if sort > 0.9:
            fields |= {"forwarded_from": "Another", "forwarded_from_id": f"channel{1_600_000_000 + number % 50}"}
            words += f" t.me/+AbCdEfGhIjKlMn{number % 90 + 10} @name_{number % 30}"
        fields |= {"text": words, "text_entities": [{"type": "plain", "text": words}] if words else []}
        fields |= {"reactions": [{"type": "emoji", "count": 4, "emoji": "🔥"}]}
        yield message(number, **fields)


def large_export(folder: Path, size: int) -> Path:
    """Write an export of one channel of about that many bytes, block by block, and give the folder."""
    folder.mkdir(exist_ok=True)
    block = [written(one).replace(b"\n", b"\n  ") for one in many_messages(5_000)]
    head = written(chat())[:-4].rstrip(b" \n[]")
    with (folder / "result.json").open("wb") as file:
        file.write(head + b" [")
        first, number = True, 0
        while file.tell() < size:
            for one in block:
                number += 1
                beginning = one.index(b",")
                file.write((b"\n  " if first else b",\n  ") + b'{\n   "id": %d' % number + one[beginning:])
                first = False
        file.write(b"\n ]\n}")
    return folder
