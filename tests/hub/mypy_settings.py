"""Settings for the type checker: the hub's own, from a hub.toml in a folder of its own."""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

from notcontent.hub.config import CONFIG_ENVIRONMENT
from notcontent.hub.keys import create_key_ring

_folder = Path(tempfile.mkdtemp(prefix="notcontent-types-"))
atexit.register(shutil.rmtree, _folder, ignore_errors=True)
(_folder / "hub.toml").write_text('origin = "types.test"\ndata_dir = "data"\n', encoding="utf-8")
create_key_ring(_folder / "data" / "keys")
os.environ[CONFIG_ENVIRONMENT] = str(_folder / "hub.toml")

from notcontent.hub.settings import *  # noqa: E402, F403
