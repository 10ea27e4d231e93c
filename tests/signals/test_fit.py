"""The native core of estimates against the same in NumPy, and what it refuses."""

import numpy as np
import plain_estimates as plain
import pytest
from numpy.typing import NDArray

from notcontent.signals.estimates import Origin, Sketch, _fit, settle
from notcontent.signals.estimates.guesses import INTERVALS, Crop, Tilted, Turned, tilts
from notcontent.signals.estimates.placing import Cut, crops, maps_of, placed
from notcontent.signals.estimates.prior import CELLS, KEPT, SPREAD, TRANSFORM
from notcontent.signals.estimates.settling import _near
from notcontent.signals.estimates.weighing import signed_weights, signs, weigh

SHRINK = np.sqrt(2) * np.sinc(np.arange(1, KEPT + 1) / (2 * CELLS))
CLOSE = 1e-4
"""Of a weight, of which the largest are 0.1: NumPy sums in float64, the core in float32."""


def drawn(seed: int, shape: float = 1.4) -> Sketch:
    """Draw a sketch whose cosines fall as those of pictures do."""
    down, across = np.mgrid[:CELLS, :CELLS]
    cosines = np.random.default_rng(seed).normal(size=(CELLS, CELLS)) * 400 / (1 + down**2 + across**2) ** 0.6
    cosines[0, 0] = 0
    return Sketch("whole", cosines.astype(np.float32), shape)


def fitters() -> dict[str, _fit.Fitter]:
    return {name: _fit.Fitter(TRANSFORM, SPREAD, SHRINK, name) for name in _fit.instruction_sets()}


class TestNumbers:
    @pytest.mark.parametrize("seed", range(4))
    def test_crops_are_those_of_numpy(self, seed: int) -> None:
        one = drawn(seed).turned(seed)
        cuts = [(down, across) for down in INTERVALS[::3] for across in (*INTERVALS[::2], (-0.02, 1.02))]
        found, right = crops(one, Cut.of(cuts)), np.array([plain.crop(one, *cut) for cut in cuts])
        assert np.abs(found - right).max() < CLOSE * right.std()
        assert np.abs(signed_weights(found) - plain.signed_weights(right)).max() < CLOSE

    @pytest.mark.parametrize("seed", range(4))
    def test_placements_are_those_of_numpy(self, seed: int) -> None:
        one = drawn(seed).turned(seed)
        turned = [Turned(angle, 0.93, one.shape, 0.02).placement() for angle in (-9.6, 0.0, 3.9, 120.0)]
        placements = [*turned, *(guess.placement() for guess in tilts() if isinstance(guess, Tilted))]
        found, right = placed(one, maps_of(placements)), np.array([plain.placed(one, each) for each in placements])
        assert np.abs(found - right).max() < CLOSE * right.std()
        assert np.abs(signed_weights(found) - plain.signed_weights(right)).max() < CLOSE

    def test_every_crop_of_a_grid_comes_in_order(self) -> None:
        down, across = INTERVALS[2:5], INTERVALS[1:8]
        right = Cut.of([(one, other) for one in down for other in across])
        assert np.array_equal(crops(drawn(3), Cut.every(down, across)), crops(drawn(3), right))

    def test_every_processor_gives_the_same_bits(self) -> None:
        """To the last: no sum depends on how many numbers a register holds."""
        chance = np.random.default_rng(5)
        cosines = drawn(6).cosines
        intervals = np.array([(0.0, 1.0), (-0.02, 0.94), (0.13, 1.0)])
        pairs = np.array([(0, 1), (2, 2), (1, 0)], np.uint32)
        maps = np.eye(3) + chance.normal(size=(20, 3, 3)) * 0.05
        answers = []
        for fitter in fitters().values():
            shown = fitter.projections(intervals)
            coefficients = np.concatenate([fitter.crops(cosines, shown, shown, pairs), fitter.placed(cosines, maps)])
            weights = fitter.weigh(coefficients, 2.0, 0.7, 0.02)
            answers.append([each.tobytes() for each in (shown, coefficients, weights)])
        assert all(answer == answers[0] for answer in answers)

    def test_weights_of_any_size_have_length_one_and_those_of_nothing_are_none(self) -> None:
        chance = np.random.default_rng(7)
        rows = chance.normal(size=(60, 256)) * 10 ** chance.uniform(-1, 6, (60, 1))
        rows[::3] *= chance.random((20, 256)) < 0.2  # most of them equal: the median is one of many
        found = signed_weights(rows.astype(np.float32))
        assert np.abs(found - plain.signed_weights(rows.astype(np.float32).astype(np.float64))).max() < CLOSE
        assert np.allclose(np.linalg.norm(found, axis=1), 1, atol=1e-5)
        assert not signed_weights(np.full((2, 256), 1e-4, np.float32)).any()
        assert signed_weights(np.empty((0, 256), np.float32)).shape == (0, 256)

    def test_a_hash_and_its_weights_are_the_signs_and_sizes_of_signed_ones(self) -> None:
        """Written out, the last bit comes first; nothing and less has no bit."""
        signed = np.random.default_rng(9).choice(np.array([0.5, 0.25, 0.0, -0.0, -1.0], np.float32), (50, 256))
        found = weigh(signed)
        assert np.array_equal(found.values, np.packbits(signed[:, ::-1] > 0, axis=1))
        assert found.weights.tobytes() == np.abs(signed[:, ::-1]).tobytes()
        assert np.array_equal(signs(found.values) > 0, signed > 0)
        assert not np.shares_memory(found.weights, signed)
        assert weigh(signed[:0]).values.shape == (0, 32)

    def test_numbers_that_are_none_do_no_harm(self) -> None:
        wild = np.array([np.nan, np.inf, -np.inf, 3e38, 1e-40, 0.0], np.float32)
        rows = np.random.default_rng(8).choice(wild, (40, 256))
        for fitter in fitters().values():
            assert fitter.weigh(rows, 2.0, 0.7, 0.02).shape == (40, 256)
            assert fitter.placed(rows[:, :CELLS].repeat(CELLS, 0)[:CELLS].copy(), np.zeros((2, 3, 3))).shape == (2, 256)
            assert np.isnan(_fit.parted(rows)[1]).sum() == np.isnan(rows).sum()
            assert fitter.projections(np.array([(np.nan, np.inf), (1e300, -1e300)])).shape == (2, KEPT, CELLS)


class TestRefusals:
    def test_other_shapes_and_numbers(self) -> None:
        fitter = next(iter(fitters().values()))
        cells, shown = np.zeros((CELLS, CELLS), np.float32), np.zeros((2, KEPT, CELLS), np.float32)
        pairs, row = np.zeros((1, 2), np.uint32), np.zeros((1, 256), np.float32)
        calls = (
            lambda: fitter.projections(np.zeros((2, 3))),
            lambda: fitter.projections(np.zeros((2, 2), np.float32)),
            lambda: fitter.crops(cells[1:], shown, shown, pairs),
            lambda: fitter.crops(cells.T[::-1], shown, shown, pairs),
            lambda: fitter.crops(cells, shown[:, 1:], shown, pairs),
            lambda: fitter.crops(cells, shown, shown, pairs.astype(np.int64)),
            lambda: fitter.placed(cells, np.zeros((1, 9))),
            lambda: fitter.weigh(row[:, 1:], 2.0, 0.7, 0.02),
            lambda: fitter.weigh(row.astype(np.float64), 2.0, 0.7, 0.02),
            lambda: _fit.parted(row[:, 1:]),
            lambda: _fit.parted(row.astype(np.float64)),
            lambda: _fit.Fitter(TRANSFORM.astype(np.float32), SPREAD, SHRINK),
        )
        for call in calls:
            with pytest.raises(TypeError):
                call()

    def test_intervals_that_are_not_there_and_weights_that_are_none(self) -> None:
        fitter = next(iter(fitters().values()))
        cells, shown = np.zeros((CELLS, CELLS), np.float32), np.zeros((2, KEPT, CELLS), np.float32)
        row = np.zeros((1, 256), np.float32)
        calls = (
            lambda: fitter.crops(cells, shown, shown, np.array([(0, 2)], np.uint32)),
            lambda: fitter.crops(cells, shown[:0], shown, np.array([(0, 0)], np.uint32)),
            lambda: fitter.projections(np.zeros(((1 << 16) + 1, 2))),
            lambda: fitter.weigh(row, float("nan"), 0.7, 0.02),
            lambda: fitter.weigh(row, 2.0, 0.0, 0.02),
            lambda: fitter.weigh(row, 2.0, 0.7, 0.0),
            lambda: _fit.Fitter(TRANSFORM, SPREAD, SHRINK, "abacus"),
        )
        for call in calls:
            with pytest.raises(ValueError, match=r"."):
                call()


class TestSettling:
    @pytest.mark.parametrize(
        ("guess", "truth"),
        [
            (Crop((0.0, 0.94), (0.06, 1.0)), Crop((0.03, 0.97), (0.05, 0.98))),
            (Turned(3.9, 0.9, 1.4), Turned(4.7, 0.93, 1.4, 0.02, -0.02)),
            (
                Tilted(((0.03, 0.0), (0.97, 0.0), (1.03, 1.0), (-0.03, 1.0))),
                Tilted(((0.04, 0.01), (0.97, -0.02), (1.02, 1.0), (-0.04, 1.02))),
            ),
        ],
    )
    def test_a_finer_guess_fits_better_and_says_how_well_it_does(
        self, guess: Crop | Turned | Tilted, truth: Crop | Turned | Tilted
    ) -> None:
        one = drawn(11)
        entry = np.packbits(_estimate(one, truth)[::-1] > 0)
        settled = settle(Origin(one, 0, guess), entry)
        bits = np.where(np.unpackbits(entry)[::-1], 1.0, -1.0)
        assert settled.score == pytest.approx(float(_estimate(one, settled.origin.guess) @ bits), abs=1e-3)
        assert settled.score > float(_estimate(one, guess) @ bits) + 0.5

    @pytest.mark.parametrize("guess", [Turned(3.9, 0.9, 1.4), *tilts()[:2]])
    def test_no_round_that_would_try_the_same_again_is_missed(self, guess: Turned | Tilted) -> None:
        """What does not move is not tried again by the same step: the end is that of trying it."""
        one, best = drawn(12), guess
        entry = np.packbits(_estimate(one, Turned(4.6, 0.92, 1.4))[::-1] > 0)
        bits = np.where(np.unpackbits(entry)[::-1], 1.0, -1.0)
        for step, degrees in ((0.02, 0.5), (0.02, 0.5), (0.01, 0.25), (0.01, 0.25), (0.005, 0.1)):
            best = max((best, *_near(best, step, degrees)), key=lambda near: float(_estimate(one, near) @ bits))
        assert settle(Origin(one, 0, guess), entry).origin.guess == best

    def test_a_tilt_leads_from_corner_to_corner(self) -> None:
        corners = ((0.04, 0.01), (0.97, -0.02), (1.02, 1.0), (-0.04, 1.02))
        rows = np.array(Tilted(corners).placement().rows)
        found = rows @ np.array([(0, 0, 1), (1, 0, 1), (1, 1, 1), (0, 1, 1)]).T
        assert np.allclose((found[:2] / found[2]).T, corners)


def _estimate(one: Sketch, guess: Crop | Turned | Tilted) -> NDArray[np.float64]:
    found = (
        plain.crop(one, guess.down, guess.across) if isinstance(guess, Crop) else plain.placed(one, guess.placement())
    )
    one_row: NDArray[np.float64] = plain.signed_weights(found[None])[0]
    return one_row
