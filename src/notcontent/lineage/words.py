"""Reasons, and what an import left out, in English from one table each, so that a hub can translate the tables.

In every sentence "it" is the earlier channel, "this one" the later. Numbers are rounded, never words. How they are
written stands here once, for trees, drawings, annexes, the shell and the desk.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil

from notcontent.lineage.family import Reason, ReasonKind
from notcontent.lineage.report import Skipped


@dataclass(frozen=True, slots=True)
class Template:
    """A sentence with named places, for one and for many of what it counts (`counted`, a name among the numbers)."""

    one: str
    many: str
    counted: str = "count"


TEMPLATES: Mapping[ReasonKind, Template] = {
    ReasonKind.SHARED: Template(
        "{count} content that it showed before this one did, {percent} % of what this one shows after others;"
        " of these it was the first of all to show {own}, and {only} nobody else had shown",
        "{count} contents that it showed before this one did, {percent} % of what this one shows after others;"
        " of these it was the first of all to show {own}, and {only} nobody else had shown",
    ),
    ReasonKind.FORWARDS: Template(
        "{count} post of this one is forwarded from it",
        "{count} posts of this one are forwarded from it",
    ),
    ReasonKind.FORWARDED_BACK: Template(
        "{count} post of it is forwarded from this one",
        "{count} posts of it are forwarded from this one",
    ),
    ReasonKind.ANNOUNCED: Template(
        "{count} post of it links to this one",
        "{count} posts of it link to this one",
    ),
    ReasonKind.LINKS_BACK: Template(
        "{count} post of this one links to it",
        "{count} posts of this one link to it",
    ),
    ReasonKind.MIGRATED: Template(
        "A service message says that this one grew out of it",
        "A service message says that this one grew out of it",
    ),
    ReasonKind.AFTER_REMOVAL: Template(
        "This one began {days} day after its last post that was seen",
        "This one began {days} days after its last post that was seen",
        "days",
    ),
    ReasonKind.MIRROR_LAG: Template(
        "Half of what they share followed within {hours} hour; it was the latest to show {percent} %",
        "Half of what they share followed within {hours} hours; it was the latest to show {percent} %",
        "hours",
    ),
    ReasonKind.NAME: Template(
        "Their names are {percent} % alike, read across scripts",
        "Their names are {percent} % alike, read across scripts",
        "percent",
    ),
    ReasonKind.PHOTO: Template("They bear the same profile photo", "They bear the same profile photo"),
    ReasonKind.PEOPLE: Template(
        "{count} signature, payment address or contact in common",
        "{count} signatures, payment addresses or contacts in common",
    ),
    ReasonKind.CADENCE: Template(
        "Their hours of posting are {percent} % alike",
        "Their hours of posting are {percent} % alike",
        "percent",
    ),
    ReasonKind.AGE: Template(
        "It began {days} day earlier",
        "It began {days} days earlier",
        "days",
    ),
    ReasonKind.OTHERS_FIT: Template(
        "How well other channels explain this one",
        "How well other channels explain this one",
    ),
    ReasonKind.PRIOR: Template(
        "How often a channel with {count} content that others showed before continues one that was seen",
        "How often a channel with {count} contents that others showed before continues one that was seen",
    ),
}
"""One sentence for each kind of reason."""

LEFT_OUT: Mapping[Skipped, str] = {
    Skipped.PERSON: "names and numbers of people, dropped or kept as digests",
    Skipped.PRIVATE_CHAT: "private chats, not read",
    Skipped.MEDIA_MISSING: "media that the export does not include",
    Skipped.MEDIA_UNREADABLE: "media that cannot be read",
    Skipped.MEDIA_OUTSIDE: "paths that lead out of the folder",
    Skipped.VIDEO_UNREAD: "films, on a machine without what reads them",
    Skipped.BAD_TIME: "without a time that can be",
    Skipped.BAD_NUMBER: "without a number that can be",
    Skipped.BAD_MESSAGE: "not what a message looks like",
    Skipped.BAD_CHANNEL: "channels without number or name",
    Skipped.DUPLICATE: "there twice",
    Skipped.LINK_ELSEWHERE: "links to other sites than Telegram",
    Skipped.LINK_NO_CHAT: "links of Telegram that name no channel or group: stickers, proxies, telephone numbers",
    Skipped.BAD_LINK: "lines that begin with no link and no @name",
    Skipped.BAD_ROW: "lines without what they need",
    Skipped.BAD_PAGE: "files that are no saved page of a channel",
    Skipped.OTHER_SOURCE: "exports and lists in a folder of pages: import them by themselves",
    Skipped.TOO_LARGE: "larger than any real one",
    Skipped.TOO_DEEP: "nested too deep",
}
"""What stands behind a count of what an import left out: in the report of the shell, on the desk, in the manual."""

NOTHING_SHARED = Template(
    "Nothing that this one shows was seen in it before",
    "Nothing that this one shows was seen in it before",
)
"""Instead of the sentence of `SHARED`, where it counts none."""

LIVED_ON = Template(
    "It was still posting {days} day after this one began",
    "It was still posting {days} days after this one began",
    "days",
)
"""Instead of the sentence of `AFTER_REMOVAL`, where the number of days is below 0."""

AFTER_NOTICE = Template(
    "This one began {noticed} day after it was found removed",
    "This one began {noticed} days after it was found removed",
    "noticed",
)
"""Instead of it, where a source said that it was removed, and this one began on that day or later."""

FOUND_LATER = Template(
    "It was found removed {noticed} day after this one began",
    "It was found removed {noticed} days after this one began",
    "noticed",
)
"""Instead of both, where the notice came after the beginning and still counts: notices are late."""
_NOTICED_LATE = -10

LONG_LAG = Template(
    "Half of what they share followed within {days} day; it was the latest to show {percent} %",
    "Half of what they share followed within {days} days; it was the latest to show {percent} %",
    "days",
)
"""Instead of the sentence of `MIRROR_LAG`, from three days on."""
_LONG_LAG_HOURS = 72

IN_GENERAL = frozenset({ReasonKind.PRIOR, ReasonKind.OTHERS_FIT, ReasonKind.AGE})
"""Kinds of reasons that a channel's own page tells, and a short list does not."""

_THIN = "\u202f"
"""A space that is narrow and breaks no line: no comma that some countries read as a point."""

AGAINST = "{sentence} (speaks against)"
"""Around the sentence of a reason whose weight is below 0."""


def grouped(count: int) -> str:
    """Give `12 300`."""
    return f"{count:,}".replace(",", _THIN)


def many(count: int, what: str) -> str:
    """Give `1 post`, `12 300 posts`."""
    return f"{grouped(count)} {what}" + ("" if count == 1 else "s")


def percent(share: float | None) -> str:
    """Give `93 %`; never 100 % for what is only nearly all, nor 0 % for nearly nothing; nothing for None."""
    if share is None:
        return ""
    if 0.995 <= share < 1.0:
        return f">{_THIN}99{_THIN}%"
    return f"<{_THIN}1{_THIN}%" if 0.0 < share < 0.005 else f"{100 * share:.0f}{_THIN}%"


def chance(probability: float | None) -> str:
    """Give a probability, which is never as certain as a share can be; nothing for None."""
    return percent(None if probability is None else min(max(probability, 0.001), 0.999))


def _after_removal(numbers: Mapping[str, float]) -> Template:
    """Choose the sentence of the figure that weighs most."""
    noticed = numbers.get("noticed", _NOTICED_LATE)
    if _NOTICED_LATE < noticed < 0:
        return FOUND_LATER
    if numbers.get("days", 0) < 0:
        return LIVED_ON
    return AFTER_NOTICE if noticed >= 0 else TEMPLATES[ReasonKind.AFTER_REMOVAL]


def template(reason: Reason) -> tuple[Template, dict[str, int]]:
    """Give the template of a reason's sentence and its numbers, whole and not below 0, for those who translate."""
    chosen = TEMPLATES[reason.kind]
    if reason.kind is ReasonKind.AFTER_REMOVAL:
        chosen = _after_removal(reason.numbers)
    elif reason.kind is ReasonKind.SHARED and round(reason.numbers.get("count", 0)) == 0:
        chosen = NOTHING_SHARED
    numbers = dict(reason.numbers)
    if reason.kind is ReasonKind.MIRROR_LAG:
        # "Within" holds for the next whole number only, and for none below 1.
        hours = numbers.get("hours", 0)
        numbers["hours"] = max(1, ceil(hours))
        if hours >= _LONG_LAG_HOURS:
            chosen, numbers["days"] = LONG_LAG, ceil(hours / 24)
    return chosen, {name: round(abs(value)) for name, value in numbers.items()}


def filled(wording: str, numbers: Mapping[str, int]) -> str:
    """Put numbers into a sentence's places."""
    return wording.format(**{name: grouped(value) for name, value in numbers.items()}).replace(" %", f"{_THIN}%")


def in_digits(probability: float) -> float:
    """Give a probability with four digits, .9999 at most: nothing is certain."""
    return min(round(probability, 4), 0.9999)


def say(reason: Reason) -> str:
    """Say one reason in English, and whether it speaks against."""
    chosen, numbers = template(reason)
    sentence = filled(chosen.one if numbers.get(chosen.counted) == 1 else chosen.many, numbers)
    return AGAINST.format(sentence=sentence) if reason.weight < 0 else sentence
