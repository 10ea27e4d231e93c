"""Which marks are of one post: told by channel and second, and never by what the book's key makes of them."""

import numpy as np
import pytest
from lineage.inference.worlds import DAY, START, handle

from notcontent.lineage.evidence import Evidence
from notcontent.lineage.gathering import gather
from notcontent.lineage.inference import infer
from notcontent.lineage.marks import Mark, Marker, MarkKind
from notcontent.lineage.observations import Observation, Post

ALBUM = 4
KINDS = (MarkKind.PHOTO, MarkKind.PHOTO_SHAPE, MarkKind.TEXT)


def album(marker: Marker, channel: int, number: int, day: float, marks: list[tuple[MarkKind, str]]) -> Observation:
    made: tuple[Mark, ...] = tuple(marker.mark(kind, value) for kind, value in marks)
    return Post(handle(channel), number, START + int(day * DAY), made)


def posts_of_one_second(key: bytes) -> Evidence:
    """A channel of albums, each in one second, and four that took of each what chance gave, again in one second."""
    marker, chance, told = Marker(key), np.random.default_rng(11), list[Observation]()
    for at in range(40):
        whole = [(kind, f"{at}-{picture}") for picture in range(ALBUM) for kind in KINDS]
        told.append(album(marker, 1, 2 + at, at, whole))
        for copier in range(2, 6):
            taken = [mark for mark in whole if chance.random() < 0.4]
            told.append(album(marker, copier, 2 + at, 40 + copier + at / 10, taken))
    return gather(told, marker)


@pytest.mark.parametrize("key", range(1, 6))
def test_posts_of_one_second_are_judged_alike_under_every_key(key: int) -> None:
    first, other = (infer(posts_of_one_second(bytes([each]) * 32)) for each in (0, key))
    assert [line.stated for line in first.lines] == [line.stated for line in other.lines]
    for line, same in zip(first.lines, other.lines, strict=True):
        assert [each.parent for each in line.candidates] == [each.parent for each in same.candidates]
        assert [each.probability for each in line.candidates] == pytest.approx(
            [each.probability for each in same.candidates], abs=1e-9
        )
        assert [each.reasons[0].numbers for each in line.candidates] == [
            pytest.approx(each.reasons[0].numbers) for each in same.candidates
        ]
        assert line.in_family == pytest.approx(same.in_family, abs=1e-9)
