"""Settings for the type checker: the hub's own, from a hub.toml of its own beside the checker's cache."""

import os
from pathlib import Path

from notcontent.hub.config import CONFIG_ENVIRONMENT
from notcontent.hub.keys import create_key_ring

_folder = Path(__file__).parents[2] / ".mypy_cache" / "hub"
create_key_ring(_folder / "data" / "keys")
(_folder / "hub.toml").write_text('origin = "types.test"\ndata_dir = "data"\n', encoding="utf-8")
os.environ[CONFIG_ENVIRONMENT] = str(_folder / "hub.toml")

from notcontent.hub.settings import *  # noqa: E402, F403
