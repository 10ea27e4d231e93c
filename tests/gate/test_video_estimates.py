"""Crops and other edits of banked videos are held by estimates of some of their frames, and never blocked for them."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO

import numpy as np
import pytest
from feed_server import Feed, serve
from film_files import Rgb, draw_clip, film
from gate_process import RunningGate, running_gate, wait_until, write_config
from numpy.typing import NDArray
from picture_files import saved
from PIL import Image, ImageDraw

from notcontent.exchange.wire import Action, Kind
from notcontent.gate.estimate_screening import ESTIMATED, ClipEstimating, Estimated
from notcontent.gate.screening import NO_MATCH, Facts
from notcontent.matching import MihIndex, estimating, rows_from_hashes
from notcontent.matching.clip_estimating import SCENES, SETTLED_OF_A_FRAME, levels_for
from notcontent.matching.estimates import Candidates, EstimateQuery
from notcontent.matching.estimating import EstimatePolicy
from notcontent.signals import hash_image
from notcontent.signals.drawing import draw_picture
from notcontent.signals.estimates import Origin, Settled, settle
from notcontent.signals.video import Frame, Watch, hash_video
from notcontent.signals.video.looking import make_looker
from notcontent.signals.video.sampling import Sketched

CLIP = draw_clip(21, seconds=4)
STILL = draw_picture(33, 640, 480)
ENFORCE = '[policy]\nmode = "enforce"\n'
POLICY = EstimatePolicy(budget=400, false_holds=1e-4, min_quality=50)


def cropped(frames: list[Rgb], share: float = 0.85) -> list[Rgb]:
    """Keep such a share of the area, off the middle."""
    height, width = frames[0].shape[:2]
    tall, wide = (round(side * share**0.5) // 2 * 2 for side in (height, width))
    top, left = (height - tall) // 3, (width - wide) * 3 // 4
    return [frame[top : top + tall, left : left + wide] for frame in frames]


def title_card(seconds: int = 4) -> list[Rgb]:
    """White words on black that stand still, but for a slow fade."""
    card = Image.new("RGB", (320, 240))
    ImageDraw.Draw(card).text((60, 100), "A FILM BY NOBODY", "white", font_size=24)
    return [(np.asarray(card) * (0.5 + step / (24 * seconds))).astype(np.uint8) for step in range(12 * seconds)]


def disc(frames: int = 48) -> list[Rgb]:
    """A pale disc that crosses a dark ground."""
    drawn = []
    for step in range(frames):
        image = Image.new("RGB", (320, 240), (12, 14, 20))
        ImageDraw.Draw(image).ellipse((60 + step, 50, 200 + step, 190), fill=(200, 200, 190))
        drawn.append(np.asarray(image))
    return drawn


@dataclass
class LargeBank:
    """Frames of one clip in a bank that claims so many entries; without a clip each is a picture by itself."""

    frames: Sequence[Frame]
    rows: int
    alias: str | None = "clip"
    gone: bool = False

    def __post_init__(self) -> None:
        self.index = MihIndex.build(rows_from_hashes([frame.value for frame in self.frames]))

    def search_estimates(self, query: EstimateQuery) -> Candidates:
        return query.ask(self.index)

    def values(self, slots: Sequence[int]) -> Mapping[int, NDArray[np.uint8]]:
        rows, ids = self.index.rows_of(np.array(slots, np.uint32))
        return dict(zip(ids.tolist(), rows, strict=True))

    def facts(self, slots: Iterable[int]) -> Mapping[int, Facts]:
        if self.gone:
            return {}
        return {slot: self._facts(slot) for slot in slots}

    def _facts(self, slot: int) -> Facts:
        if self.alias is None:
            return Facts(f"picture {slot}", Kind.WHOLE, None, 100, "b")
        return Facts(self.alias, Kind.FRAME, self.frames[slot].t_ms, 100, "b")


@pytest.fixture(scope="module")
def frames() -> list[Frame]:
    return list(hash_video(film(CLIP)).frames)


@pytest.fixture(scope="module")
def sketched() -> list[Sketched]:
    watch = Watch(BytesIO(film(cropped(CLIP))), looker=make_looker(1, sketches=True), sketched=12)
    assert list(watch)
    return watch.sketched


def estimated(bank: LargeBank, sketched: Sequence[Sketched]) -> Estimated:
    estimating = ClipEstimating(POLICY, len(sketched))
    for frame in sketched:
        estimating.add(bank, frame)
    return estimating.found(bank)


class TestAgreement:
    SIZE = 10_000_000

    def test_frames_that_agree_hold_a_crop_in_a_bank_where_none_of_them_would(
        self, frames: list[Frame], sketched: list[Sketched]
    ) -> None:
        found = estimated(LargeBank(frames, self.SIZE), sketched)
        levels = levels_for(self.SIZE, len(sketched), POLICY.false_holds)
        assert len(found.matches) >= SCENES
        assert {match.advice for match in found.matches} == {Action.HOLD}
        assert {match.facts.alias for match in found.matches} == {"clip"}
        for match in found.matches:
            assert match.evidence is not None
            assert levels.agreeing <= match.evidence < levels.alone
            assert match.least == round(levels.agreeing, 2)

    @pytest.mark.slow
    def test_the_same_entries_as_pictures_do_not(self, frames: list[Frame], sketched: list[Sketched]) -> None:
        assert estimated(LargeBank(frames, self.SIZE, alias=None), sketched) == Estimated()
        assert estimated(LargeBank(frames, 100, alias=None), sketched).matches

    def test_nor_does_one_scene_of_it(self, frames: list[Frame], sketched: list[Sketched]) -> None:
        assert estimated(LargeBank(frames, self.SIZE), sketched[:1] * 12) == Estimated()

    def test_what_is_withdrawn_before_the_end_does_not_count(
        self, frames: list[Frame], sketched: list[Sketched]
    ) -> None:
        bank = LargeBank(frames, self.SIZE)
        estimating = ClipEstimating(POLICY, len(sketched))
        for frame in sketched:
            estimating.add(bank, frame)
        bank.gone = True
        assert estimating.found(bank) == Estimated()

    def test_few_entries_are_looked_at_closely_for_a_frame_however_many_are_near(
        self, frames: list[Frame], sketched: list[Sketched], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        looked_at = []

        def counted(origin: Origin, value: NDArray[np.uint8]) -> Settled:
            looked_at.append(origin)
            return settle(origin, value)

        monkeypatch.setattr(estimating, "settle", counted)
        found = estimated(LargeBank(list(frames) * 20, 100, alias=None), sketched[:2])
        assert found.matches
        assert found.crowded
        assert len(looked_at) == 2 * SETTLED_OF_A_FRAME < 2 * estimating.MOST_SETTLED

    def test_in_the_largest_bank_no_frame_is_looked_up(self, frames: list[Frame], sketched: list[Sketched]) -> None:
        bank = LargeBank(frames, 10**13)
        assert estimated(bank, sketched) == Estimated()


def add_clip(feed: Feed, frames: list[Rgb]) -> str:
    return feed.add_video((frame.t_ms, frame.value) for frame in hash_video(film(frames)).frames)


def screen(gate: RunningGate, frames: list[Rgb]) -> dict[str, object]:
    found: dict[str, object] = gate.staff.post("/v1/screen", content=film(frames)).json()
    return found


@pytest.fixture(scope="module")
def gate(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[RunningGate, Feed, str]]:
    feed = Feed()
    alias = add_clip(feed, CLIP)
    feed.add(hash_image(saved(STILL, "PNG")).value)
    folder = tmp_path_factory.mktemp("gate")
    with serve(feed) as address, running_gate(write_config(folder, feed, address, tables=ENFORCE)) as running:
        yield running, feed, alias


def test_a_crop_of_a_banked_clip_is_held_with_times_and_evidence(gate: tuple[RunningGate, Feed, str]) -> None:
    running, _, alias = gate
    found = screen(running, cropped(CLIP))
    assert (found["action"], found["reason"]) == ("hold", ESTIMATED)
    matches = found["matches"]
    assert isinstance(matches, list)
    assert {match["alias"] for match in matches} == {alias}
    assert len({match["at_ms"] for match in matches}) == len(matches) >= 3
    for match in matches:
        assert match["look"].startswith("estimate:")
        assert (match["kind"], match["radius"]) == ("frame", -1)
        assert match["evidence"] >= match["least"]
        assert abs(match["t_ms"] - match["at_ms"]) < 1500


def test_a_banked_picture_that_a_video_shows_in_part_is_held(gate: tuple[RunningGate, Feed, str]) -> None:
    stranger = draw_clip(22, seconds=3)
    shown = np.asarray(STILL.crop((40, 30, 600, 450)).resize((320, 240)))
    found = screen(gate[0], stranger[:18] + [shown] * 12 + stranger[18:])
    assert (found["action"], found["reason"]) == ("hold", ESTIMATED)
    assert str(found["matches"]).count("'whole'") == 1


def test_strangers_pass_title_cards_and_discs_too(gate: tuple[RunningGate, Feed, str]) -> None:
    for frames in (draw_clip(23, seconds=3), cropped(draw_clip(24, seconds=3)), title_card(), disc()):
        found = screen(gate[0], frames)
        assert (found["action"], found["matches"]) == ("allow", [])


def test_the_clip_itself_is_still_blocked_and_by_its_looks(gate: tuple[RunningGate, Feed, str]) -> None:
    found = screen(gate[0], CLIP)
    assert (found["action"], found["reason"]) == ("block", "same_clip")
    assert "estimate:" not in str(found)


def test_an_uploader_sees_the_action_alone(gate: tuple[RunningGate, Feed, str]) -> None:
    answer = gate[0].upload.post("/v1/screen", content=film(cropped(CLIP))).json()
    assert answer == {"action": "hold", "advice": "hold", "mode": "enforce", "reason": ESTIMATED, "matches": None}


def test_a_gate_that_is_to_estimate_from_no_frame_does_not(tmp_path_factory: pytest.TempPathFactory) -> None:
    feed = Feed()
    add_clip(feed, CLIP)
    folder = tmp_path_factory.mktemp("gate")
    tables = ENFORCE + "[estimates]\nframes = 0\n"
    with serve(feed) as address, running_gate(write_config(folder, feed, address, tables=tables)) as running:
        found = screen(running, cropped(CLIP))
        assert (found["action"], found["reason"]) == ("allow", NO_MATCH)


def test_a_withdrawn_clip_holds_nothing_any_more(gate: tuple[RunningGate, Feed, str]) -> None:
    running, feed, alias = gate
    feed.withdraw(alias)
    wait_until(lambda: screen(running, cropped(CLIP))["action"] == "allow", "a withdrawal to count")
