"""Names are alike when they sound alike or look alike, whatever letters they are written in."""

import numpy as np
import pytest

from notcontent.lineage.inference.names import alike, likeness, name_table


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("River Lamp", "river  lamp"),
        ("River Lamp", "River Lamp 2"),
        ("River Lamp", "Rivеr Lаmp"),
        ("River Lamp", "Riv3r Lamp"),
        ("River Lamp", "𝓡𝓲𝓿𝓮𝓻 𝓛𝓪𝓶𝓹"),
        ("River Lamp", "ʀɪᴠᴇʀ ʟᴀᴍᴘ"),
        ("River Lamp", "🇷🇮🇻🇪🇷 lamp"),
        ("River Lamp", "R\u200biver L\u0301amp"),
        ("Река Лампа", "Reka Lampa"),
        ("Λάμπα", "Lampa"),
        ("сосо", "coco"),
        ("河流 灯", "河流灯 3"),
    ],
)
def test_one_name_in_other_letters_is_the_same_name(one: str, other: str) -> None:
    assert likeness([one], [other]) > 0.95


@pytest.mark.parametrize(
    ("one", "other"), [("River Lamp", "Stone Garden"), ("Река", "Garden"), ("河流", "火车"), ("", ""), ("!!!", "???")]
)
def test_other_names_are_not(one: str, other: str) -> None:
    assert likeness([one], [other]) < 0.3


def test_a_title_made_from_another_is_near_it() -> None:
    assert 0.5 < likeness(["River Lamp"], ["River Lamp backup"]) < 0.95


def test_of_many_names_the_two_most_alike_count() -> None:
    assert likeness(["Old name", "River Lamp"], ["Stone", "river lamp"]) == 1
    assert likeness([], ["River"]) == 0


@pytest.mark.parametrize("name", ["\ud800", "a" * 100_000, "\u202eevil", "\x00", "Z̷̛͎" * 500])
def test_hostile_names_are_read_quickly_and_break_nothing(name: str) -> None:
    assert 0 <= likeness([name], ["River Lamp"]) <= 1


def test_pairs_of_places_are_compared_at_once() -> None:
    table = name_table([("River Lamp", "Old"), (), ("Garden", "river lamp")])
    assert alike(table, np.array([0, 0, 1]), np.array([2, 1, 1])).tolist() == [1, 0, 0]
