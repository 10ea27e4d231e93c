"""`notcontent gate`: the platform's side. Serve, look at it, make keys for callers, check a configuration."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from notcontent.exchange.wire import HealthAnswer
    from notcontent.gate.config import GateConfig

app = typer.Typer(
    no_args_is_help=True,
    help="""Screen uploads against a hub's bank, on the platform's own machine.

A gate follows one hub as one member, holds its copy of the bank, and answers POST /v1/screen and POST /v1/lookup.
docs/how-to/run-a-gate.md goes from nothing to a running gate.
""",
)

ConfigOption = Annotated[
    Path, typer.Option("--config", readable=False, help="The gate's configuration.", show_default=True)
]
JsonOption = Annotated[bool, typer.Option("--json", help="Answer as one JSON object.")]

_STATUS_TIMEOUT_S = 5.0
_SIZES = (1_000, 10_000, 100_000, 1_000_000, 10_000_000)
_ROLES = (
    "upload: screens pictures, sees the action alone. lookup: also looks up hashes; it can recover banked ones by "
    "asking. staff: also sees what matched, and how near."
)


@app.command()
def serve(config: ConfigOption = Path("gate.toml"), as_json: JsonOption = False) -> None:
    """Run the gate until SIGTERM or Ctrl-C; requests that have begun are finished first.

    Its log goes to stderr: one JSON object a line, with event codes and counts, never with anything of a request.

    For example:

      notcontent gate serve --config gate.toml

      notcontent gate serve --config gate.toml 2>> gate.log &
    """
    from notcontent.gate.serve import serve as serve_gate

    def ready(address: tuple[str, int]) -> None:
        url = _url(*address)
        print(json.dumps({"listening": url}) if as_json else f"listening on {url}", flush=True)

    serve_gate(config, ready)


@app.command()
def status(config: ConfigOption = Path("gate.toml"), as_json: JsonOption = False) -> None:
    """Ask a running gate how it stands: cursor, entries, how long ago the hub answered, and how long it still answers.

    Also how near a look must come to an entry to block or hold in a bank of this size, where no rule says otherwise; -1
    means never. And how much evidence an estimate needs to hold.

    Exit code 0 when it answers requests, 5 when it does not answer or is not ready.

    For example:

      notcontent gate status --config gate.toml

      notcontent gate status --json | jq .age_s
    """
    import msgspec

    from notcontent.gate.config import read_config

    settings = read_config(config)
    health = _health(settings)
    radii, evidence = _radii(settings, health.entries), _evidence(settings, health.entries)
    if as_json:
        print(json.dumps(msgspec.structs.asdict(health) | radii | {"evidence": evidence}))
    else:
        for name, value in msgspec.structs.asdict(health).items():
            print(f"{name.removesuffix('_s').replace('_', ' '):<11}{_told(name, value)}")
            if name == "lease":
                print("\n".join(f"{'':<11}{line}" for line in lease_words(health)))
        for name, by_look in radii.items():
            print(f"{name.partition('_')[0]:<11}" + ", ".join(f"{look} {bits}" for look, bits in by_look.items()))
        if evidence is not None:
            print(f"{'evidence':<11}{evidence} holds a picture for an estimate")
        print(f"{'hub':<11}{settings.hub.url} as {settings.hub.member}")
    if health.status == "not_ready":
        raise typer.Exit(5)


@app.command("new-key")
def new_key(
    name: Annotated[str, typer.Option(help="What the caller is called: small letters, digits, hyphens.")],
    role: Annotated[str, typer.Option(help=_ROLES)],
    as_json: JsonOption = False,
) -> None:
    """Make a key for one of the platform's own programs. It is shown once; gate.toml gets its SHA-256.

    For example:

      notcontent gate new-key --name uploads --role upload

      notcontent gate new-key --name hashing --role lookup

      notcontent gate new-key --name moderation --role staff --json
    """
    import msgspec

    from notcontent.exchange.settings import explained
    from notcontent.gate.callers import new_key as make_key
    from notcontent.gate.config import Caller

    key, digest = make_key()
    try:
        caller = msgspec.convert({"name": name, "role": role, "key_sha256": digest}, Caller)
    except msgspec.ValidationError as error:
        raise typer.BadParameter(f"--{explained(str(error), Caller)}".replace("`", "", 2)) from None
    stanza = f'[[callers]]\nname = "{caller.name}"\nrole = "{caller.role.value}"\nkey_sha256 = "{digest}"\n'
    if as_json:
        print(json.dumps({"name": name, "role": role, "key": key, "key_sha256": digest, "toml": stanza}))
    else:
        print(f"Key (shown once; the caller sends it as `Authorization: Bearer ...`):\n\n{key}\n")
        print(f"For gate.toml:\n\n{stanza}")


@app.command()
def check(config: ConfigOption = Path("gate.toml"), as_json: JsonOption = False) -> None:
    """Look at a configuration without serving: the file, the folders, the keys, and whom gate.db belongs to.

    Also shows how the radii, and the evidence that estimates need, follow the bank's size. The hub is not asked, and
    nothing is made or changed. Exit code 4 when something must be mended first.

    For example:

      notcontent gate check && systemctl restart notcontent-gate
    """
    from notcontent.gate.checking import look_at
    from notcontent.gate.config import read_config

    settings = read_config(config)
    cursor = look_at(settings)
    in_memory = _in_memory(settings.shared)
    callers = [caller.name for caller in settings.callers]
    radii = {entries: _radii(settings, entries) for entries in _SIZES}
    if as_json:
        answer = {"ok": True, "cursor": cursor, "callers": callers, "shared_in_memory": in_memory}
        by_size = [
            {"entries": entries, "evidence": _evidence(settings, entries)} | by_look
            for entries, by_look in radii.items()
        ]
        print(json.dumps(answer | {"radii": by_size}))
        return
    print("good: file, folders and keys can be used (the hub was not asked)")
    print(f"cursor: {'none yet' if cursor is None else cursor}; callers: {', '.join(callers) or 'none yet'}")
    print("\nby the bank's size, where no rule fits: bits up to which a look blocks / holds")
    print("(-1: never), and the evidence for which an estimate holds (-: none is made)")
    print(f"{'entries':>10}" + "".join(f"{look:>9}" for look in [*radii[_SIZES[0]]["block_radii"], "evidence"]))
    for entries, by_look in radii.items():
        both = zip(by_look["block_radii"].values(), by_look["hold_radii"].values(), strict=True)
        evidence = _evidence(settings, entries)
        cells = [*(f"{block} / {hold}" for block, hold in both), "-" if evidence is None else f"{evidence:.1f}"]
        print(f"{entries:>10,}" + "".join(f"{cell:>9}" for cell in cells))
    if not in_memory:
        typer.echo("warning: shared_dir is not in memory (tmpfs): hashes would lie on a disk in the clear", err=True)


@app.command()
def resync(config: ConfigOption = Path("gate.toml"), as_json: JsonOption = False) -> None:
    """Begin again with a snapshot at the next poll; what is held goes on matching until it is there.

    Needed when `gate status` shows sync: feed_cursor, that is, when the hub was restored from a backup. Do it only
    after the hub's operators have said that withdrawals were recovered.

    For example:

      notcontent gate resync --config gate.toml
    """
    from notcontent.gate.config import read_config
    from notcontent.gate.syncer import open_syncer

    store = open_syncer(read_config(config)).store
    store.forget_cursor()
    store.close()
    print(json.dumps({"ok": True}) if as_json else "the next poll begins with a snapshot")


def lease_words(health: "HealthAnswer") -> tuple[str, ...]:
    """Say how long the gate still answers, in lines that fit a narrow terminal."""
    if health.hold_in_s is None or health.shred_in_s is None or health.shred_in_s <= 0:
        if health.sync in {"", "ok"}:
            return ("it answers nothing yet: the hub's first answer is awaited",)
        return ("it answers nothing until the hub has filled it; sync says why not",)
    ends = f"in {_long(health.shred_in_s)} it deletes its bank and answers nothing"
    if health.hold_in_s <= 0:
        return ("the hub is silent: nothing is blocked, only held", ends)
    return (f"if the hub is silent: in {_long(health.hold_in_s)} it only holds;", ends)


def _told(name: str, value: object) -> str:
    """Tell a field of a gate's health; times, whose names end in _s, in words."""
    if value is None:
        return "-"
    return _long(value) if name.endswith("_s") and isinstance(value, float) else str(value)


def _long(seconds: float) -> str:
    """Tell a time in its two largest units: 6 days 23 hours, 59 minutes 3 seconds."""
    left, parts = int(seconds), list[str]()
    for unit, size in (("day", 86_400), ("hour", 3_600), ("minute", 60), ("second", 1)):
        count, left = divmod(left, size)
        if count or (unit == "second" and not parts):
            parts.append(f"{count} {unit}" + ("" if count == 1 else "s"))
    return " ".join(parts[:2])


def _radii(settings: "GateConfig", entries: int) -> dict[str, dict[str, int]]:
    """Give the radii of each family of looks in a bank of so many entries, where no rule fits; and of patterns."""
    from notcontent.gate.config import Family
    from notcontent.gate.policy import make_policy

    policy = make_policy(settings.policy, settings.looks.budget).at(entries)
    radii = {look.value: policy.general(look) for look in Family}
    radii["pattern"] = policy.general(Family.WHOLE, pattern=True)
    return {
        "block_radii": {look: both.block for look, both in radii.items()},
        "hold_radii": {look: both.hold for look, both in radii.items()},
    }


def _url(host: str, port: int) -> str:
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _health(settings: "GateConfig") -> "HealthAnswer":
    """Ask /v1/health. Raises GateUnreachableError."""
    import httpx

    from notcontent.errors import GateUnreachableError
    from notcontent.exchange.wire import HealthAnswer, decode

    host, port = settings.address
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 (asked, not bound)
    try:
        # Straight to the gate: a proxy of the environment is for the world outside.
        with httpx.Client(trust_env=False, timeout=_STATUS_TIMEOUT_S) as client:
            answer = client.get(f"{_url(host, port)}/v1/health")
    except httpx.TransportError:
        raise GateUnreachableError from None
    return decode(answer.content, HealthAnswer, GateUnreachableError)


def _in_memory(folder: Path) -> bool:
    """Say whether a folder lies on a file system in memory; the longest mount point above it decides."""
    mounts = [line.split(" ")[1:3] for line in Path("/proc/mounts").read_text("utf-8", "replace").splitlines()]
    above = [(point, kind) for point, kind in mounts if folder.is_relative_to(point)]
    return max(above, key=lambda mount: len(mount[0]), default=("", ""))[1] in {"tmpfs", "ramfs"}


def _evidence(settings: "GateConfig", entries: int) -> float | None:
    """Give the evidence that holds a picture in a bank of so many entries; None where nothing is estimated."""
    from notcontent.signals.estimates.worth import least_evidence

    if not settings.estimates.budget:
        return None
    return round(least_evidence(entries, settings.estimates.false_holds), 2)
