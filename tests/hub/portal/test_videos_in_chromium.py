"""Videos in a real Chromium: their frames hash as Python's do, the page stays awake, and only hashes leave."""

import base64
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import numpy as np
import pytest
from film_files import draw_clip, film, sound_alone
from portal_files import HASH, bits, the_films

from notcontent.signals import hash_image
from notcontent.signals.video import VideoLimits, hash_video

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]


def in_browser(page: Any, *files: bytes, **options: int) -> list[dict[str, Any]]:
    texts = [base64.b64encode(file).decode() for file in files]
    answers: list[dict[str, Any]] = page.evaluate(HASH, [texts, options])
    return answers


def test_frames_hash_and_are_kept_as_in_python(hub: Any, page: Any, capsys: pytest.CaptureFixture[str]) -> None:
    films = the_films()
    page.goto(f"{hub.url}/open/")
    answers = in_browser(page, *films.values())
    spread: dict[int, int] = {}
    unequal: list[str] = []
    for (name, file), answer in zip(films.items(), answers, strict=True):
        if "code" in answer:
            unequal.append(f"{name}: {answer['code']}")
            continue
        expected = hash_video(file)
        theirs = [(one["tMs"], one["quality"]) for one in answer["frames"]]
        if len(theirs) != len(expected.frames) or answer["seen"] != expected.seen:
            unequal.append(
                f"{name}: {len(theirs)} of {answer['seen']} against {len(expected.frames)} of {expected.seen}"
            )
            continue
        for one, frame in zip(answer["frames"], expected.frames, strict=True):
            distance = bits(one["hash"], frame.value.hex())
            spread[distance] = spread.get(distance, 0) + 1
            if distance or abs(one["tMs"] - frame.t_ms) > 1 or one["quality"] != frame.quality:
                unequal.append(f"{name}: {distance} bits, {one['tMs']} {frame.t_ms}, {one['quality']} {frame.quality}")
    with capsys.disabled():
        told = ", ".join(f"{distance} bits: {count}" for distance, count in sorted(spread.items()))
        print(f"\nChromium against Python, {len(films)} videos, kept frames: {told}")  # noqa: T201
    assert unequal == []


@pytest.mark.slow
def test_the_budget_ends_where_it_does_in_python(hub: Any, page: Any) -> None:
    cuts = film([one for seed in range(50, 80) for one in draw_clip(seed, seconds=0.3)], fps=30)
    page.goto(f"{hub.url}/open/")
    for most in (2000, 7):
        (answer,) = in_browser(page, cuts, maxFrames=most)
        expected = hash_video(cuts, VideoLimits(kept_in_all=most))
        assert [one["hash"] for one in answer["frames"]] == [frame.value.hex() for frame in expected.frames]
        assert (answer["full"], len(answer["frames"])) == (expected.full, min(most, len(expected.frames)))
    assert len(answer["frames"]) == 7


CLIP = draw_clip(41, seconds=4)
FILM = film(CLIP)
PLAIN = [np.full((120, 160, 3), 128, np.uint8)] * 6
BAD = {
    "video_format": film(CLIP[:2], "matroska", codec="ffv1"),
    "video_format ": film(CLIP[:12], "avi"),
    "video_empty": sound_alone(),
    "video_unreadable": FILM[:5000],
    "video_unreadable ": FILM[:40] + bytes(5000),
    "quality_too_low": film(PLAIN),
}


def test_each_bad_video_costs_itself_alone(hub: Any, page: Any, make: Any) -> None:
    page.goto(f"{hub.url}/open/")
    answers = in_browser(page, *BAD.values(), FILM, make.saved(make.drawing(1), "PNG"))
    assert [answer.get("code") for answer in answers[:-2]] == [name.strip() for name in BAD]
    assert len(answers[-2]["frames"]) == len(hash_video(FILM).frames)
    assert len(answers[-1]["hash"]) == 64


def test_what_breaks_in_the_middle_is_passed_over(hub: Any, page: Any) -> None:
    broken = bytearray(film(CLIP * 3, "matroska", g="12"))
    middle = len(broken) // 2
    broken[middle : middle + 400] = b"\xa5" * 400
    page.goto(f"{hub.url}/open/")
    (answer,) = in_browser(page, bytes(broken))
    known = [frame.value.hex() for frame in hash_video(FILM).frames]
    found = [one["hash"] for one in answer["frames"]]
    assert sum(any(bits(one, other) <= 31 for one in found) for other in known) == len(known)


WATCHED = """
let open = 0, most = 0;
const Own = self.VideoDecoder, say = self.postMessage.bind(self);
self.VideoDecoder = class extends Own {
  constructor({ output, error }) {
    const counted = (frame) => {
      open += 1;
      most = Math.max(most, open);
      const close = frame.close.bind(frame);
      frame.close = () => {
        open -= 1;
        close();
      };
      output(frame);
    };
    super({ output: counted, error });
  }
};
self.postMessage = (message) => {
  if (message.film) Object.assign(message.film, { open, most });
  say(message);
};
"""


def test_frames_are_let_go_as_they_come_and_the_page_goes_on_meanwhile(hub: Any, page: Any) -> None:
    def add(route: Any) -> None:
        answer = route.fetch()
        route.fulfill(response=answer, body=answer.text() + WATCHED)

    page.context.route("**/static/portal/film-worker.js", add)
    page.goto(f"{hub.url}/open/")
    page.evaluate("() => { window.beats = 0; setInterval(() => { window.beats += 1; }, 20); }")
    long = film(CLIP * 15)
    begin = page.evaluate("() => [performance.now(), window.beats]")
    short, longer = in_browser(page, FILM, long)
    end = page.evaluate("() => [performance.now(), window.beats]")
    assert longer["seen"] == 15 * short["seen"] == 15 * len(CLIP)
    assert (short["open"], longer["open"]) == (0, 0)
    assert longer["most"] <= 16
    assert end[1] - begin[1] > (end[0] - begin[0]) / 20 / 10, "a page that stands still has no beat"


def test_a_hub_without_the_reader_of_videos_takes_pictures(hub: Any, page: Any, make: Any) -> None:
    for files in ("mediabunny/**", "joined/film-worker.js"):
        page.context.route(f"**/static/portal/{files}", lambda route: route.fulfill(status=404))
    page.goto(f"{hub.url}/open/")
    video, picture = in_browser(page, FILM, make.saved(make.drawing(1), "PNG"))
    assert video == {"code": "video_format"}
    assert len(picture["hash"]) == 64


def test_pictures_alone_load_no_reader_of_videos(hub: Any, page: Any, make: Any) -> None:
    asked: list[str] = []
    page.context.on("request", lambda request: asked.append(request.url))
    page.goto(f"{hub.url}/open/")
    in_browser(page, make.saved(make.drawing(1), "PNG"))
    assert not [url for url in asked if "mediabunny" in url or "film" in url]


# --- the page ----------------------------------------------------------------------------------------------


def test_a_long_video_shows_how_far_it_is_and_can_be_stopped(
    page: Any, make: Any, to_picker: Callable[[Any], None], choose: Callable[..., None]
) -> None:
    to_picker(page)
    long = film(CLIP * 40)
    page.set_input_files("#files", make.files(("long.mp4", long)))
    page.wait_for_function("() => /[1-9][0-9]? %/.test(document.querySelector('.picture-status').textContent)")
    assert page.inner_text(".picture-title") == "Video 1"
    assert 0 < page.evaluate("document.getElementById('progress-bar').value") < 1
    page.click("#next")
    assert "Not all is read yet" in page.inner_text("#error")
    page.get_by_role("button", name="Stop reading").click()
    page.wait_for_selector(".picture[data-code=cancelled]")
    page.set_input_files("#files", make.files(("again.mp4", long)))
    page.wait_for_selector(".picture[data-state=working]")
    page.get_by_role("button", name="Remove video 1").click()
    assert page.locator(".picture[data-state=working]").count() == 0
    choose(page, make.files(("a.png", make.saved(make.drawing(1), "PNG"))))
    assert page.locator(".picture[data-state=ready]").count() == 1


def test_of_a_video_nothing_but_its_frames_hashes_leaves_the_device(
    hub: Any, page: Any, make: Any, to_picker: Callable[[Any], None], choose: Callable[..., None]
) -> None:
    sent: list[str] = []
    bodies: list[str] = []

    def keep(request: Any) -> None:
        headers = "\n".join(f"{name}: {value}" for name, value in request.headers.items())
        body = (request.post_data_buffer or b"").decode("latin-1")
        bodies.append(body)
        sent.append(f"{request.method} {request.url}\n{headers}\n{body}")

    page.context.on("request", keep)
    to_picker(page)
    photo = make.saved(make.drawing(3), "PNG")
    choose(page, make.files(("canary-film.mp4", FILM), ("canary-photo.png", photo), ("canary-again.mp4", FILM)))
    expected = hash_video(FILM)
    assert page.inner_text(".picture[data-state=ready] .picture-status") == f"Ready. Frames: {len(expected.frames)}"
    assert "same as number 1" in page.inner_text(".picture[data-code=same_picture]")
    assert not any(bodies), "choosing and hashing sends nothing"
    page.click("#next")
    assert page.inner_text("#sum-ready") == f"Pictures: 1. Videos: 1, with {len(expected.frames)} frames."
    page.click("#send")
    page.wait_for_selector("#words")
    (posted,) = [body for body in bodies if body]
    form = parse_qs(posted, strict_parsing=True)
    assert set(form) == {"action", "adults", "claim", "members", "token", "items"}
    film_word, photo_word = form["items"][0].split(" ")
    frames = [f"{frame.t_ms}.{frame.value.hex()}.{frame.quality}" for frame in expected.frames]
    assert film_word == "_".join(["video", *frames])
    assert len(photo_word.split(":")[0]) == 64
    everything = "\n".join(sent)
    middle = FILM[len(FILM) // 2 : len(FILM) // 2 + 24]
    for mark in (
        "canary",
        str(len(FILM)),
        middle.decode("latin-1"),
        middle.hex(),
        base64.b64encode(middle).decode()[4:28],
    ):
        assert mark not in everything
    assert all(text.split(" ", 2)[1].startswith((hub.url, "blob:")) for text in sent)
    page.check("#kept")
    page.get_by_role("button", name="Go to my case").click()
    page.get_by_role("heading", name="Video 1").wait_for()
    assert f"The codes of {len(expected.frames)} frames" in page.inner_text(".item:first-child")
    page.get_by_role("button", name="Withdraw video 1").click()
    page.get_by_role("button", name="Yes, withdraw").click()
    page.get_by_text("One picture or video is stopped").wait_for()


def test_what_notcontent_hash_wrote_is_taken_where_the_browser_opens_nothing(
    page: Any, make: Any, tmp_path: Path, to_picker: Callable[[Any], None], choose: Callable[..., None]
) -> None:
    old = film(CLIP, "avi")
    (tmp_path / "old.avi").write_bytes(old)
    (tmp_path / "b.jpg").write_bytes(make.saved(make.drawing(4), "JPEG"))
    (tmp_path / "none.bin").write_bytes(b"nothing")
    command = [sys.executable, "-m", "notcontent", "hash", "--json", "old.avi", "none.bin", "b.jpg"]
    codes = subprocess.run(command, cwd=tmp_path, capture_output=True, check=False, timeout=110).stdout
    to_picker(page)
    choose(page, make.files(("old.avi", old), ("cut.jsonl", codes[:-200])))
    assert "notcontent hash" in page.inner_text(".picture[data-code=video_format]")
    assert "file of codes" in page.inner_text(".picture[data-code=codes_format]")
    page.set_input_files("#files", make.files(("codes.jsonl", codes)))
    page.wait_for_function("() => document.querySelectorAll('.picture[data-state=ready]').length === 2")
    assert page.locator("#pictures .picture-title").all_inner_texts() == ["Video 1", "Picture 2"]
    assert page.locator("#pictures .picture-name").all_inner_texts() == ["old.avi", "b.jpg"]
    page.click("#next")
    posted: list[str] = []
    page.on("request", lambda request: posted.append(request.post_data or "") if request.method == "POST" else None)
    page.click("#send")
    page.wait_for_selector("#words")
    video, picture = parse_qs(posted[0])["items"][0].split(" ")
    frames = [f"{one.t_ms}.{one.value.hex()}.{one.quality}" for one in hash_video(old).frames if one.quality >= 50]
    assert video == "_".join(["video", *frames])
    assert picture.split(":")[0] == hash_image((tmp_path / "b.jpg").read_bytes()).hex
