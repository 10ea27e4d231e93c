"""Estimates at the gate: what direct looks miss is held, never blocked, and ever less readily in a larger bank."""

import inspect
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pytest
from feed_server import Feed, serve
from gate_process import RunningGate, running_gate, write_config
from numpy.typing import NDArray
from picture_files import saved
from PIL import Image

from notcontent.exchange.wire import Action, Kind
from notcontent.gate import estimate_screening
from notcontent.gate.estimate_screening import ESTIMATED, Estimated, screen_estimated, with_estimates
from notcontent.gate.screening import MAX_MATCHES, NO_MATCH, TOO_MANY_NEAR, Facts, Match, Verdict
from notcontent.matching import MihIndex
from notcontent.matching.bankestimates import IndexedBank
from notcontent.matching.estimates import Candidates, EstimateQuery
from notcontent.matching.estimating import MOST_SETTLED, EstimatePolicy, find_fits
from notcontent.signals import hash_image
from notcontent.signals.drawing import draw_picture
from notcontent.signals.estimates import Sketch, estimates
from notcontent.signals.estimates.weighing import signs
from notcontent.signals.estimates.worth import least_evidence
from notcontent.signals.looks import decoded, see
from notcontent.signals.sketching import sketches_of

PICTURE = draw_picture(21, 640, 480)
BANKED = hash_image(saved(PICTURE, "PNG")).value
ENFORCE = '[policy]\nmode = "enforce"\n'
POLICY = EstimatePolicy(budget=400, false_holds=1e-3, min_quality=50)


def cropped(image: Image.Image = PICTURE) -> Image.Image:
    return image.crop((64, 20, image.width - 20, image.height - 60))


def sketched(image: Image.Image) -> list[Sketch]:
    raster = decoded(saved(image, "JPEG"))
    return sketches_of(raster, see(raster, 48))


@dataclass
class OneBank:
    """A bank in memory; `rows` may claim to be more, and some slots are withdrawn."""

    index: MihIndex
    rows: int
    gone: set[int] = field(default_factory=set)
    quality: int = 100
    looked_at: int = 0
    aliases: dict[int, str] = field(default_factory=dict)

    def search_estimates(self, query: EstimateQuery) -> Candidates:
        return query.ask(self.index)

    def values(self, slots: Sequence[int]) -> Mapping[int, NDArray[np.uint8]]:
        self.looked_at += len(slots)
        rows, ids = self.index.rows_of(np.array(slots, np.uint32))
        return dict(zip(ids.tolist(), rows, strict=True))

    def facts(self, slots: Iterable[int]) -> Mapping[int, Facts]:
        named = {slot: self.aliases.get(slot, f"a{slot}") for slot in slots if slot not in self.gone}
        return {slot: Facts(alias, Kind.WHOLE, None, self.quality, "b") for slot, alias in named.items()}


def bank(*values: bytes, rows: int | None = None) -> OneBank:
    index = MihIndex()
    index.add(np.frombuffer(b"".join(values), np.uint8).reshape(-1, 32))
    return OneBank(index, rows or len(values))


class TestScreening:
    def test_a_crop_is_held_with_its_evidence(self) -> None:
        (match,) = screen_estimated(bank(BANKED), sketched(cropped()), POLICY).matches
        assert (match.advice, match.reason, match.facts.alias) == (Action.HOLD, ESTIMATED, "a0")
        assert match.look.startswith("estimate:crop")
        assert match.evidence is not None
        assert match.least is not None
        assert match.evidence >= match.least

    def test_a_stranger_is_not(self) -> None:
        assert screen_estimated(bank(BANKED), sketched(draw_picture(99, 640, 480)), POLICY) == Estimated()

    def test_a_larger_bank_asks_for_more(self) -> None:
        levels = [least_evidence(count, 1e-3) for count in (1, 10**4, 10**6, 10**8)]
        assert levels == sorted(levels)
        assert least_evidence(10**4, 1e-4) > least_evidence(10**4, 1e-3)
        assert least_evidence(0, 1e-3) == least_evidence(1, 1e-3)
        large = bank(BANKED, rows=10**12)
        assert screen_estimated(large, sketched(cropped()), POLICY) == Estimated()
        assert large.looked_at == 0

    def test_what_was_withdrawn_or_is_too_plain_does_not_count(self) -> None:
        sketches = sketched(cropped())
        withdrawn = bank(BANKED)
        withdrawn.gone.add(0)
        assert screen_estimated(withdrawn, sketches, POLICY) == Estimated()
        plain = bank(BANKED)
        plain.quality = 49
        assert screen_estimated(plain, sketches, POLICY) == Estimated()
        assert screen_estimated(bank(BANKED), sketches, EstimatePolicy(400, 1e-3, 101)) == Estimated()

    def test_withdrawn_and_plain_twins_hide_no_entry(self) -> None:
        crowd = bank(*[BANKED] * 1000)
        crowd.gone |= set(range(1000)) - {700}
        (match,) = screen_estimated(crowd, sketched(cropped()), POLICY).matches
        assert match.facts.alias == "a700"

    def test_a_crowd_is_not_settled_whole_and_holds_when_nothing_of_it_is_enough(self) -> None:
        crowd = bank(*[BANKED] * 200)
        found = screen_estimated(crowd, sketched(cropped()), POLICY)
        assert len(found.matches) == MOST_SETTLED
        assert found.crowded
        empty = Estimated((), crowded=True)
        assert with_estimates(Verdict(Action.ALLOW, NO_MATCH), empty) == Verdict(Action.HOLD, TOO_MANY_NEAR)
        blocked = Verdict(Action.BLOCK, "within_block_radius")
        assert with_estimates(blocked, empty) == blocked

    def test_decoys_under_one_alias_hide_no_picture(self) -> None:
        """Forty frames of a video that fit the crop's estimates better than its picture, and are worth nothing."""
        sketches = sketched(cropped())
        found = estimates(sketches, 400)
        scores = (found.weights[:, ::-1] * signs(found.values)) @ signs(np.frombuffer(BANKED, np.uint8)[None])[0]
        value, weights = found.values[int(scores.argmax())], found.weights[int(scores.argmax())]
        chance = np.random.default_rng(4)
        decoys = []
        for _ in range(40):  # the estimate itself, but for what hardly counts: columns of one pattern
            bits = np.unpackbits(value)
            light = np.argsort(weights)[:110]
            bits[light] = np.tile(chance.integers(0, 2, 2, dtype=np.uint8), 55)
            decoys.append(np.packbits(bits).tobytes())
        crowd = bank(*decoys, BANKED)
        crowd.aliases = dict.fromkeys(range(40), "video")
        aliases = {match.facts.alias for match in screen_estimated(crowd, sketches, POLICY).matches}
        assert "a40" in aliases

    def test_a_bank_file_with_the_same_entries_gives_the_same(self) -> None:
        values = [hash_image(saved(draw_picture(seed, 640, 480), "PNG")).value for seed in (60, 61, 21, 62)]
        indexed = IndexedBank(bank(*values).index, np.arange(-1, -5, -1))
        for copy in (cropped(), PICTURE.rotate(4).crop((60, 45, 580, 435)), draw_picture(99, 640, 480)):
            sketches = sketched(copy)
            at_a_gate = screen_estimated(bank(*values), sketches, POLICY).matches
            in_a_file = find_fits(indexed, sketches, POLICY).fits
            assert [(one.facts.alias, one.look, one.evidence, one.least) for one in at_a_gate] == [
                (f"a{fit.slot}", fit.look, fit.evidence, fit.least) for fit in in_a_file
            ]

    def test_off_means_off(self) -> None:
        assert screen_estimated(bank(BANKED), sketched(cropped()), EstimatePolicy(0, 1e-3, 50)) == Estimated()
        assert screen_estimated(bank(BANKED), [], POLICY) == Estimated()


class TestTogether:
    MATCH = Match(Facts("a", Kind.WHOLE, None, 100, "b"), "estimate:crop", 40, -1, Action.HOLD, ESTIMATED)

    def test_an_estimate_holds_what_nothing_else_met(self) -> None:
        found = with_estimates(Verdict(Action.ALLOW, NO_MATCH), Estimated((self.MATCH,)))
        assert (found.advice, found.reason, found.matches) == (Action.HOLD, ESTIMATED, (self.MATCH,))

    def test_it_changes_no_other_advice_and_names_no_entry_twice(self) -> None:
        direct = Match(self.MATCH.facts, "whole", 3, 31, Action.BLOCK, "within_block_radius")
        verdict = Verdict(Action.BLOCK, "within_block_radius", (direct,))
        assert with_estimates(verdict, Estimated((self.MATCH,))) == verdict
        other = Match(Facts("c", Kind.WHOLE, None, 100, "b"), "estimate:crop", 40, -1, Action.HOLD, ESTIMATED)
        assert with_estimates(verdict, Estimated((other,))) == Verdict(
            Action.BLOCK, "within_block_radius", (direct, other)
        )

    def test_no_more_matches_than_others_have(self) -> None:
        many = [
            Match(Facts(f"a{n}", Kind.WHOLE, None, 100, "b"), "estimate:crop", 40, -1, Action.HOLD, ESTIMATED)
            for n in range(2 * MAX_MATCHES)
        ]
        assert len(with_estimates(Verdict(Action.ALLOW, NO_MATCH), Estimated(tuple(many))).matches) == MAX_MATCHES

    def test_it_can_never_block(self) -> None:
        """No line of the module names that advice: an estimate is a reason to look, not to remove."""
        assert "BLOCK" not in inspect.getsource(estimate_screening)


# --- the whole gate


@pytest.fixture(scope="module")
def gate(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[RunningGate, Feed]]:
    feed = Feed()
    feed.add(BANKED)
    folder = tmp_path_factory.mktemp("gate")
    with serve(feed) as address, running_gate(write_config(folder, feed, address, tables=ENFORCE)) as running:
        yield running, feed


def test_a_real_gate_holds_a_crop_a_turn_and_a_mirrored_crop(gate: tuple[RunningGate, Feed]) -> None:
    running, _ = gate
    turned = PICTURE.rotate(5, Image.Resampling.BICUBIC).crop((60, 45, 580, 435))
    for copy in (cropped(), turned, cropped().transpose(Image.Transpose.FLIP_LEFT_RIGHT)):
        found = running.staff.post("/v1/screen", content=saved(copy, "JPEG")).json()
        assert (found["action"], found["reason"]) == ("hold", ESTIMATED)
        (match,) = found["matches"]
        assert match["evidence"] >= match["least"]
        assert match["radius"] == -1


def test_a_real_gate_lets_strangers_pass_and_blocks_the_picture_itself(gate: tuple[RunningGate, Feed]) -> None:
    running, _ = gate
    for seed in range(40, 52):
        stranger = saved(draw_picture(seed, 640, 480), "JPEG")
        assert running.staff.post("/v1/screen", content=stranger).json()["action"] == "allow"
    found = running.staff.post("/v1/screen", content=saved(PICTURE, "JPEG")).json()
    assert (found["action"], found["matches"][0]["evidence"]) == ("block", None)


def test_an_uploader_sees_the_action_alone(gate: tuple[RunningGate, Feed]) -> None:
    answer = gate[0].upload.post("/v1/screen", content=saved(cropped(), "JPEG")).json()
    assert answer == {"action": "hold", "advice": "hold", "mode": "enforce", "reason": ESTIMATED, "matches": None}


def test_a_gate_with_no_budget_for_estimates_makes_none(tmp_path_factory: pytest.TempPathFactory) -> None:
    feed = Feed()
    feed.add(BANKED)
    folder = tmp_path_factory.mktemp("gate")
    tables = ENFORCE + "[estimates]\nbudget = 0\n"
    with serve(feed) as address, running_gate(write_config(folder, feed, address, tables=tables)) as running:
        found = running.staff.post("/v1/screen", content=saved(cropped(), "JPEG")).json()
        assert (found["action"], found["reason"]) == ("allow", NO_MATCH)
