"""hub.toml and the key ring: read once, refused with a sentence that quotes nothing."""

import os
import re
from pathlib import Path

import msgspec
import pytest
from cryptography.exceptions import InvalidTag

from notcontent.errors import ConfigError
from notcontent.hub.config import HubConfig, read_config
from notcontent.hub.keys import create_key_ring, read_key_ring
from notcontent.hub.settings import _database


def written(folder: Path, text: str) -> Path:
    path = folder / "hub.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_paths_are_relative_to_the_file(tmp_path: Path) -> None:
    config = read_config(written(tmp_path, 'origin = "x"\ndata_dir = "d"'))
    assert config.data_dir == str(tmp_path / "d")


@pytest.mark.parametrize(
    "text",
    [
        "",
        'origin = "x"',
        'origin = "x"\ndata_dir = "d"\nepoch = 5',
        'origin = "x"\ndata_dir = "d"\nepoch_s = -1',
        'origin = "x"\ndata_dir = "d"\nepoch_s = "soon"',
        'origin = "x"\ndata_dir = "d"\nmin_quality = 101',
        'origin = "x"\ndata_dir = "d"\ndatabase_url = ["canary-password"]',
        'origin = "x" data_dir = canary-password',
    ],
)
def test_a_mistake_is_named_and_no_value_quoted(tmp_path: Path, text: str) -> None:
    with pytest.raises(ConfigError) as caught:
        read_config(written(tmp_path, text))
    assert "canary" not in str(caught.value)


def test_no_configuration_shows_its_values() -> None:
    assert "canary" not in repr(HubConfig(origin="x", data_dir="d", database_url="postgresql://u:canary@h/d"))


def test_a_missing_file_is_a_configuration_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError):
        read_config(tmp_path / "none.toml")


def test_a_database_address_is_read_with_its_escapes_and_options() -> None:
    read = _database("postgresql://us%40er:p%2Fw@db.example:5433/na%20me?sslmode=verify-full&host=/run/pg")
    assert (read["USER"], read["PASSWORD"], read["HOST"], read["PORT"], read["NAME"]) == (
        "us@er",
        "p/w",
        "db.example",
        "5433",
        "na me",
    )
    assert read["OPTIONS"] == {"sslmode": "verify-full", "host": "/run/pg"}


def test_a_key_ring_is_made_once_for_its_owner_alone(tmp_path: Path) -> None:
    create_key_ring(tmp_path / "keys")
    before = read_key_ring(tmp_path / "keys")
    create_key_ring(tmp_path / "keys")
    assert read_key_ring(tmp_path / "keys").master == before.master
    for path in (tmp_path / "keys").iterdir():
        assert path.stat().st_mode & 0o777 == 0o600


def test_keys_that_others_may_read_are_refused(tmp_path: Path) -> None:
    create_key_ring(tmp_path)
    (tmp_path / "master.key").chmod(0o640)
    with pytest.raises(ConfigError, match="chmod 600"):
        read_key_ring(tmp_path)


@pytest.mark.parametrize("name", ["master.key", "signing.key"])
def test_keys_that_are_missing_or_malformed_are_refused(tmp_path: Path, name: str) -> None:
    create_key_ring(tmp_path)
    (tmp_path / name).write_bytes(b"short")
    with pytest.raises(ConfigError):
        read_key_ring(tmp_path)
    (tmp_path / name).unlink()
    with pytest.raises(ConfigError):
        read_key_ring(tmp_path)


@pytest.mark.parametrize("name", ["hub.toml", "master.key", "signing.key"])
def test_a_pipe_in_the_place_of_a_file_is_refused_and_not_waited_for(tmp_path: Path, name: str) -> None:
    create_key_ring(tmp_path)
    (tmp_path / name).unlink(missing_ok=True)
    os.mkfifo(tmp_path / name, 0o600)
    with pytest.raises(ConfigError, match="is no file"):
        read_config(tmp_path / name) if name == "hub.toml" else read_key_ring(tmp_path)


@pytest.mark.parametrize("written", ["with\\u0000zero", "ring/data"])
def test_a_path_that_nobody_can_follow_is_refused(tmp_path: Path, written: str) -> None:
    (tmp_path / "ring").symlink_to("ring")
    (tmp_path / "hub.toml").write_text(f'origin = "hub.example"\ndata_dir = "{written}"\n')
    with pytest.raises(ConfigError, match="data_dir is no path that can be followed"):
        read_config(tmp_path / "hub.toml")


def test_purposes_share_no_key_and_a_seal_is_bound(tmp_path: Path) -> None:
    create_key_ring(tmp_path)
    ring = read_key_ring(tmp_path)
    assert len({ring.derive("a"), ring.derive("b"), ring.derive("a", 16), ring.master}) == 4
    sealed = ring.sealer("a").seal(b"hash", b"row 1")
    assert ring.sealer("a").open(sealed, b"row 1") == b"hash"
    assert ring.sealer("a").seal(b"hash", b"row 1") != sealed
    for sealer, bound_to, data in (
        (ring.sealer("b"), b"row 1", sealed),
        (ring.sealer("a"), b"row 2", sealed),
        (ring.sealer("a"), b"row 1", sealed[:-1] + bytes([sealed[-1] ^ 1])),
    ):
        with pytest.raises(InvalidTag):
            sealer.open(data, bound_to)


def test_no_key_ring_shows_its_keys(tmp_path: Path) -> None:
    create_key_ring(tmp_path)
    ring = read_key_ring(tmp_path)
    assert ring.master.hex() not in repr(ring)
    assert repr(ring.master) not in repr(ring)


def test_the_reference_page_names_every_key_and_its_default() -> None:
    page = (Path(__file__).parents[2] / "docs" / "reference" / "hub-toml.md").read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| `(\w+)` \| ([^|]+) \|", page, re.MULTILINE))
    fields = msgspec.structs.fields(HubConfig)
    assert set(rows) == {field.name for field in fields}
    for field in fields:
        said = rows[field.name].split(" ")[0].strip("`:")
        if field.required:
            assert said == "needed", field.name
        else:
            assert said == (str(field.default) or "empty").split(" ")[0], field.name
