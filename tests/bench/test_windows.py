"""Windows of a gate's bench are told apart by what the machine did, not by how the gate answered."""

import pytest

from bench.windows import Window, print_windows


def test_windows_are_told_apart_by_the_machine_alone(capsys: pytest.CaptureFixture[str]) -> None:
    quiet = [Window(1.5, 3, 60), Window(9.0, 25, 68)]
    others = [Window(2.0, 10, 70), Window(30.0, 400, 60), Window(4.0, 26, 60), Window(50.0, 30, 90)]
    print_windows([*others, *quiet])
    rows = [line for line in capsys.readouterr().out.splitlines() if line.startswith("| ")][1:]
    assert [row.split(" | ")[1:] for row in rows] == [
        ["2", "1.5", "9.0", "9.0", "1 |"],
        ["1", "2.0", "2.0", "2.0", "1 |"],
        ["3", "4.0", "30.0", "50.0", "1 |"],
    ]
