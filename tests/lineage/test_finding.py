"""What a person types for a channel finds that channel, or those to choose from, and never another."""

import pytest

from notcontent.lineage.evidence import ChannelFacts, Dated
from notcontent.lineage.family import Family
from notcontent.lineage.finding import find, ways


def channel(key: str, title: str, began: int, *usernames: str) -> ChannelFacts:
    return ChannelFacts(key, titles=(Dated(title, began),), usernames=usernames, born=began)


CHANNELS = (
    channel("n:1500000001", "Red kite", 30, "red_kite"),
    channel("n:1500000002", "Red kite", 20, "kite_two", "moved_name"),
    channel("n:1500000003", "Potatoes", 10, "moved_name"),
    channel("u:lamp_one", "Lamp", 50, "lamp_one"),
    channel("h:0123456789abcdef", "2", 60),
    channel("n:1500000006", "Alone", 5),
)
FAMILIES = (Family(0, 4, (4, 3)), Family(1, 1, (1, 2, 0)))
"""The larger one is listed first: F1 is of Red kite and has, after its root, its channels by birth: 1, 2, 0."""


@pytest.mark.parametrize(
    ("typed", "places"),
    [
        ("n:1500000001", [0]),
        ("1500000001", [0]),
        ("@Red_Kite", [0]),
        ("https://t.me/s/red_kite", [0]),
        (" red kite ", [0, 1]),
        ("@moved_name", [1, 2]),
        ("#3", [0]),
        ("3", [0]),
        ("#2", [2, 3]),
        ("2", [2, 3, 4]),
        ("F2", [4]),
        ("f1#3", [0]),
        ("F1#2", [2]),
        ("F2#2", [3]),
        *((none, []) for none in ("F3", "F0", "F02", "F2#3", "F", "F1#", "#4", "#0", "#", "0", "", "\u0663", 8 * "9")),
    ],
)  # fmt: skip
def test_a_channel_goes_by_its_names_its_title_and_its_number_in_a_tree(typed: str, places: list[int]) -> None:
    assert find(CHANNELS, FAMILIES, typed) == places


def test_each_way_of_naming_a_channel_that_is_told_finds_it_alone() -> None:
    for place in range(len(CHANNELS)):
        for named in ways(CHANNELS, FAMILIES, place):
            assert find(CHANNELS, FAMILIES, named) == [place]
    assert ways(CHANNELS, FAMILIES, 1) == ("n:1500000002", "@kite_two", "F1#1")
    assert ways(CHANNELS, FAMILIES, 4) == ("F2#1",)
    assert ways(CHANNELS, FAMILIES, 5) == ("n:1500000006",)


def test_where_there_is_one_family_its_numbers_stand_alone() -> None:
    assert ways(CHANNELS, FAMILIES[1:], 0)[-1] == "#3"
    assert ways(CHANNELS, (), 0) == ("n:1500000001", "@red_kite")
    assert find(CHANNELS, (), "1") == []
