"""A hub of the tests' own: its hub.toml, key ring and database lie in a temporary folder.

NOTCONTENT_TEST_DATABASE_URL runs the same tests on PostgreSQL (test_postgresql.py does so by itself).
"""

import atexit
import os
import secrets
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import django
import pytest

from notcontent.hub.config import CONFIG_ENVIRONMENT, HubConfig, hub_config
from notcontent.hub.keys import create_key_ring

FOLDER = Path(tempfile.mkdtemp(prefix="notcontent-hub-tests-"))
atexit.register(shutil.rmtree, FOLDER, ignore_errors=True)
# The real costs of codes run in tests/hub/cases/test_stretch.py; everywhere else cheap ones do.
(FOLDER / "hub.toml").write_text(
    f"""
origin = "hub.test"
data_dir = "data"
public_url = "http://testserver"
database_url = "{os.environ.get("NOTCONTENT_TEST_DATABASE_URL", "")}"
epoch_s = 0
code_memory_kib = 64
code_passes = 1
""",
    encoding="utf-8",
)
create_key_ring(FOLDER / "data" / "keys")
os.environ[CONFIG_ENVIRONMENT] = str(FOLDER / "hub.toml")
os.environ["DJANGO_SETTINGS_MODULE"] = "notcontent.hub.settings"
hub_config.cache_clear()  # a worker of pytest-xdist was started with the environment of who started it, and read that
django.setup()


@pytest.fixture(scope="session")
def django_db_modify_db_settings() -> None:
    """Use a file, as in production, instead of SQLite in memory; its own for every worker of pytest-xdist."""
    from django.conf import settings

    database: dict[str, Any] = settings.DATABASES["default"]
    if database["ENGINE"].endswith("sqlite3"):
        database.setdefault("TEST", {})["NAME"] = str(FOLDER / "hub-test.sqlite3")


@pytest.fixture
def with_config(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., HubConfig]]:
    """Change hub.toml for one test: `with_config(epoch_s=3600)`."""
    path = FOLDER / f"{secrets.token_hex(4)}.toml"
    kept = Path(os.environ[CONFIG_ENVIRONMENT]).read_text(encoding="utf-8")

    def change(**changes: str | int) -> HubConfig:
        lines = [line for line in kept.splitlines() if line.split(" = ")[0] not in changes]
        lines += [f"{name} = {value!r}" for name, value in changes.items()]
        path.write_text("\n".join(lines), encoding="utf-8")
        monkeypatch.setenv(CONFIG_ENVIRONMENT, str(path))
        hub_config.cache_clear()
        return hub_config()

    yield change
    monkeypatch.undo()
    hub_config.cache_clear()


@pytest.fixture(autouse=True)
def unhurried() -> Iterator[None]:
    """Forget the failures of the test before, so that no test waits for another's."""
    from notcontent.hub.cases.stretch import callers, pace

    pace.forget()
    callers.forget()
    yield
    pace.forget()
    callers.forget()
