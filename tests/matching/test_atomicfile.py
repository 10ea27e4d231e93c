"""Files that are there wholly or not at all: the names that they may have."""

from pathlib import Path

import pytest

from notcontent.matching.atomicfile import write_atomically


@pytest.mark.parametrize("letter", ["a", "я", "字", "😀"])
def test_a_name_may_be_as_long_as_the_system_takes(letter: str, tmp_path: Path) -> None:
    name = letter * (251 // len(letter.encode())) + ".svg"
    write_atomically(tmp_path / name, [b"drawn"])
    assert [each.name for each in tmp_path.iterdir()] == [name]
    assert (tmp_path / name).read_bytes() == b"drawn"
