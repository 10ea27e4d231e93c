"""`notcontent explain`, as a shell runs it."""

import json
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageOps

from notcontent.cli import main
from notcontent.signals.drawing import draw_picture


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """A picture, its mirror image in a white frame, and a stranger."""
    original = draw_picture(3, 640, 480)
    framed = Image.new("RGB", (760, 900), "white")
    framed.paste(original.transpose(Image.Transpose.FLIP_LEFT_RIGHT), (70, 300))
    original.save(tmp_path / "a.jpg", quality=90)
    framed.save(tmp_path / "b.png")
    draw_picture(4, 640, 480).save(tmp_path / "stranger.jpg")
    Image.new("RGB", (300, 200), "grey").save(tmp_path / "plain.png")
    (tmp_path / "broken.jpg").write_bytes(b"\xff\xd8 no picture")
    return tmp_path


def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *words: object) -> tuple[int, str, str]:
    monkeypatch.setattr(sys, "argv", ["notcontent", "explain", *map(str, words)])
    with pytest.raises(SystemExit) as left:
        main()
    captured = capsys.readouterr()
    assert not re.search("[0-9a-fA-F]{16}", captured.out + captured.err), "a hash was shown"
    return int(left.value.code or 0), captured.out, captured.err


def test_the_look_that_met_is_named_with_its_place_and_drawn(
    pictures: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    drawing = pictures / "drawn.png"
    words = (pictures / "a.jpg", pictures / "b.png")
    code, out, _ = run(monkeypatch, capsys, *words, "--json", "--png", drawing)
    told = json.loads(out)
    assert (code, told["match"], told["best"]) == (3, True, "trim:1+mirror")
    best = told["looks"][0]
    assert best["distance"] <= 31
    assert best["rect"] == {"top": 300, "left": 70, "bottom": 780, "right": 710}
    with Image.open(drawing) as image:
        green = (np.asarray(image.convert("RGB")) == (20, 130, 70)).all(axis=-1).sum()
    assert green > 2000  # the rectangle, and the bar

    code, out, _ = run(monkeypatch, capsys, *words)
    assert code == 3
    assert "MATCH: trim:1+mirror" in out
    assert "640 x 480 at 70, 300" in out


@pytest.mark.parametrize("mirrored", [False, True])
def test_a_photographed_screen_is_drawn_laid_flat_as_it_was_hashed(
    pictures: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], mirrored: bool
) -> None:
    original = draw_picture(3, 640, 480)
    shown = ImageOps.mirror(original) if mirrored else original
    # Where a pixel of the photograph comes from on the screen: it leans to the right and back.
    lean = (1.0802, 0.064732, -56.861, -0.042296, 1.1984, -26.595, -0.00014587, 0.00016078)
    shown.transform((640, 480), Image.Transform.PERSPECTIVE, lean, Image.Resampling.BICUBIC).save(pictures / "q.png")
    drawing = pictures / "drawn.png"
    words = (pictures / "a.jpg", pictures / "q.png", "--json", "--png", drawing)
    code, out, _ = run(monkeypatch, capsys, *words)
    best = json.loads(out)["looks"][0]
    assert (code, best["look"]) == (3, "quad:1+mirror" if mirrored else "quad:1")
    assert len(best["corners"]) == 4
    with Image.open(drawing) as page:
        pane = page.convert("L").crop((810, 124, 1167, 544))
    # The part lies in the middle of its pane, on paper of one colour.
    inked = np.argwhere(np.asarray(pane) != 250)
    top, left = inked.min(axis=0)
    bottom, right = inked.max(axis=0) + 1
    part = np.asarray(pane.crop((left, top, right, bottom)), float)
    flat = np.asarray(original.convert("L").resize(part.shape[::-1], Image.Resampling.BOX), float)
    assert np.corrcoef(part.ravel(), flat.ravel())[0, 1] > 0.9


def test_an_animation_is_told_to_move_and_to_be_compared_by_its_first_picture_alone(
    pictures: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    further = [draw_picture(seed, 640, 480) for seed in (5, 6)]
    draw_picture(3, 640, 480).save(pictures / "moving.gif", save_all=True, append_images=further)
    draw_picture(3, 640, 480).save(pictures / "still.gif")
    code, out, _ = run(monkeypatch, capsys, pictures / "a.jpg", pictures / "moving.gif")
    assert code == 3
    assert out.endswith("\nB moves: only its first picture was compared. match compares all of it.\n")
    for first, second, moving in (("a.jpg", "moving.gif", ["B"]), ("moving.gif", "still.gif", ["A"])):
        _, out, _ = run(monkeypatch, capsys, pictures / first, pictures / second, "--json")
        assert json.loads(out)["moving"] == moving


@pytest.mark.parametrize("second", ["b.png", "quad.png", "crop.jpg", "plainer.png"])
def test_everything_that_is_shown_fits_80_columns(
    pictures: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], second: str
) -> None:
    original = draw_picture(3, 640, 480)
    original.crop((64, 20, 620, 420)).save(pictures / "crop.jpg")
    lean = (1.0802, 0.064732, -56.861, -0.042296, 1.1984, -26.595, -0.00014587, 0.00016078)
    original.transform((640, 480), Image.Transform.PERSPECTIVE, lean).resize((2400, 1800)).save(pictures / "quad.png")
    tall = Image.new("RGB", (1600, 2400), "grey")
    tall.paste(original, (480, 1200))
    tall.save(pictures / "plainer.png")
    monkeypatch.setenv("COLUMNS", "80")
    _, out, _ = run(monkeypatch, capsys, pictures / "a.jpg", pictures / second, "--show", 48)
    lines = out.splitlines()
    assert max(map(len, lines)) <= 80
    rows = [line for line in lines if re.search("[█·|]{14}", line)]
    assert rows
    where = r"(all of it|\d+ x \d+ at \d+, \d+)"
    assert all(re.fullmatch(rf"\S+ +\d+ +[█·|]{{14}} +\d+\*? +{where} *", row) for row in rows), "no row is folded"
    assert any(line.startswith("quad: ") for line in lines) == any(row.startswith("quad") for row in rows)
    assert ("* too plain to be compared" in lines) == any(re.search(r" \d+\* ", row) for row in rows)


def test_a_drawing_is_made_by_the_decoders_that_compare_and_no_other(
    pictures: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Others could show another picture under the verdict, and stumble over metadata that nobody needs."""
    monkeypatch.setattr(Image, "open", None)
    data = (pictures / "a.jpg").read_bytes()
    broken = b"Exif\0\0II*\0\x08\0\0\0\1\0\x12\1\x08\0\1\0\0\0\xff\xff\0\0\0\0\0\0"  # a signed orientation
    (pictures / "odd.jpg").write_bytes(data[:2] + b"\xff\xe1" + (len(broken) + 2).to_bytes(2) + broken + data[2:])
    drawing = pictures / "drawn.png"
    assert run(monkeypatch, capsys, pictures / "odd.jpg", pictures / "b.png", "--png", drawing)[0] == 3
    assert drawing.stat().st_size > 1000


def test_a_drawing_is_a_png_and_no_other_name_is_taken_for_it(
    pictures: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    words = (pictures / "a.jpg", pictures / "b.png", "--png")
    code, _, err = run(monkeypatch, capsys, *words, pictures / "out.jpg")
    assert code == 2
    assert "--png writes PNG" in err
    assert not (pictures / "out.jpg").exists()
    assert run(monkeypatch, capsys, *words, pictures / "OUT.PNG")[0] == 3


def test_one_look_sees_no_edit(
    pictures: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, _ = run(monkeypatch, capsys, pictures / "a.jpg", pictures / "b.png", "--looks", 1)
    assert code == 0
    assert out.startswith("No match: the nearest look, whole,")


def test_what_an_estimate_would_hold_is_exit_code_3_with_the_largest_bank_that_it_is_enough_for(
    pictures: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    draw_picture(3, 640, 480).crop((64, 20, 620, 420)).save(pictures / "crop.jpg")
    words = (pictures / "a.jpg", pictures / "crop.jpg")
    code, out, _ = run(monkeypatch, capsys, *words)
    assert code == 3
    assert out.startswith("HOLD, by an estimate (below): no look matches, ")
    assert "enough to hold B for a person, in a bank of up to about" in out
    code, out, _ = run(monkeypatch, capsys, *words, "--json")
    told = json.loads(out)
    assert (code, told["match"]) == (3, False)
    assert told["estimate"]["look"].startswith("estimate:")
    assert told["estimate"]["entries"] >= 1
    code, out, _ = run(monkeypatch, capsys, pictures / "a.jpg", pictures / "stranger.jpg", "--json")
    assert (code, json.loads(out)["estimate"]["entries"]) == (0, 0)


def test_which_of_the_two_is_missing_is_said(
    pictures: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    code, _, err = run(monkeypatch, capsys, pictures / "a.jpg", pictures / "none.jpg")
    assert (code, err) == (4, "notcontent: file_unreadable: Picture B does not exist.\n")
    code, _, err = run(monkeypatch, capsys, pictures, pictures / "a.jpg")
    assert (code, err) == (4, "notcontent: file_unreadable: Picture A is a folder.\n")


@pytest.mark.parametrize(
    ("first", "second", "says"),
    [
        ("a.jpg", "stranger.jpg", "No match"),
        ("plain.png", "a.jpg", "A is too plain to be banked"),
        ("a.jpg", "plain.png", "No look at B is rich enough"),
    ],
)
def test_no_match_says_why(
    pictures: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    first: str,
    second: str,
    says: str,
) -> None:
    code, out, _ = run(monkeypatch, capsys, pictures / first, pictures / second, "--png", pictures / "drawn.png")
    assert code == 0
    assert out.startswith(says)


@pytest.mark.parametrize(
    ("first", "second", "error"),
    [("broken.jpg", "a.jpg", "image_"), ("a.jpg", "broken.jpg", "image_"), ("missing.jpg", "a.jpg", "file_unreadable")],
)
def test_a_picture_that_cannot_be_read_is_one_line(
    pictures: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    first: str,
    second: str,
    error: str,
) -> None:
    code, out, err = run(monkeypatch, capsys, pictures / first, pictures / second)
    assert (code, out) == (4 if error == "file_unreadable" else code, "")
    assert code not in {0, 3}
    assert err.startswith(f"notcontent: {error}")
    assert f"Picture {'A' if first != 'a.jpg' else 'B'}" in err
    assert err.count("\n") == 1


def test_a_drawing_that_cannot_be_written_is_an_error(
    pictures: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    nowhere = pictures / "nowhere" / "drawn.png"
    code, _, err = run(monkeypatch, capsys, pictures / "a.jpg", pictures / "b.png", "--png", nowhere)
    assert code == 4
    assert "storage" in err


def test_a_drawing_stands_whole_or_as_before_and_only_its_owner_reads_it(pictures: Path) -> None:
    drawing = pictures / "drawn.png"
    drawing.write_bytes(b"before")
    program = (
        "import resource, sys; from notcontent.cli import main\n"
        "if len(sys.argv) > 5: resource.setrlimit(resource.RLIMIT_FSIZE, (900, 900)); sys.argv.pop()\n"
        "main()"
    )
    command = [sys.executable, "-c", program, "explain", "a.jpg", "b.png", f"--png={drawing}"]
    done = subprocess.run([*command, "full"], capture_output=True, text=True, check=False, cwd=pictures)
    assert (done.returncode, done.stderr[:20]) == (4, "notcontent: storage:")
    assert drawing.read_bytes() == b"before"
    assert not list(pictures.glob(".*"))
    subprocess.run(command, capture_output=True, check=False, cwd=pictures)
    assert drawing.read_bytes().startswith(b"\x89PNG")
    assert drawing.stat().st_mode & 0o777 == 0o600


def test_a_crop_is_estimated_with_its_place_on_the_first_and_drawn(
    pictures: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with Image.open(pictures / "a.jpg") as image:
        image.crop((64, 24, 640, 432)).transpose(Image.Transpose.FLIP_LEFT_RIGHT).save(pictures / "cut.jpg")
    drawing = pictures / "drawn.png"
    words = (pictures / "a.jpg", pictures / "cut.jpg")
    code, out, _ = run(monkeypatch, capsys, *words, "--json", "--png", drawing)
    told = json.loads(out)
    assert (code, told["match"]) == (3, False)
    guess = told["estimate"]
    assert guess["look"] == "estimate:crop+mirror"
    assert guess["evidence"] > 8
    expected = [(0.1, 0.05), (1.0, 0.05), (1.0, 0.9), (0.1, 0.9)]
    assert np.abs(np.array(guess["corners"]) - expected).max() < 0.03
    with Image.open(drawing) as image:
        blue = (np.asarray(image.convert("RGB")) == (30, 90, 190)).all(axis=-1).sum()
    assert blue > 2000  # the outline, and the title

    code, out, _ = run(monkeypatch, capsys, *words)
    assert code == 3
    assert "Best estimate: estimate:crop+mirror" in out
    assert "enough to hold B for a person" in out.replace("\n", " ")


def test_a_stranger_is_no_more_than_a_stranger(
    pictures: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    _, out, _ = run(monkeypatch, capsys, pictures / "a.jpg", pictures / "stranger.jpg")
    assert "no more than strangers reach" in out.replace("\n", " ")
