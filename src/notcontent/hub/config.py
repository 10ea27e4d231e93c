"""hub.toml, parsed once into a frozen value. Unknown keys are refused: a typo must not become a default."""

import os
from functools import cache
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta

from notcontent.errors import ConfigError
from notcontent.exchange.plainfile import place
from notcontent.exchange.settings import read_settings
from notcontent.exchange.videos import MAX_FRAMES

CONFIG_ENVIRONMENT = "NOTCONTENT_HUB_CONFIG"


class HubConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One hub's settings. Paths are taken relative to the file's folder; durations are seconds."""

    origin: Annotated[str, Meta(min_length=1, max_length=200)]
    data_dir: str
    name: str = "notcontent hub"
    listen: str = "127.0.0.1:8700"
    public_url: str = "http://127.0.0.1:8700"
    database_url: str = ""
    epoch_s: Annotated[int, Meta(ge=0)] = 3600
    tick_s: Annotated[int, Meta(ge=1)] = 10
    hold_after_s: Annotated[int, Meta(ge=1)] = 7 * 86400
    shred_after_s: Annotated[int, Meta(ge=1)] = 30 * 86400
    max_items_a_case: Annotated[int, Meta(ge=1)] = 300
    max_items_a_send: Annotated[int, Meta(ge=1, le=1000)] = 100
    max_cases_a_day: Annotated[int, Meta(ge=0)] = 2000
    max_items_a_day: Annotated[int, Meta(ge=0)] = 50_000
    max_frames_a_video: Annotated[int, Meta(ge=1, le=MAX_FRAMES)] = MAX_FRAMES
    max_frames_a_case: Annotated[int, Meta(ge=1)] = 20_000
    max_frames_a_day: Annotated[int, Meta(ge=0)] = 1_000_000
    min_quality: Annotated[int, Meta(ge=0, le=100)] = 50
    code_memory_kib: Annotated[int, Meta(ge=8)] = 65_536
    code_passes: Annotated[int, Meta(ge=1)] = 3
    quick_exit_url: str = "https://www.wikipedia.org/"
    threads: Annotated[int, Meta(ge=1)] = 16
    trusted_proxies: Annotated[int, Meta(ge=0, le=5)] = 0

    def __repr__(self) -> str:
        """Show the type alone: the database's address may hold a password."""
        return "<HubConfig redacted>"


def read_config(path: Path) -> HubConfig:
    """Read hub.toml. Raises ConfigError without quoting the file (it may hold a database password)."""
    config = read_settings(path, HubConfig, "The hub's configuration")
    data = place(path.parent, config.data_dir, "The hub's configuration: data_dir")
    return msgspec.structs.replace(config, data_dir=str(data))


@cache
def hub_config() -> HubConfig:
    """Give the configuration of this process, named by the environment variable NOTCONTENT_HUB_CONFIG."""
    path = os.environ.get(CONFIG_ENVIRONMENT)
    if not path:
        raise ConfigError(f"Name the hub's configuration: {CONFIG_ENVIRONMENT}=/path/to/hub.toml")
    return read_config(Path(path))
