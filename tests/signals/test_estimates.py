"""Estimates: what a crop, a turned, tilted or painted upload says of the whole picture's hash."""

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from notcontent.signals import pdq
from notcontent.signals.drawing import draw_picture
from notcontent.signals.estimates import Estimates, Settled, Sketch, covered, estimates, plainest, settle, sketch
from notcontent.signals.estimates.guesses import Crop, Tilted, Turned, inscribed, tilts
from notcontent.signals.estimates.looking import kind_of
from notcontent.signals.estimates.placing import Cut, crops, maps_of, placed
from notcontent.signals.estimates.prior import (
    CELLS,
    FREQUENCIES,
    KEPT,
    NOISE,
    SPREAD,
    TRANSFORM,
    VARIANCES,
    cell_basis,
)
from notcontent.signals.estimates.symmetry import quarter_fit
from notcontent.signals.estimates.weighing import signed_weights, signs, weigh
from notcontent.signals.estimates.worth import (
    COMMON,
    LEAST,
    QUARTER,
    chance,
    common_place,
    entries_for,
    evidence,
    least_evidence,
    mirrored_fit,
)

FOUND = 8.0
"""No stranger of these tests comes near this score."""


def luma(image: Image.Image) -> NDArray[np.uint8]:
    return np.asarray(image.convert("L"))


def sketch_of(image: Image.Image, kind: str = "whole") -> Sketch:
    samples = luma(image)
    return sketch(kind, samples, (0, 0), samples.shape)


def row(image: Image.Image) -> NDArray[np.uint8]:
    return np.frombuffer(pdq(luma(image)).value, np.uint8)


def distance(image: Image.Image, other: Image.Image) -> int:
    return int(np.bitwise_count(row(image) ^ row(other)).sum())


def scores(found: Estimates, banked: NDArray[np.uint8]) -> NDArray[np.float32]:
    agreed: NDArray[np.float32] = (found.weights[:, ::-1] * signs(found.values)) @ signs(banked[None])[0]
    return agreed


def best(sketches: list[Sketch], banked: NDArray[np.uint8], budget: int = 400) -> Settled:
    found = estimates(sketches, budget)
    return settle(found.origins[int(scores(found, banked).argmax())], banked)


def part(image: Image.Image, left: float, top: float, right: float, bottom: float) -> Image.Image:
    width, height = image.size
    return image.crop((round(left * width), round(top * height), round(right * width), round(bottom * height)))


PICTURES = [draw_picture(seed, 480, 360) for seed in (3, 5, 8, 13, 21)]


def _round_thing(seed: int, x: float, y: float) -> Image.Image:
    """Draw a disc on a plain ground, with something on it that the seed decides."""
    across, down = np.meshgrid((np.arange(360) + 0.5) / 360 - x, (np.arange(360) + 0.5) / 360 - y)
    far = np.hypot(across, down)
    chance = np.random.default_rng(seed)
    drawn = np.where(far < 0.33, 170.0, 25.0)
    for _ in range(6):
        at, size = chance.uniform(-0.2, 0.2, 2), float(chance.uniform(0.02, 0.05))
        drawn -= 40 * ((np.hypot(across - at[0], down - at[1]) < size) & (far < 0.33))
    return Image.fromarray(drawn.clip(0, 255).astype(np.uint8))


class TestSketch:
    def test_a_turned_sketch_is_that_of_turned_pixels(self) -> None:
        samples = luma(PICTURES[0])
        ways = (
            *(samples, samples[:, ::-1], samples[::-1, ::-1], samples[::-1]),
            *(samples.T, samples[::-1].T, samples[::-1, ::-1].T, samples[:, ::-1].T),
        )
        upright = sketch("whole", samples, (0, 0), samples.shape)
        for turn, turned in enumerate(ways):
            other = sketch("whole", turned, (0, 0), turned.shape)
            assert np.allclose(upright.turned(turn).cosines, other.cosines, atol=0.01)
            assert upright.turned(turn).shape == pytest.approx(other.shape)

    def test_a_part_with_edges_between_samples(self) -> None:
        ramp = np.tile(np.arange(96, dtype=np.uint8), (96, 1))
        found = sketch("trim:1", ramp, (0.0, 12.25), (96.0, 84.25))
        cells = TRANSFORM.T @ found.cosines @ TRANSFORM
        assert np.allclose(np.diff(cells, axis=1), 3, atol=0.01)  # 72 samples in 24 cells: 3 levels each

    def test_covered_cells_do_not_matter(self) -> None:
        mask = np.zeros((CELLS, CELLS), np.bool_)
        mask[15:22, 3:12] = True
        one, other = luma(PICTURES[0]).copy(), luma(PICTURES[0]).copy()
        one[225:330, 60:240], other[225:330, 60:240] = 0, 255
        found = [covered(sketch("whole", each, (0, 0), each.shape), mask, "covered:1") for each in (one, other)]
        assert found[0] is not None
        assert found[1] is not None
        assert np.allclose(found[0].cosines, found[1].cosines, atol=0.05)

    def test_too_much_covered_is_not_guessed(self) -> None:
        whole = sketch_of(PICTURES[0])
        assert covered(whole, np.ones((CELLS, CELLS), np.bool_), "covered:1") is None
        assert covered(whole, np.zeros((CELLS, CELLS), np.bool_), "covered:1") is None

    def test_it_shows_its_kind_alone(self) -> None:
        assert repr(sketch_of(PICTURES[0])) == "<Sketch whole redacted>"
        assert repr(estimates([sketch_of(PICTURES[0])], 3)) == "<Estimates 3>"


class TestPlacing:
    def test_a_whole_picture_is_estimated_as_bayes_would(self) -> None:
        """The closed form against the expected cosines by plain linear algebra over all 1,024 of them."""
        one = sketch_of(PICTURES[1])
        quick = crops(one, Cut.of([((0.0, 1.0), (0.0, 1.0))]))[0]
        assert np.corrcoef(quick, _expected(one, (0, 1), (0, 1)))[0, 1] > 0.999

    @pytest.mark.parametrize(("down", "across"), [((0.1, 0.95), (0.0, 0.9)), ((0.0, 0.8), (0.2, 1.0))])
    def test_a_crop_is_estimated_nearly_as_bayes_would(
        self, down: tuple[float, float], across: tuple[float, float]
    ) -> None:
        one = sketch_of(part(PICTURES[1], across[0], down[0], across[1], down[1]))
        quick, exact = (
            signed_weights(crops(one, Cut.of([(down, across)]))),
            signed_weights(_expected(one, down, across)[None]),
        )
        assert float((quick @ exact.T)[0, 0]) > 0.9

    def test_a_placement_that_is_a_crop_is_that_crop(self) -> None:
        one = sketch_of(PICTURES[2])
        corners = ((0.1, 0.05), (0.9, 0.05), (0.9, 0.95), (0.1, 0.95))
        quick = signed_weights(crops(one, Cut.of([((0.05, 0.95), (0.1, 0.9))])))
        assert float((signed_weights(placed(one, maps_of([Tilted(corners).placement()]))) @ quick.T)[0, 0]) > 0.995

    def test_nothing_turned_is_the_whole(self) -> None:
        assert np.allclose(Turned(0.0, 1.0, 1.5).placement().rows, np.eye(3))
        assert inscribed(0.0, 1.5) == 1


def _expected(one: Sketch, down: tuple[float, float], across: tuple[float, float]) -> NDArray[np.float32]:
    """Give the expected kept cosines in units of their spread, from the joint normal distribution."""
    seen = np.kron(cell_basis(*down), cell_basis(*across))
    cells = (TRANSFORM.T @ one.cosines @ TRANSFORM).ravel()
    covariance = (seen * VARIANCES.ravel()) @ seen.T + NOISE * np.eye(CELLS * CELLS)
    cosines = (VARIANCES.ravel()[:, None] * seen.T) @ np.linalg.solve(covariance, cells)
    kept: NDArray[np.float32] = cosines.reshape(FREQUENCIES, FREQUENCIES)[1 : KEPT + 1, 1 : KEPT + 1] / SPREAD
    return kept.astype(np.float32).ravel()


class TestWeights:
    def test_rows_have_length_one_and_bits_are_the_signs(self) -> None:
        found = estimates([sketch_of(PICTURES[0])], 60)
        assert np.allclose((found.weights**2).sum(axis=1), 1, atol=1e-5)
        again = weigh(signs(found.values) * found.weights[:, ::-1])
        assert (again.values == found.values).all()
        assert np.allclose(again.weights, found.weights)

    def test_the_whole_as_it_is_is_its_own_hash(self) -> None:
        found = estimates([sketch_of(PICTURES[0])], 1)
        assert int(np.bitwise_count(found.values[0] ^ row(PICTURES[0])).sum()) <= 16

    def test_a_plain_picture_is_no_error(self) -> None:
        plain = sketch_of(Image.new("RGB", (300, 200), "grey"))
        found = estimates([plain], 400)
        assert not found.weights.any()
        assert settle(found.origins[0], row(PICTURES[0])).score == 0


class TestFinding:
    @pytest.mark.parametrize("picture", PICTURES)
    @pytest.mark.parametrize(
        "box", [(0.0, 0.0, 0.93, 1.0), (0.07, 0.04, 1.0, 0.97), (0.1, 0.1, 1.0, 0.98), (0.0, 0.12, 0.9, 1.0)]
    )
    def test_a_crop(self, picture: Image.Image, box: tuple[float, float, float, float]) -> None:
        cut = part(picture, *box)
        assert distance(cut, picture) > 31
        settled = best([sketch_of(cut)], row(picture))
        assert settled.score > FOUND
        assert isinstance(settled.origin.guess, Crop)
        edges = (*settled.origin.guess.across, *settled.origin.guess.down)
        assert np.abs(np.array(edges) - (box[0], box[2], box[1], box[3])).max() < 0.04

    @pytest.mark.parametrize(
        ("seed", "box"), [(10, (8, 13, 317, 237)), (34, (38, 35, 281, 214)), (61, (0, 11, 308, 218))]
    )
    def test_a_crop_that_a_slight_turn_met_is_named_a_crop(self, seed: int, box: tuple[int, int, int, int]) -> None:
        picture = draw_picture(seed, 320, 240)
        settled = best([sketch_of(picture.crop(box))], row(picture))
        assert isinstance(settled.origin.guess, Turned)
        named = plainest(settled, row(picture))
        assert isinstance(named.guess, Crop)
        assert kind_of(named) == "estimate:crop"
        left, top, right, bottom = box
        edges = (*named.guess.across, *named.guess.down)
        assert np.abs(np.array(edges) - (left / 320, right / 320, top / 240, bottom / 240)).max() < 0.04

    def test_a_mirrored_crop(self) -> None:
        cut = part(PICTURES[0], 0.05, 0.06, 0.97, 1.0).transpose(Image.Transpose.FLIP_LEFT_RIGHT)
        settled = best([sketch_of(cut)], row(PICTURES[0]))
        assert settled.score > FOUND
        assert settled.origin.turn == 1

    @pytest.mark.parametrize("degrees", [-7.0, -3.0, 2.2, 5.8])
    def test_a_turn_cut_to_have_no_corners(self, degrees: float) -> None:
        picture = PICTURES[2]
        turned = picture.rotate(degrees, Image.Resampling.BICUBIC)
        keep = inscribed(degrees, picture.width / picture.height)
        cut = part(turned, (1 - keep) / 2, (1 - keep) / 2, (1 + keep) / 2, (1 + keep) / 2)
        assert distance(cut, picture) > 31
        settled = best([sketch_of(cut)], row(picture))
        assert settled.score > FOUND
        assert isinstance(settled.origin.guess, Turned)
        assert settled.origin.guess.degrees == pytest.approx(-degrees, abs=1.0)
        assert plainest(settled, row(picture)) == settled.origin

    def test_a_turn_with_black_corners(self) -> None:
        turned = PICTURES[1].rotate(6, Image.Resampling.BICUBIC)
        assert distance(turned, PICTURES[1]) > 31
        assert best([sketch_of(turned)], row(PICTURES[1])).score > FOUND

    def test_what_was_taken_askew(self) -> None:
        picture = PICTURES[0]
        width, height = picture.size
        corners = ((0.03, 0.0), (0.97, 0.03), (1.0, 1.0), (0.0, 0.97))
        quad = [value for x, y in (corners[0], corners[3], corners[2], corners[1]) for value in (x * width, y * height)]
        askew = picture.transform(picture.size, Image.Transform.QUAD, quad, Image.Resampling.BICUBIC)
        assert best([sketch_of(askew)], row(picture)).score > FOUND

    def test_what_is_painted_over(self) -> None:
        painted = PICTURES[0].copy()
        painted.paste((255, 255, 255), (60, 225, 240, 330))
        assert distance(painted, PICTURES[0]) > 31
        mask = np.zeros((CELLS, CELLS), np.bool_)
        mask[15:22, 3:12] = True
        filled = covered(sketch_of(painted), mask, "covered:1")
        assert filled is not None
        banked = row(PICTURES[0])
        settled = best([sketch_of(painted), filled], banked)
        assert settled.origin.sketch.kind == "covered:1"
        assert settled.score > best([sketch_of(painted)], banked).score + 1

    def test_what_some_estimate_finds_is_near_to_a_leading_one(self) -> None:
        """These alone are looked up in a large bank, so what none of them is near to would be missed."""
        chance = np.random.default_rng(12)
        for number in range(48):
            picture = PICTURES[number % len(PICTURES)]
            if number % 3 == 2:
                angle = chance.uniform(-9, 9)
                keep = inscribed(angle, picture.width / picture.height)
                copy = picture.rotate(angle, Image.Resampling.BICUBIC)
                left, top = (1 - keep) / 2, (1 - keep) / 2
            else:
                keep = chance.uniform(0.85, 0.98)
                copy, (left, top) = picture, chance.random(2) * (1 - keep)
            found = estimates([sketch_of(part(copy, left, top, left + keep, top + keep))])
            every = scores(found, row(picture))
            assert len(found.leading) < 0.6 * len(every)
            assert every.max() < FOUND or every[found.leading].max() > 6.5

    def test_strangers_stay_away(self) -> None:
        banked = np.stack([row(draw_picture(seed, 400, 300)) for seed in range(100, 140)])
        for picture in PICTURES:
            found = estimates([sketch_of(picture)], 400)
            every = (found.weights[:, ::-1] * signs(found.values)) @ signs(banked).T
            assert every.max() < FOUND


class TestBudget:
    def test_it_is_kept(self) -> None:
        trims = [sketch_of(PICTURES[1], f"trim:{number}") for number in (1, 2)]
        for budget in (0, 1, 2, 50, 51, 1000):
            found = estimates([sketch_of(PICTURES[0]), *trims], budget)
            assert len(found.values) == len(found.weights) == len(found.origins) <= budget
            assert (found.leading < len(found.values)).all()
            assert (np.diff(found.leading.astype(int)) > 0).all()

    def test_origins_are_those_of_the_plan_and_no_more(self) -> None:
        found = estimates([sketch_of(PICTURES[0])], 150)
        assert len(list(found.origins)) == len(found.origins) == 150
        few, more = estimates([sketch_of(PICTURES[0])], 7), list(found.origins)
        for number, origin in enumerate(few.origins):
            assert origin[1:] == more[number][1:] == found.origins[number][1:]
        assert len({type(origin.guess) for origin in more}) == 3
        for number in (-1, 150):
            with pytest.raises(IndexError):
                found.origins[number]

    def test_no_sketch_no_estimate(self) -> None:
        assert len(estimates([], 100).values) == 0

    def test_tilts_go_both_ways(self) -> None:
        assert len(set(tilts())) == 10


class TestWorth:
    def test_one_pattern_is_worth_less_than_a_scene(self) -> None:
        """Stripes agree with other stripes, spots with other spots: that says little."""
        scene = best([sketch_of(PICTURES[0])], row(PICTURES[0]))
        assert scene.score - evidence(scene, row(PICTURES[0])) < 1
        stripes = (np.sin(np.arange(360)[:, None] / 23) * 100 + 128 + np.zeros((1, 480))).astype(np.uint8)
        stripes[:, ::7] += 9
        x, y = np.meshgrid(np.linspace(-1, 1, 480), np.linspace(-1, 1, 360))
        spot = (255 * np.exp(-((x - 0.2) ** 2 + y**2) * 40)).astype(np.uint8)
        for plain in (stripes, spot):
            image = Image.fromarray(plain)
            settled = best([sketch_of(image)], row(image))
            assert settled.score - evidence(settled, row(image)) > 2

    def test_more_entries_and_fewer_false_holds_ask_for_more(self) -> None:
        assert least_evidence(10**4, 1e-3) < least_evidence(10**5, 1e-3) < least_evidence(10**5, 1e-5)
        assert least_evidence(1, 0.1) == LEAST

    def test_the_threshold_gives_the_share_that_was_asked_for(self) -> None:
        for entries, share in ((10**5, 1e-3), (10**7, 1e-2)):
            assert entries * chance(least_evidence(entries, share)) == pytest.approx(share)
            assert entries_for(least_evidence(entries, share) + 1e-9, share) == pytest.approx(entries, rel=1e-6)
        assert entries_for(LEAST - 0.1, 0.1) == 0

    def test_two_round_things_fit_whichever_way_one_is_turned_and_scenes_do_not(self) -> None:
        """A wheel with its spokes, a moon with its craters, neither in the middle: they share their outline."""
        wheel, moon = _round_thing(1, 0.45, 0.5), _round_thing(2, 0.5, 0.52)
        settled = best([sketch_of(wheel)], row(moon))
        assert settled.score > FOUND
        assert quarter_fit(settled.origin, signs(row(moon)[None])[0]) > 7
        assert settled.score - evidence(settled, row(moon), 0.0) > 3
        for image in PICTURES:
            scene = best([sketch_of(part(image, 0, 0.1, 0.9, 1))], row(image))
            assert scene.score > FOUND
            assert quarter_fit(scene.origin, signs(row(image)[None])[0]) < QUARTER

    def test_quarter_turns_are_tried_only_where_the_rest_would_be_enough(self) -> None:
        wheel, moon = _round_thing(1, 0.45, 0.5), _round_thing(2, 0.5, 0.52)
        settled = best([sketch_of(wheel)], row(moon))
        untried = evidence(settled, row(moon), 16.0)
        assert evidence(settled, row(moon), 0.0) < untried < 16

    def test_an_entry_that_is_its_own_mirror_image_is_worth_less(self) -> None:
        """Bits of even frequencies alone: mirrored they are the same. The score of a scene that is mirrored is low."""
        chance = np.random.default_rng(3)
        even = np.zeros((16, 16), np.float32)
        even[1::2, 1::2] = chance.choice((-1.0, 1.0), (8, 8))
        signed = even.ravel() / 8
        bits = np.where(even == 0, np.float32(1), even).ravel()
        assert mirrored_fit(signed.astype(np.float32), bits) == pytest.approx(8.0)
        scene = signs(row(PICTURES[0])[None])[0]
        assert mirrored_fit(scene / np.float32(16), scene) < 6

    def test_mirrored_and_turned_bits_are_those_of_mirrored_and_turned_pixels(self) -> None:
        """An estimate of a picture that stands on its head or lies on its side fits the upright one only so."""
        upright = signs(row(PICTURES[1])[None])[0]
        for way in (Image.Transpose.FLIP_LEFT_RIGHT, Image.Transpose.ROTATE_180, Image.Transpose.ROTATE_90):
            turned = signs(row(PICTURES[1].transpose(way))[None])[0]
            assert mirrored_fit(turned / np.float32(16), upright) > 12
            assert mirrored_fit(turned / np.float32(16), turned) < 8

    def test_bits_that_lie_in_one_place_together_are_told_from_those_that_do_not(self) -> None:
        chance = np.random.default_rng(4)
        random = chance.choice((-1.0, 1.0), (2, 256)).astype(np.float32)
        assert abs(common_place(random[0], random[1])) < 0.5
        assert 0.8 < common_place(random[0], random[0]) < 1.6
        x, y = np.meshgrid(np.linspace(-1, 1, 480), np.linspace(-1, 1, 360))
        spots = [
            signs(row(Image.fromarray((255 * np.exp(-((x - at) ** 2 + y**2) * 60)).astype(np.uint8)))[None])[0]
            for at in (-0.6, -0.55, 0.6)
        ]
        assert common_place(spots[0], spots[1]) > COMMON + 1
        assert common_place(spots[0], spots[2]) < common_place(spots[0], spots[1]) - 1

    def test_a_class_of_bits_that_disagrees_is_seen(self) -> None:
        """An entry that has the picture's hash but for odd frequencies across: as if by a common symmetry."""
        entry = signs(row(PICTURES[0])[None])[0].reshape(16, 16).copy()
        entry[:, ::2] = np.random.default_rng(1).choice((-1.0, 1.0), (16, 8))  # bit [i, j] is of frequency j + 1
        value = np.packbits(entry.ravel()[::-1] > 0)
        whole = best([sketch_of(PICTURES[0])], row(PICTURES[0]))
        broken = best([sketch_of(PICTURES[0])], value)
        assert whole.weakest > 5
        assert broken.weakest < 3
        assert broken.score - evidence(broken, value) > 1
