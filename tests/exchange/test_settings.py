"""A settings file is refused in words: which key, and what it may be; never what stood there."""

from pathlib import Path

import pytest

from notcontent.errors import ConfigError
from notcontent.exchange.settings import read_settings
from notcontent.gate.config import GateConfig


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("workers = 0", "`workers` must be a whole number, 1 to 64."),
        ('workers = "canary"', "`workers` must be a whole number, 1 to 64."),
        ("workres = 2", "there is no key `workres`: is `workers` meant?"),
        ("[looks]\nsquint = 2", "there is no key `looks.squint`: there are budget, frame_budget."),
        ('[policy]\nmode = "canary"', '`policy.mode` must be one of "dry-run", "enforce".'),
        ("[estimates]\nfalse_holds = 1.0", "`estimates.false_holds` must be a number, 1e-09 to 0.1."),
        ("[[policy.rules]]\nlook = 3", '`policy.rules.look` must be one of "whole", "turn", "quad", "trim", "tile".'),
        ("callers = 3", "`callers` must be a list of tables, each under [[...]]."),
        ("callers = [3]", "`callers` must be a table."),
        ('listen = "canary"', "`listen` must be HOST:PORT, such as 127.0.0.1:8800."),
        ('[[callers]]\nname = "Canary Bird"', "`callers.name` must be small letters, digits and hyphens, 40 char"),
        ('[hub]\nurl = "canary"', "`hub.url` must be an address that begins with http:// or https://."),
        ('[hub]\nurl = "http://x"', "`hub.origin` is missing. It is text, not empty, 200 characters at most."),
        ("workers = 1", "`hub` is missing. It is a table."),
    ],
)  # fmt: skip
def test_which_key_and_what_it_may_be_is_said_and_no_value_shown(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "gate.toml"
    path.write_text(text)
    with pytest.raises(ConfigError) as caught:
        read_settings(path, GateConfig, "gate.toml")
    assert str(caught.value).startswith(f"gate.toml: {said}")
    assert "anary" not in str(caught.value)


@pytest.mark.parametrize("text", ["workers = " + "1" * 5000, "workers = " + "[" * 5000], ids=["a long number", "depth"])
def test_what_no_setting_is_like_is_refused_as_configuration(tmp_path: Path, text: str) -> None:
    path = tmp_path / "gate.toml"
    path.write_text(text)
    with pytest.raises(ConfigError, match=r"^gate\.toml "):
        read_settings(path, GateConfig, "gate.toml")


def test_a_file_that_is_missing_unreadable_or_no_toml_is_told_apart(tmp_path: Path) -> None:
    (tmp_path / "words").write_text("workers is two")
    (tmp_path / "quote").write_text('workers = 2\n\n[hub]\nurl = "http://canary\norigin = "x"\n')
    (tmp_path / "end").write_text("[hub]\nurl = [1,")
    (tmp_path / "bytes").write_bytes(b"workers = 2\n# \xff\xfe")
    usual = "gate.toml or hub.toml"
    for name, said in (
        (
            "none",
            f"gate.toml does not exist: it is looked for where --config or --hub says, else as {usual} in this folder.",
        ),
        (".", "gate.toml is a folder."),
        ("words", "gate.toml is not valid TOML: line 1, column 9."),
        ("quote", "gate.toml is not valid TOML: line 4, column 21."),
        ("end", "gate.toml is not valid TOML: something is missing at its end, or is there twice."),
        ("bytes", "gate.toml is not valid TOML: line 2 is not written in UTF-8."),
    ):
        with pytest.raises(ConfigError) as caught:
            read_settings(tmp_path / name, GateConfig, "gate.toml")
        assert str(caught.value) == said
