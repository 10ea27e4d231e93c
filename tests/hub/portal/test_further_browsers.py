"""The portal's page in browsers beside Chromium: Firefox, and WebKit, which Safari is made of.

`make check-slow STAGE=browsers` runs these and prints the distributions.
"""

import base64
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import further_browsers
import pytest
from portal_files import HASH, bits, the_films, the_pictures

from notcontent.signals import hash_image
from notcontent.signals.video import hash_video

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

MOST_BITS = 6
RADIUS = 31
BROWSERS: dict[str, Callable[[], AbstractContextManager[further_browsers.Session]]] = {
    "Firefox": further_browsers.firefox,
    "WebKit": further_browsers.webkit,
}


@pytest.fixture(scope="module", params=BROWSERS)
def session(request: pytest.FixtureRequest) -> Iterator[further_browsers.Session]:
    """Give each browser that this machine has."""
    try:
        with BROWSERS[request.param]() as running:
            yield running
    except further_browsers.MissingBrowserError as missing:
        pytest.skip(str(missing))


def hashed(session: further_browsers.Session, hub: Any, files: list[bytes]) -> list[dict[str, Any]]:
    # A page without scripts of its own: Firefox gives a test modules of its own, and a page may make its one policy
    # for starting threads once.
    session.open(f"{hub.url}/help/")
    answers: list[dict[str, Any]] = session.run(HASH, [[base64.b64encode(file).decode() for file in files], {}])
    return answers


def test_pictures_hash_as_in_python(
    session: further_browsers.Session, hub: Any, make: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    pictures = the_pictures(make)
    answers = hashed(session, hub, list(pictures.values()))
    spread: dict[int | str, list[str]] = {}
    for (name, file), answer in zip(pictures.items(), answers, strict=True):
        distance = bits(answer["hash"], hash_image(file).hex) if "hash" in answer else answer["code"]
        spread.setdefault(distance, []).append(name)
    with capsys.disabled():
        told = ", ".join(f"{distance} bits: {len(names)}" for distance, names in spread.items())
        print(f"\n{session.name} against Python, {len(pictures)} pictures: {told}")  # noqa: T201
    far = {
        name for found, names in spread.items() if not (isinstance(found, int) and found <= MOST_BITS) for name in names
    }
    # WebKitGTK shows a turned AVIF as it lies: such a file is refused there, not hashed wrongly.
    turned = {f"drawing, AVIF, turned {n}" for n in range(2, 9)} if "WebKit" in session.name else set()
    assert far <= turned, far
    assert far <= set(spread.get("image_format", ()))


def test_videos_match_those_of_python_or_are_refused_with_a_code(
    session: further_browsers.Session, hub: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    """Firefox gives colours where others give the plane of luma: its frames match, and are not equal."""
    films = the_films()
    answers = hashed(session, hub, list(films.values()))
    furthest: dict[str, int | str] = {}
    for (name, file), answer in zip(films.items(), answers, strict=True):
        found = [one["hash"] for one in answer.get("frames", [])]
        known = [frame.value.hex() for frame in hash_video(file).frames]
        furthest[name] = answer.get("code") or max(min(bits(one, other) for one in found) for other in known)
    with capsys.disabled():
        told = ", ".join(f"{name}: {bits_or_code}" for name, bits_or_code in furthest.items())
        print(f"\n{session.name} against Python, videos, bits to the furthest frame: {told}")  # noqa: T201
    refused = {name for name, found in furthest.items() if found == "video_format"}
    assert all(int(found) <= RADIUS for name, found in furthest.items() if name not in refused)
    assert furthest["VP8, WebM"] != "video_format"


STATES = """
async () => {
  const rows = () => [...document.querySelectorAll(".picture")];
  while (!rows().length || rows().some((row) => !["ready", "out"].includes(row.dataset.state)))
    await new Promise((done) => setTimeout(done, 50));
  return rows().map((row) => [row.dataset.state, row.dataset.code ?? ""]);
}
"""


def test_a_person_adds_a_picture_and_a_video(
    session: further_browsers.Session, hub: Any, make: Any, tmp_path: Path
) -> None:
    """By hand, so to say: the page's own scripts, its policy and its threads as they are."""
    if "WebKit" in session.name:
        pytest.skip("WebKitWebDriver was not seen to fill in a file input.")
    files = {
        "a.jpg": make.saved(make.drawing(1), "JPEG"),
        "b.webm": the_films()["VP8, WebM"],
        "c.heic": b"\0\0\0\x18ftypheic" + bytes(400),
    }
    for name, file in files.items():
        (tmp_path / name).write_bytes(file)
    session.open(f"{hub.url}/open/")
    session.choose("#files", [tmp_path / name for name in files])
    assert session.run(STATES) == [["ready", ""], ["ready", ""], ["out", "image_heic"]]
