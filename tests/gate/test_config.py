"""gate.toml is read strictly, and folders and keys are private or refused."""

import os
from pathlib import Path

import pytest
from feed_server import KEY, Feed
from gate_process import write_config

from notcontent.errors import ConfigError, NotContentError
from notcontent.gate.config import Mode, private_folder, read_config, read_member_key
from notcontent.gate.sealing import Sealer


def config_with(tmp_path: Path, *, top: str = "", tables: str = "") -> Path:
    return write_config(tmp_path, Feed(), "http://127.0.0.1:1", top=top, tables=tables)


def test_defaults_are_careful(tmp_path: Path) -> None:
    config = read_config(config_with(tmp_path))
    assert config.policy.mode is Mode.DRY_RUN
    assert config.data_dir == str(tmp_path / "data")
    assert config.shared_dir.startswith("/dev/shm/notcontent-gate-")  # noqa: S108


def test_two_data_folders_never_share_their_segments(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    one, other = read_config(config_with(tmp_path)), read_config(config_with(tmp_path / "other"))
    assert one.shared_dir != other.shared_dir


@pytest.mark.parametrize(
    ("top", "tables", "word"),
    [
        ("workres = 2", "", "workres"),
        ("workers = 0", "", "workers"),
        ('listen = "nowhere"', "", "listen"),
        ("", '[policy]\nmode = "enforced"', "mode"),
        ("", "[policy]\nblock_radius = 40\nhold_radius = 31", "hold_radius"),
        ("", "[policy]\nblock_radius = 64", "block_radius"),
        ("", '[[policy.rules]]\nkind = "crop"\nblock_radius = 5', "hold_radius"),
        ("", "[limits]\nmax_body_bytes = 2000\nmax_buffered_bytes = 1500", "max_buffered_bytes"),
        ("", '[[policy.rules]]\nlook = "crop"', "look"),
        ("", "[looks]\nbudget = 0", "budget"),
        ("", "[looks]\nbudget = 256", "budget"),
        ("", "[estimates]\nframes = -1", "estimates.frames` must be a whole number, 0 to 32"),
        ("", "[estimates]\nframes = 33", "estimates.frames"),
        ("", "[limits]\nretries = 3", "retries"),
        ("", '[[callers]]\nname = "staff"\nrole = "staff"\nkey_sha256 = "' + "0" * 64 + '"', "name and a key"),
        ("", '[[callers]]\nname = "x"\nrole = "staff"\nkey_sha256 = "secret"', "key_sha256"),
        ("= =", "", "TOML"),
    ],
)
def test_a_wrong_setting_is_named_and_never_quoted(tmp_path: Path, top: str, tables: str, word: str) -> None:
    # A key that is given twice is an error of TOML itself, so what is set anew is taken out first.
    path = config_with(tmp_path, tables=tables)
    text = path.read_text()
    if "listen" in top:
        text = text.replace('listen = "127.0.0.1:0"\n', "")
    path.write_text(top + "\n" + text)
    with pytest.raises(ConfigError, match=word) as refused:
        read_config(path)
    assert "secret" not in str(refused.value)


def test_a_file_is_called_by_what_it_is_and_not_by_a_name_that_it_may_not_have(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"^The gate's configuration does not exist"):
        read_config(tmp_path / "none.toml")
    for wrong in ("[policy]\nblock_radius = 64", "[policy]\nblock_radius = 40\nhold_radius = 31"):
        with pytest.raises(ConfigError, match=r"^The gate's configuration: "):
            read_config(config_with(tmp_path, tables=wrong))


@pytest.mark.parametrize(
    "content", ["", "two words", "\n", "any text", KEY[:-1], KEY + "x", KEY + " x", "ncg_" + KEY[4:]]
)
def test_a_member_key_is_one_word_in_a_private_file(tmp_path: Path, content: str) -> None:
    config = read_config(config_with(tmp_path))
    Path(config.hub.key_file).write_text(content)
    with pytest.raises(ConfigError, match="must hold the key and nothing else"):
        read_member_key(config)
    Path(config.hub.key_file).write_text(KEY + "\n")
    assert read_member_key(config) == KEY
    Path(config.hub.key_file).chmod(0o640)
    with pytest.raises(ConfigError, match="chmod 600"):
        read_member_key(config)


def test_a_folder_that_others_may_enter_is_refused(tmp_path: Path) -> None:
    (tmp_path / "open").mkdir()
    (tmp_path / "open").chmod(0o755)
    (tmp_path / "link").symlink_to(tmp_path / "target")
    (tmp_path / "target").mkdir(mode=0o700)
    (tmp_path / "file").touch()
    for name in ("open", "link", "file"):
        with pytest.raises(ConfigError):
            private_folder(tmp_path / name)
    private_folder(tmp_path / "new")
    assert (tmp_path / "new").stat().st_mode & 0o777 == 0o700


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder away")
def test_a_folder_that_somebody_else_made_first_is_refused(tmp_path: Path) -> None:
    (tmp_path / "theirs").mkdir(mode=0o700)
    os.chown(tmp_path / "theirs", 12345, 12345)
    with pytest.raises(ConfigError):
        private_folder(tmp_path / "theirs")


def test_the_sealing_key_is_made_once_and_must_stay_private(tmp_path: Path) -> None:
    sealed = Sealer(tmp_path).seal(b"value", b"alias")
    key = tmp_path / "gate.key"
    assert key.stat().st_mode & 0o777 == 0o600
    assert Sealer(tmp_path).open(sealed, b"alias") == b"value"
    with pytest.raises(NotContentError):
        Sealer(tmp_path).open(sealed, b"another alias")
    key.chmod(0o644)
    with pytest.raises(ConfigError, match="chmod 600"):
        Sealer(tmp_path)
    key.chmod(0o600)
    key.write_bytes(b"short")
    with pytest.raises(ConfigError):
        Sealer(tmp_path)


def test_a_destroyed_key_opens_nothing_sealed_before(tmp_path: Path) -> None:
    sealer = Sealer(tmp_path)
    before = (tmp_path / "gate.key").read_bytes()
    sealed = sealer.seal(b"value", b"alias")
    sealer.destroy()
    assert (tmp_path / "gate.key").read_bytes() != before
    for one in (sealer, Sealer(tmp_path)):
        with pytest.raises(NotContentError):
            one.open(sealed, b"alias")
    assert Sealer(tmp_path).open(sealer.seal(b"new", b"alias"), b"alias") == b"new"
