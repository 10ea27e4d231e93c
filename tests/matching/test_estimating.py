"""What estimates fit in a bank of one's own: parts of banked pictures, at an evidence that follows the bank's size."""

from functools import cache

import numpy as np
from picture_files import saved
from PIL import Image

from notcontent.matching import MihIndex, rows_from_hashes
from notcontent.matching.bankentries import BankEntry, FramePlace
from notcontent.matching.bankestimates import IndexedBank, owners_of
from notcontent.matching.estimating import MOST_OF_ONE, MOST_SETTLED, EstimatePolicy, Fits, find_fits
from notcontent.signals import hash_image
from notcontent.signals.drawing import draw_picture
from notcontent.signals.estimates import Sketch
from notcontent.signals.estimates.worth import LEAST, least_evidence
from notcontent.signals.worker import WorkerLimits, sight_of

POLICY = EstimatePolicy(budget=400, false_holds=1e-4, min_quality=50)


@cache
def picture(seed: int) -> Image.Image:
    return draw_picture(seed, 640, 480)


@cache
def value_of(seed: int) -> bytes:
    return hash_image(saved(picture(seed), "PNG")).value


def sketched(image: Image.Image) -> list[Sketch]:
    return sight_of(saved(image, "JPEG"), WorkerLimits(budget=48, sketches=True)).sketches


@cache
def crop() -> list[Sketch]:
    return sketched(picture(21).crop((64, 20, 620, 420)))


def bank(*entries: BankEntry) -> IndexedBank:
    return IndexedBank(MihIndex.build(rows_from_hashes([entry.value for entry in entries])), owners_of(entries))


def pictures(*values: bytes) -> IndexedBank:
    return bank(*(BankEntry(value, "a") for value in values))


def test_a_crop_fits_its_picture_among_others_and_a_stranger_fits_none() -> None:
    held = pictures(*(value_of(seed) for seed in (30, 31, 21, 32)))
    (fit,) = find_fits(held, crop(), POLICY).fits
    assert (fit.slot, fit.look) == (2, "estimate:crop")
    assert fit.evidence >= fit.least == LEAST
    assert find_fits(held, sketched(picture(99)), POLICY) == Fits()


def test_the_evidence_asked_for_follows_the_bank_and_the_share_of_strangers() -> None:
    others = np.random.default_rng(5).integers(0, 256, (20_000, 32), dtype=np.uint8)
    large = pictures(value_of(21), *(row.tobytes() for row in others))
    (fit,) = find_fits(large, crop(), POLICY).fits
    assert fit.slot == 0
    assert fit.least == round(least_evidence(20_001, 1e-4), 2) > LEAST
    strict = EstimatePolicy(budget=400, false_holds=1e-9, min_quality=50)
    assert find_fits(large, crop(), strict) == Fits(), "more is asked for than an estimate can have"


def test_frames_of_a_video_belong_together_and_leave_room_for_others() -> None:
    frames = [BankEntry(value_of(21), "film", FramePlace(7, number)) for number in range(2 * MOST_SETTLED)]
    entries = [*frames, BankEntry(value_of(21), "picture"), BankEntry(value_of(30), "other")]
    owners = owners_of(entries)
    assert owners.tolist() == [7] * len(frames) + [-1 - len(frames), -2 - len(frames)]
    found = find_fits(bank(*entries), crop(), POLICY)
    assert found.crowded
    assert len(frames) in {fit.slot for fit in found.fits[: MOST_OF_ONE + 1]}, "the picture is not hidden by them"


def test_an_empty_bank_and_no_budget_find_nothing() -> None:
    assert find_fits(pictures(), crop(), POLICY) == Fits()
    assert find_fits(pictures(value_of(21)), crop(), EstimatePolicy(0, 1e-4, 50)) == Fits()
    assert find_fits(pictures(value_of(21)), [], POLICY) == Fits()
    assert find_fits(pictures(value_of(21)), crop(), EstimatePolicy(400, 1e-4, 101)) == Fits()
