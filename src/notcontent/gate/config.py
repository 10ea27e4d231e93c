"""gate.toml, parsed once into a frozen value. Unknown keys are refused: a typo must not become a default."""

import hashlib
import os
import stat
from enum import Enum
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta

from notcontent.errors import ConfigError, StorageError
from notcontent.exchange.plainfile import place, read_plain
from notcontent.exchange.settings import read_settings
from notcontent.exchange.wire import MEMBER_KEY, Kind, Lease, Redacted
from notcontent.matching.clip_estimating import DEFAULT_FRAMES, MOST_FRAMES
from notcontent.matching.estimating import DEFAULT_FALSE_HOLDS
from notcontent.signals.estimates import DEFAULT_BUDGET as DEFAULT_ESTIMATES
from notcontent.signals.estimates import MOST_BUDGET as MOST_ESTIMATES
from notcontent.signals.looks import DEFAULT_BUDGET, MOST_BUDGET
from notcontent.signals.video.looking import DEFAULT_BUDGET as FRAME_BUDGET

DATABASE_FILE = "gate.db"
_SHARED_MEMORY = Path("/dev/shm")  # noqa: S108 (a folder of our own in it, 0700, checked before use)

Digest = Annotated[str, Meta(pattern="^[0-9a-f]{64}$", max_length=64)]
Name = Annotated[str, Meta(pattern="^[a-z0-9][a-z0-9-]*$", max_length=40)]
Radius = Annotated[int, Meta(ge=-1, le=63)]
Seconds = Annotated[float, Meta(gt=0, le=86400)]


class Mode(Enum):
    """Whether advice is acted upon. DRY_RUN counts what would have happened and lets everything pass."""

    DRY_RUN = "dry-run"
    ENFORCE = "enforce"


class Role(Enum):
    """What a caller may ask and see.

    UPLOAD screens pictures and sees the action alone. LOOKUP also looks hashes up, and sees action and advice: by
    asking it can recover a banked hash. STAFF also sees which entries matched and how near.
    """

    UPLOAD = "upload"
    LOOKUP = "lookup"
    STAFF = "staff"


class MetricsAccess(Enum):
    """Who may read /metrics: anyone on this machine, or callers with the staff role."""

    LOOPBACK = "loopback"
    KEY = "key"


class Family(Enum):
    """What a look takes of an upload: it whole, turned, laid flat, without what is around it, or a part of it."""

    WHOLE = "whole"
    TURN = "turn"
    QUAD = "quad"
    TRIM = "trim"
    TILE = "tile"


class HubConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The hub to follow: its address, who it must prove to be, and as whom to come.

    Of the hub's lease and `max_hold_after_s`, `max_shred_after_s` the shorter counts: a hub cannot prolong a lease.
    """

    url: Annotated[str, Meta(pattern="^https?://")]
    origin: Annotated[str, Meta(min_length=1, max_length=200)]
    member: Name
    key_file: str
    public_key: Digest
    poll_s: Seconds = 10.0
    timeout_s: Seconds = 20.0
    page_limit: Annotated[int, Meta(ge=1, le=5000)] = 1000
    longest_poll_s: Annotated[float, Meta(gt=0, le=86_400)] = 3600.0
    max_hold_after_s: Annotated[int, Meta(ge=1, le=2**31)] = 7 * 86_400
    max_shred_after_s: Annotated[int, Meta(ge=1, le=2**31)] = 30 * 86_400

    @property
    def most(self) -> Lease:
        """The longest lease that is believed."""
        return Lease(self.max_hold_after_s, self.max_shred_after_s)


class Rule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Radii for the entries of one bank or kind, for one family of looks, or all that are named.

    Of several rules that fit, the first counts.

    Radii are inclusive bits out of 256; -1 means never.
    """

    bank: str | None = None
    kind: Kind | None = None
    look: Family | None = None
    block_radius: Radius = -1
    hold_radius: Radius = -1


class PolicyConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """When to advise what. The hold radius reaches at least as far as the block radius.

    `false_blocks` and `false_holds` are which shares of the uploads that show nothing banked may be blocked and held
    for their looks: the general radii narrow as the bank grows, those of rules do not. 1: they never do.
    """

    mode: Mode = Mode.DRY_RUN
    block_radius: Radius = 31
    hold_radius: Radius = 31
    false_blocks: Annotated[float, Meta(ge=1e-12, le=1)] = 1e-6
    false_holds: Annotated[float, Meta(ge=1e-12, le=1)] = 1e-4
    min_quality: Annotated[int, Meta(ge=0, le=100)] = 50
    rules: tuple[Rule, ...] = ()


class LooksConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """In how many ways a picture is looked at, at most. 1: as it is, and no edit is undone."""

    budget: Annotated[int, Meta(ge=1, le=MOST_BUDGET)] = DEFAULT_BUDGET
    frame_budget: Annotated[int, Meta(ge=1, le=MOST_BUDGET)] = FRAME_BUDGET
    """The same for each frame that is kept of a video."""


class EstimatesConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """In how many ways to estimate what a picture was made from, at most (0: not at all), and what for.

    The same is done with at most `frames` frames of a video (0: with none).

    `false_holds` is which share of uploads of strangers may be held for it: the evidence that is asked for follows from
    it and from the number of entries.
    """

    budget: Annotated[int, Meta(ge=0, le=MOST_ESTIMATES)] = DEFAULT_ESTIMATES
    false_holds: Annotated[float, Meta(ge=1e-9, le=0.1)] = DEFAULT_FALSE_HOLDS
    frames: Annotated[int, Meta(ge=0, le=MOST_FRAMES)] = DEFAULT_FRAMES


class LimitsConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What one HTTP worker takes on. Everything beyond is refused with a code, never queued without end."""

    max_body_bytes: Annotated[int, Meta(ge=1024, le=2**31)] = 50_000_000
    max_buffered_bytes: Annotated[int, Meta(ge=1024)] = 256_000_000
    body_timeout_s: Seconds = 30.0
    header_timeout_s: Seconds = 10.0
    concurrency: Annotated[int, Meta(ge=1, le=10_000)] = 128
    connections: Annotated[int, Meta(ge=1, le=60_000)] = 1024
    decoders: Annotated[int, Meta(ge=1, le=64)] = 2
    decode_queue: Annotated[int, Meta(ge=0, le=10_000)] = 32
    decode_timeout_s: Seconds = 10.0
    decode_memory_mb: Annotated[int, Meta(ge=128, le=65_536)] = 1024
    max_pixels: Annotated[int, Meta(ge=25, le=1_000_000_000)] = 100_000_000
    stop_timeout_s: Seconds = 20.0
    max_video_bytes: Annotated[int, Meta(ge=1024, le=2**31)] = 100_000_000
    max_video_s: Annotated[int, Meta(ge=1, le=86_400)] = 3600
    max_video_frames: Annotated[int, Meta(ge=1, le=10_000_000)] = 250_000
    max_video_pixels: Annotated[int, Meta(ge=25, le=1_000_000_000)] = 9_000_000
    max_kept_frames: Annotated[int, Meta(ge=1, le=100_000)] = 1000
    video_decoders: Annotated[int, Meta(ge=1, le=64)] = 1
    video_queue: Annotated[int, Meta(ge=0, le=10_000)] = 4
    video_timeout_s: Seconds = 60.0
    video_memory_mb: Annotated[int, Meta(ge=128, le=65_536)] = 1024

    @property
    def video_bytes(self) -> int:
        """The most bytes that a video may have: no more than all bodies together."""
        return min(self.max_video_bytes, self.max_buffered_bytes)


class Caller(Redacted, msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One of the platform's own programs. Only the SHA-256 of its key is kept.

    `rate` is pictures and hashes a second, `burst` how many at once after a pause; both hold for each HTTP worker.
    """

    name: Name
    role: Role
    key_sha256: Digest
    rate: Annotated[float, Meta(gt=0, le=1e9)] = 1000.0
    burst: Annotated[int, Meta(ge=1000)] = 5000


class MetricsConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who may read /metrics."""

    access: MetricsAccess = MetricsAccess.KEY


class GateConfig(Redacted, msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One gate's settings. Paths are taken relative to the file's folder; durations are seconds."""

    hub: HubConfig
    data_dir: str = "gate-data"
    shared_dir: str = ""
    listen: Annotated[str, Meta(pattern=r"^(\[[0-9a-fA-F:.]+\]|[^:\[\]\s]+):[0-9]{1,5}$")] = "127.0.0.1:8800"
    workers: Annotated[int, Meta(ge=1, le=64)] = 1
    erase_after_s: Annotated[float, Meta(ge=0, le=86_400)] = 900.0
    policy: PolicyConfig = msgspec.field(default_factory=PolicyConfig)
    looks: LooksConfig = msgspec.field(default_factory=LooksConfig)
    estimates: EstimatesConfig = msgspec.field(default_factory=EstimatesConfig)
    limits: LimitsConfig = msgspec.field(default_factory=LimitsConfig)
    metrics: MetricsConfig = msgspec.field(default_factory=MetricsConfig)
    callers: tuple[Caller, ...] = ()

    @property
    def database(self) -> Path:
        """Where gate.db is."""
        return Path(self.data_dir) / DATABASE_FILE

    @property
    def shared(self) -> Path:
        """The folder of the shared segments."""
        return Path(self.shared_dir)

    @property
    def address(self) -> tuple[str, int]:
        """Host and port to listen on. Port 0 lets the system choose."""
        host, _, port = self.listen.rpartition(":")
        return host.strip("[]"), int(port)


def read_config(path: Path) -> GateConfig:
    """Read gate.toml. Raises ConfigError, which names the key and what was expected, never a value."""
    config = read_settings(path, GateConfig, "The gate's configuration")
    folder = path.resolve().parent
    data = place(folder, config.data_dir, "The gate's configuration: data_dir")
    shared = (
        place(folder, config.shared_dir, "The gate's configuration: shared_dir")
        if config.shared_dir
        else _default_shared(data)
    )
    key_file = place(folder, config.hub.key_file, "The gate's configuration: [hub] key_file")
    hub = msgspec.structs.replace(config.hub, key_file=str(key_file))
    config = msgspec.structs.replace(config, data_dir=str(data), shared_dir=str(shared), hub=hub)
    _check(config)
    return config


def _default_shared(data: Path) -> Path:
    if not _SHARED_MEMORY.is_dir():
        raise ConfigError(
            "The gate's configuration: this system has no /dev/shm; name a folder in memory as `shared_dir`."
        )
    # One folder for each data folder and user, so that two gates on one machine never meet.
    name = hashlib.sha256(os.fsencode(data)).hexdigest()[:16]
    return _SHARED_MEMORY / f"notcontent-gate-{os.geteuid()}-{name}"


def _check(config: GateConfig) -> None:
    """Refuse settings that contradict each other."""
    policy = config.policy
    radii: list[PolicyConfig | Rule] = [policy, *policy.rules]
    for one in radii:
        if one.hold_radius < one.block_radius:
            raise ConfigError("The gate's configuration: a hold_radius must reach at least as far as its block_radius.")
    if not 0 <= config.address[1] <= 65535:
        raise ConfigError("The gate's configuration: listen names no port between 0 and 65535.")
    names = [caller.name for caller in config.callers]
    keys = [caller.key_sha256 for caller in config.callers]
    if len(set(names)) != len(names) or len(set(keys)) != len(keys):
        raise ConfigError("The gate's configuration: every caller needs a name and a key of its own.")
    if config.limits.max_buffered_bytes < config.limits.max_body_bytes:
        raise ConfigError("The gate's configuration: max_buffered_bytes must hold at least one body of max_body_bytes.")


def read_member_key(config: GateConfig) -> str:
    """Read the key this gate shows to the hub. Raises ConfigError when it is missing, open to others or no such key."""
    try:
        key = read_plain(Path(config.hub.key_file), "The member key's file", private=True).decode("ascii").strip()
    except FileNotFoundError as error:
        raise ConfigError("The member key's file does not exist: [hub] key_file names it.") from error
    except UnicodeDecodeError as error:
        raise ConfigError("The member key's file cannot be read.") from error
    if not MEMBER_KEY.fullmatch(key):
        raise ConfigError(
            "The member key's file must hold the key and nothing else: ncm_, 8 digits, _ and 43 more signs, as the hub"
            " showed it."
        )
    return key


def private_folder(folder: Path) -> None:
    """Make a folder that only this user may enter, or check that an existing one is so.

    Raises ConfigError when it belongs to somebody else, is a link or is open to others: in /dev/shm anybody may
    have made it first. Raises StorageError when it cannot be made.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except FileExistsError as error:
        raise ConfigError("A folder that the gate needs is a file.") from error
    except OSError as error:
        raise StorageError from error
    check_private(folder)


def check_private(folder: Path) -> None:
    """See that a folder is one that only this user may enter. Raises as `private_folder`; makes nothing."""
    try:
        found = folder.lstat()
    except OSError as error:
        raise StorageError from error
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid() or found.st_mode & 0o077:
        raise ConfigError("data_dir and shared_dir must be folders of the gate's own user with mode 0700.")
