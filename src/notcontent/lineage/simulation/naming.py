"""Made-up names: titles in three scripts, look-alike letters, public names and invitations."""

import numpy as np

# The same thing in three scripts, so that a channel can return under another one.
_THINGS = (
    ("Blue Harbour", "Синяя гавань", "蓝色港湾"),
    ("Night Garden", "Ночной сад", "夜花园"),
    ("Old Lantern", "Старый фонарь", "老灯笼"),
    ("Copper Bridge", "Медный мост", "铜桥"),
    ("Winter Orchard", "Зимний сад", "冬日果园"),
    ("Paper Boats", "Бумажные лодки", "纸船"),
    ("Silent River", "Тихая река", "静河"),
    ("Glass Tower", "Стеклянная башня", "玻璃塔"),
    ("Red Kite", "Красный змей", "红风筝"),
    ("Stone Market", "Каменный рынок", "石市场"),
    ("Seven Hills", "Семь холмов", "七座山"),
    ("Amber Coast", "Янтарный берег", "琥珀海岸"),
    ("Cloud Atlas", "Атлас облаков", "云图集"),
    ("Iron Meadow", "Железный луг", "铁草甸"),
    ("Velvet Room", "Бархатная комната", "丝绒房间"),
    ("White Heron", "Белая цапля", "白鹭"),
    ("Salt Road", "Соляная дорога", "盐路"),
    ("Morning Tram", "Утренний трамвай", "早班电车"),
    ("Lost Compass", "Потерянный компас", "丢失的罗盘"),
    ("Green Door", "Зелёная дверь", "绿门"),
)
_ADDED = (
    ("2", "backup", "reserve", "NEW", "official", "archive", "chat", "VIP", "3.0", "again"),
    ("2", "резерв", "новый", "архив", "чат", "запасной", "снова"),
    ("2", "备用", "新", "官方", "存档", "群"),
)
_PLACES = (
    "north",
    "city",
    "one",
    "daily",
    "club",
    "west",
    "zone",
    "hub",
    "world",
    "land",
    "spot",
    "yard",
    "lab",
    "bay",
)
_TWINS = str.maketrans("aeopcxyABEKMHOPCTX", "аеорсхуАВЕКМНОРСТХ")
_LETTERS = np.array(list("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-"))

THINGS = len(_THINGS)
SCRIPTS = 3


def first_title(chance: np.random.Generator, thing: int, script: int) -> str:
    """Give a family's first title. Two families may draw the same thing: then the place tells them apart, or not."""
    place = str(chance.choice(_PLACES))
    return f"{_THINGS[thing][script]} {place}" if chance.random() < 0.7 else _THINGS[thing][script]


def derived_title(chance: np.random.Generator, title: str, thing: int, script: int) -> str:
    """Give what people make of a title for the next channel: an addition, look-alike letters, another script."""
    roll = chance.random()
    if roll < 0.2:
        return title
    if roll < 0.35:
        return title.translate(_TWINS)
    if roll < 0.45:
        return first_title(chance, thing, int(chance.integers(SCRIPTS)))
    base = title if len(title) < 40 else _THINGS[thing][script]
    added = str(chance.choice(_ADDED[script]))
    return f"{base} {added}" if roll < 0.9 else f"{added} | {base.upper()}"


def fresh_title(chance: np.random.Generator) -> str:
    """Give a title that has nothing to do with any other."""
    return first_title(chance, int(chance.integers(THINGS)), int(chance.integers(SCRIPTS)))


def username(chance: np.random.Generator, thing: int, taken: set[str]) -> str:
    """Give a public name that is not taken yet, and take it."""
    while True:
        base = _THINGS[thing][0].lower().replace(" ", chance.choice(["", "_"]))
        name = f"{base}_{chance.choice(_PLACES)}{chance.integers(1, 1000)}"[:32]
        if name not in taken:
            taken.add(name)
            return name


def code(chance: np.random.Generator, length: int = 16) -> str:
    """Give what follows t.me/+ in an invitation."""
    return "".join(chance.choice(_LETTERS, length))


def wallet(chance: np.random.Generator) -> str:
    """Give an address in the form of a TRON wallet. It belongs to nobody: its checksum is not made."""
    return "T" + "".join(chance.choice(list("123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"), 33))
