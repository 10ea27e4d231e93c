"""The house itself: the papers' links and promises hold, and nothing is committed that does not belong here."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from notcontent.errors import NotContentError

ROOT = Path(__file__).parent.parent
TRACKED = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()
PAPERS = [name for name in TRACKED if name.endswith(".md")]


@pytest.mark.parametrize("paper", PAPERS)
def test_every_link_between_the_papers_leads_somewhere(paper: str) -> None:
    text = (ROOT / paper).read_text()
    for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", text):
        if "://" not in target and not target.startswith("mailto:"):
            assert (ROOT / paper).parent.joinpath(target).exists(), target


def test_every_promise_of_the_threat_model_names_a_test_that_exists() -> None:
    named = re.findall(r"`(tests/[\w/.]+)::(\w+)`", (ROOT / "THREAT_MODEL.md").read_text())
    assert len(named) > 20
    for file, name in named:
        text = (ROOT / file).read_text()
        # Python's tests are functions; JavaScript's are sentences, named here with underscores.
        sentences = {re.sub(r"\W+", "_", title) for title in re.findall(r"test\(\s*[\"'`]([^\"'`]+)", text)}
        assert f"def {name}(" in text or name in sentences, f"{file}::{name}"


def test_no_lock_or_set_up_file_names_an_address() -> None:
    for name in TRACKED:
        if name.endswith((".lock", "lock.json", ".npmrc")) or name in {"Makefile", "package.json"}:
            assert "://" not in (ROOT / name).read_text(), name


def test_every_locked_package_carries_hashes() -> None:
    for name in ("requirements.lock", "build-requirements.lock"):
        packages = re.split(r"\n(?=[a-z0-9])", (ROOT / name).read_text().strip())
        assert len(packages) > 5
        assert all("--hash=sha256:" in package for package in packages)


def test_no_binary_and_no_large_picture_is_committed() -> None:
    for name in TRACKED:
        path = ROOT / name
        assert path.suffix not in {".so", ".wasm", ".pyc", ".sqlite3", ".heic", ".mp4", ".db"}, name
        if path.suffix in {".png", ".jpg", ".jpeg", ".webp", ".gif", ".svg"}:
            assert path.stat().st_size <= 100_000, name


def test_the_page_of_error_codes_lists_every_code_as_it_is() -> None:
    page = subprocess.run(
        [sys.executable, "tools/list_errors.py"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    kinds: list[type[NotContentError]] = [NotContentError]
    for kind in kinds:
        kinds += [one for one in kind.__subclasses__() if one.__module__.startswith("notcontent.errors")]
    assert sorted(re.findall(r"^\| `(\w+)` \|", page.stdout, re.MULTILINE)) == sorted(kind.code for kind in kinds)
    assert len({kind.code for kind in kinds}) == len(kinds)
    assert (ROOT / "docs/reference/errors.md").read_text() == page.stdout
