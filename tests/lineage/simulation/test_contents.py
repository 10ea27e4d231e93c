"""Files and edits: what each edit does to bytes, shape and hash, and what it leaves."""

import numpy as np
import pytest

from notcontent.lineage.simulation.contents import Contents, Edit, Kind
from notcontent.lineage.simulation.hashing import FRAMES, Hashes, hash_variants

COUNT = 2000


def edited(kind: Kind, edit: Edit) -> tuple[Contents, np.ndarray, np.ndarray]:
    contents = Contents(np.random.Generator(np.random.PCG64(1)))
    first = contents.make(np.full(COUNT, kind, np.uint8))
    after = contents.edit(first, np.full(COUNT, edit, np.int64))
    return contents, first, after


def distances(contents: Contents, one: np.ndarray, other: np.ndarray) -> np.ndarray:
    values = hash_variants(contents.rows, 3)[:, 0]
    return np.asarray(np.bitwise_count(values[one] ^ values[other]).sum(axis=1))


def test_a_copy_within_telegram_is_the_same_file() -> None:
    _, first, after = edited(Kind.PHOTO, Edit.NONE)
    assert (first == after).all()


@pytest.mark.parametrize(
    ("edit", "keeps_shape", "least_within", "most_within"),
    [
        (Edit.RECODE, True, 0.94, 0.99),
        (Edit.RESIZE, False, 0.94, 0.99),
        (Edit.CROP, False, 0.05, 0.2),
        (Edit.WATERMARK, True, 0.88, 0.97),
        (Edit.STAMP, True, 0.1, 0.3),
        (Edit.BANNER, False, 0.0, 0.12),
    ],
)
def test_an_edit_changes_bytes_shape_and_hash_as_the_lab_measured(
    edit: Edit, keeps_shape: bool, least_within: float, most_within: float
) -> None:
    contents, first, after = edited(Kind.PHOTO, edit)
    before, now = contents.rows[first], contents.rows[after]
    assert (before["size"] != now["size"]).mean() > 0.99
    same = (before["width"] == now["width"]) & (before["height"] == now["height"])
    assert same.all() if keeps_shape else same.mean() < 0.05
    assert least_within < (distances(contents, first, after) <= 31).mean() < most_within


def test_strangers_lie_far_apart_but_for_a_few_that_look_alike() -> None:
    contents, first, _ = edited(Kind.PHOTO, Edit.NONE)
    more = contents.make(np.full(COUNT * 10, Kind.PHOTO, np.uint8))
    alike = more[contents.rows["edit"][more] == Edit.TEMPLATE]
    assert 0.002 < len(alike) / len(more) < 0.007
    assert (distances(contents, alike, contents.rows["origin"][alike]) <= 40).all()
    assert distances(contents, first, np.roll(first, 1)).min() > 70


def test_films_sent_anew_keep_their_bytes_half_of_the_time() -> None:
    contents, first, after = edited(Kind.VIDEO, Edit.RECODE)
    kept = contents.rows["size"][first] == contents.rows["size"][after]
    assert 0.4 < kept.mean() < 0.6
    assert (contents.rows["seconds"][first] == contents.rows["seconds"][after]).all()


def test_documents_keep_their_name_or_their_bytes() -> None:
    contents, first, after = edited(Kind.FILE, Edit.RECODE)
    before, now = contents.rows[first], contents.rows[after]
    assert ((before["name"] == now["name"]) | (before["size"] == now["size"])).all()
    assert (before["name"] != now["name"]).any()


def test_photos_have_one_hash_films_several_and_sounds_none() -> None:
    contents = Contents(np.random.Generator(np.random.PCG64(1)))
    files = contents.make(np.array([Kind.PHOTO, Kind.VIDEO, Kind.AUDIO, Kind.FILE], np.uint8))
    hashes = Hashes(contents.rows, 3)
    assert [len(hashes.of(int(each))) for each in files] == [1, FRAMES, 0, 0]
