"""One simulated channel as Telegram Desktop 6.1 exports it, with the traps that its exports have."""

import json
from collections.abc import Callable

from notcontent.lineage.simulation.messages import ABSENT, FILE_COLUMNS, Fields, file_fields, local_date, signature
from notcontent.lineage.simulation.planning import Channel
from notcontent.lineage.simulation.world import Service, World, kind_of, photo_shape

Place = Callable[[int, int], str]
"""(post's row, variant) -> the path of its file in the export's folder, or what stands there for a missing one."""


def export_of(world: World, channel: Channel, place: Place = lambda _row, _variant: ABSENT) -> str:
    """Write `result.json` of what was seen of a channel."""
    writer = _Writer(world, channel, place)
    messages = [writer.service(each) for each in world.services(channel)]
    messages += [writer.post(int(row)) for row in world.rows(channel)]
    messages.sort(key=lambda message: (str(message["date"]), int(str(message["id"]))))
    chat = {"name": channel.titles[-1][1], "type": kind_of(channel), "id": channel.number, "messages": messages}
    # Telegram Desktop writes signs of control in a way that JSON does not know.
    return json.dumps(chat, ensure_ascii=False, indent=1).replace("\\u000b", "\\x0B")


class _Writer:
    """Writes the messages of one channel."""

    def __init__(self, world: World, channel: Channel, place: Place) -> None:
        self._world, self._channel, self._place = world, channel, place
        self._peer = f"channel{channel.number}"
        self._files = world.files[list(FILE_COLUMNS)]

    def _head(self, number: int, time: int, sort: str) -> Fields:
        return {"id": number, "type": sort, "date": local_date(time), "date_unixtime": str(time)}

    def service(self, service: Service) -> Fields:
        """Write what Telegram itself wrote."""
        title = self._channel.title_at(service.time)
        message = self._head(service.number, service.time, "service")
        message |= {"actor": title, "actor_id": self._peer, "action": service.action}
        if service.title:
            message["title"] = service.title
        else:
            width, height, size = photo_shape(self._channel.photo)
            message |= {"photo": ABSENT, "photo_file_size": size, "width": width, "height": height}
        return message | {"text": "", "text_entities": []}

    def post(self, row: int) -> Fields:
        """Write one post."""
        world, post = self._world, self._world.posts[row]
        time, variant, ending = int(post["time"]), int(post["variant"]), int(post["ending"])
        message = self._head(int(post["number"]), time, "message")
        message |= {"from": self._channel.title_at(time), "from_id": self._peer}
        if post["author"] >= 0:
            message["author"] = signature(int(post["author"]))
        if post["origin"] >= 0:
            origin = world.channels[post["origin"]]
            message["forwarded_from"] = origin.title_at(time)
            if world.with_ids[self._channel.place]:
                message["forwarded_from_id"] = f"channel{origin.number}"
        if variant >= 0:
            message |= file_fields(self._files[variant].item(), self._place(row, variant))
        below = world.wording.endings[ending] if ending >= 0 else ""
        entities = _entities(
            world.wording.texts[post["text"]] if post["text"] >= 0 else "", "" if post["button"] else below
        )
        message["text"] = _text(entities)
        message["text_entities"] = entities
        if post["button"]:
            message["inline_bot_buttons"] = [[{"type": "url", "text": "Open", "data": below}]]
        return message


def _entities(text: str, below: str) -> list[dict[str, str]]:
    """Cut a text into the parts that an export tells apart. Some begin in bold, some hold a vertical tab."""
    entities: list[dict[str, str]] = []
    if text and len(text) % 7 == 0:
        bold, space, text = text.partition(" ")
        entities.append({"type": "bold", "text": bold})
        text = space + text
    if text and len(text) % 11 == 0:
        text = text.replace(" ", " \x0b", 1)
    if text and below:
        text += "\n\n"
    if text:
        entities.append({"type": "plain", "text": text})
    if below.startswith(("https://", "t.me/")):
        entities.append({"type": "link", "text": below})
    elif below.startswith("@"):
        entities.append({"type": "mention", "text": below})
    elif below:
        entities.append({"type": "plain", "text": below})
    return entities


def _text(entities: list[dict[str, str]]) -> object:
    """Give a text as exports write it: one string where all of it is plain, else an array of strings and parts."""
    if all(entity["type"] == "plain" for entity in entities):
        return "".join(entity["text"] for entity in entities)
    return [entity["text"] if entity["type"] == "plain" else entity for entity in entities]
