"""A video from a person's form to a platform's door: a real hub, a real gate, and what stops at one event."""

import hashlib
import re
import secrets
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from film_files import draw_clip, film
from gate_process import STAFF_KEY, UPLOAD_KEY, RunningGate, running_gate, wait_until
from hub_process import Hub, running_hub

from notcontent.cli.demo.plain import _send, _visit, _words
from notcontent.signals.video import hash_video

CLIP = draw_clip(21, seconds=3)
OTHER = draw_clip(22, seconds=3)
FILM = film(CLIP)
TABLES = """
data_dir = "data"
listen = "127.0.0.1:0"
[policy]
mode = "enforce"
[limits]
decoders = 1
"""


def word_of(film_file: bytes) -> str:
    """Give a video as the portal's page sends it."""
    frames = [one for one in hash_video(film_file).frames if one.quality >= 50]
    return "video" + "".join(f"_{one.t_ms}.{one.value.hex()}.{one.quality}" for one in frames)


def gate_toml(hub: Hub, folder: Path) -> Path:
    """Write the configuration of a gate that follows this hub as the member alpha."""
    made = hub.run("create-key", "alpha", "--label", "gate")
    (folder / "member.key").touch(mode=0o600)
    (folder / "member.key").write_text(f"{made['key']}\n")
    callers = "".join(
        f'[[callers]]\nname = "{role}"\nrole = "{role}"\nkey_sha256 = "{hashlib.sha256(key.encode()).hexdigest()}"\n'
        for role, key in (("staff", STAFF_KEY), ("upload", UPLOAD_KEY))
    )
    path = folder / "gate.toml"
    path.write_text(f"{TABLES}{made['gate_toml']}poll_s = 0.1\n{callers}")
    return path


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    with running_hub(tmp_path_factory.mktemp("hub")) as running:
        running.run("create-member", "alpha", "--title", "Alpha")
        yield running


@pytest.fixture(scope="module")
def gate(hub: Hub, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningGate]:
    with running_gate(gate_toml(hub, tmp_path_factory.mktemp("gate"))) as running:
        yield running


def screen(gate: RunningGate, body: bytes) -> dict[str, object]:
    answer = gate.staff.post("/v1/screen", content=body)
    assert answer.status_code == 200, answer.text
    found: dict[str, object] = answer.json()
    return found


def open_case(hub: Hub, *items: str) -> str:
    form: dict[str, str | list[str]] = {
        "action": "open", "adults": "yes", "claim": "real", "members": ["alpha"], "token": secrets.token_hex(16),
        "items": " ".join(items),
    }  # fmt: skip
    with _visit(hub.url) as client:
        return _words(_send(client, form))


def in_case(hub: Hub, case_code: str, **form: str) -> str:
    with _visit(hub.url) as client:
        page = _send(client, {"action": "enter", "code": case_code})
        return _send(client, dict(form)) if form else page


def test_a_video_is_blocked_everywhere_once_sent_and_passes_once_withdrawn(hub: Hub, gate: RunningGate) -> None:
    assert screen(gate, FILM)["action"] == "allow"
    word = word_of(FILM)
    code = open_case(hub, word)
    wait_until(lambda: screen(gate, FILM)["action"] == "block", "a video to arrive")
    wait_until(lambda: gate.health()["frames"] == word.count("_"), "as many hashes as frames")
    assert gate.health()["entries"] == 1
    for body in (film(CLIP, "webm", crf="40"), film(OTHER + CLIP + OTHER), film(CLIP[10:26], fps=15)):
        found = screen(gate, body)
        assert (found["action"], found["reason"]) == ("block", "same_clip"), found
        matches = found["matches"]
        assert isinstance(matches, list)
        assert len({match["alias"] for match in matches}) == 1
        assert len({match["t_ms"] for match in matches}) > 1
    assert screen(gate, film(OTHER))["action"] == "allow"

    shown = in_case(hub, code)
    assert re.search(r"Video 1\b", shown)
    assert f"{word.count('_')} frames" in shown
    taken_back = _words(in_case(hub, code, action="withdraw", number="1"))
    wait_until(lambda: screen(gate, FILM)["action"] == "allow", "one event to stop all frames")
    wait_until(lambda: gate.health()["entries"] == 0, "their values to leave the index")

    in_case(hub, code, action="take_back", code=taken_back)
    wait_until(lambda: screen(gate, FILM)["action"] == "block", "the video to come back")
    in_case(hub, code, action="erase", number="all")
    wait_until(lambda: gate.health()["entries"] == 0, "nothing to be left")
    assert screen(gate, FILM)["action"] == "allow"


def test_two_peoples_same_video_are_two_and_one_withdrawal_leaves_the_other(hub: Hub, gate: RunningGate) -> None:
    word = word_of(FILM)
    first, second = open_case(hub, word), open_case(hub, word)
    wait_until(lambda: gate.health()["entries"] == 2, "both")
    in_case(hub, first, action="withdraw", number="all")
    wait_until(lambda: gate.health()["frames"] == word.count("_"), "one to go")
    assert screen(gate, FILM)["action"] == "block"
    in_case(hub, second, action="erase", number="all")
    wait_until(lambda: gate.health()["entries"] == 0, "both to go")


def test_a_form_with_a_spoiled_video_stores_nothing_of_it(hub: Hub, gate: RunningGate) -> None:
    word = word_of(FILM)
    first, second, *rest = word.split("_")[1:]
    for wrong in (
        "video", "video_", word + "_", word.replace(".", ":"), word.upper(), f"video_{first}_{first}",
        "_".join(["video", second, first, *rest]), word + f"_99999999.{'0' * 64}.100", word.replace("video", "film"),
    ):  # fmt: skip
        with _visit(hub.url) as client:
            form = {
                "action": "open", "adults": "yes", "claim": "real", "members": "alpha",
                "token": secrets.token_hex(16), "items": wrong,
            }  # fmt: skip
            answer: httpx.Response = client.post("/case/", data=form, headers={"Sec-Fetch-Site": "same-origin"})
            assert answer.status_code == 422, wrong[:80]
    assert gate.health()["entries"] == 0
    assert first.split(".")[1] not in hub.log + gate.log
