"""`notcontent scan`: screen a whole archive against a bank file or a running gate."""

import logging
import os
import stat
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from urllib.parse import urlsplit

import typer

from notcontent.cli.scan_stop import NOTHING, Press, Stop, stdout_kept, stopping
from notcontent.cli.waiting import waiting
from notcontent.errors import ConfigError, FileUnreadableError

if TYPE_CHECKING:
    from notcontent.scan.bank import Compared
    from notcontent.scan.pipeline import Place, Scan, Summary
    from notcontent.scan.stage import Screening

_HELP = """Screen an archive against a bank file, or a running gate.

SRC is a folder, a pattern ('photos/**/*.jpg', in quotes), a prefix of an object store (s3://bucket/prefix), or a \
list: Parquet or CSV with a column `hash`, or with a column `url` or `path` that names pictures. Each file becomes a \
row of OUT/results/*.parquet with its verdict, never with its hash. A file that cannot be screened is a row that says \
why. A match is a reason to look, never proof.

With --estimates 400 a picture that nothing of the bank is near is also estimated, as at a gate: what it may have been \
cropped, turned or painted over from is held for a person to judge. That takes twice the computing time or \
more, so it is off unless you ask for it.

A scan that was stopped goes on with --resume: give the same sources, bank and settings.

Videos are not read: they are counted as skipped, which is no failure. Of a GIF that moves the first picture alone is \
screened. match takes both, and so does a gate.

Exit code: 3 when something was found (also when other files failed), 1 when nothing was found but some files failed, \
0 when all pictures were screened and nothing was found.

For example:

  notcontent scan photos --bank friends.ncbank --out scanned

  notcontent scan 's3://archive/2026/**/*.jpg' \\
    --endpoint https://store.example.org --bank friends.ncbank --out scanned

  notcontent scan hashes.parquet --gate http://127.0.0.1:8800 \\
    --key-file gate.key --out scanned --resume
"""

_FOUND, _SOME_FAILED = 3, 1
_KEY = "NOTCONTENT_GATE_KEY"
_MOST_KEY_BYTES = 4096
_SCREENED, _WHERE, _BOUNDS = "What to compare with", "Where it runs", "Bounds"


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("scan", help=_HELP)(scan)


def scan(  # noqa: PLR0913, PLR0917 - one argument an option
    sources: Annotated[list[str], typer.Argument(help="What to scan.", metavar="SRC...", show_default=False)],
    out: Annotated[
        Path, typer.Option(readable=False, help="Folder for the results: new, empty, or that of the scan to resume.")
    ],
    bank: Annotated[Path | None, typer.Option(readable=False, help="Bank file.", rich_help_panel=_SCREENED)] = None,
    passphrase_file: Annotated[
        Path | None,
        typer.Option(readable=False, help="File whose first line opens the bank.", rich_help_panel=_SCREENED),
    ] = None,
    radius: Annotated[
        int | None,
        typer.Option(min=0, max=63, help="Most bits, of 256, that may differ; 31.", rich_help_panel=_SCREENED),
    ] = None,
    min_quality: Annotated[
        int | None,
        typer.Option(min=0, max=100, help="Do not compare pictures plainer than this; 50.", rich_help_panel=_SCREENED),
    ] = None,
    gate: Annotated[
        str | None, typer.Option(help="Address of a gate, in place of a bank.", rich_help_panel=_SCREENED)
    ] = None,
    key_file: Annotated[
        Path | None,
        typer.Option(
            readable=False, help=f"File whose first line is the gate's key; or set {_KEY}.", rich_help_panel=_SCREENED
        ),
    ] = None,
    looks: Annotated[
        int, typer.Option(min=1, max=255, help="Most looks at a picture; 1: as it is alone.", rich_help_panel=_SCREENED)
    ] = 48,
    estimates: Annotated[
        int,
        typer.Option(
            min=0,
            max=1000,
            help="Most estimates of a picture, as a gate makes them; 0: none.",
            rich_help_panel=_SCREENED,
        ),
    ] = 0,
    false_holds: Annotated[
        float | None,
        typer.Option(
            min=1e-9, max=0.1, help="Share of strangers that estimates may hold; 0.0001.", rich_help_panel=_SCREENED
        ),
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with the scan in OUT.")] = False,
    workers: Annotated[
        int | None, typer.Option(min=1, max=256, help="Threads; as many as cores.", rich_help_panel=_WHERE)
    ] = None,
    ray: Annotated[
        str | None, typer.Option(help="Run on the Ray cluster at this address.", rich_help_panel=_WHERE)
    ] = None,
    endpoint: Annotated[
        str, typer.Option(help="Address of the object store; Amazon's without.", rich_help_panel=_WHERE)
    ] = "",
    region: Annotated[str, typer.Option(help="Region of the object store.", rich_help_panel=_WHERE)] = "",
    anonymous: Annotated[
        bool, typer.Option("--anonymous", help="Read the store without credentials.", rich_help_panel=_WHERE)
    ] = False,
    timeout: Annotated[float, typer.Option(min=0.1, help="Seconds for one picture.", rich_help_panel=_BOUNDS)] = 20.0,
    memory_mb: Annotated[
        int, typer.Option(min=64, help="MiB for decoding one picture.", rich_help_panel=_BOUNDS)
    ] = 1024,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object at the end.")] = False,
) -> None:
    """Run the verb."""
    if bank is None and gate is None:
        raise typer.BadParameter("Give --bank or --gate.")
    if bank is not None and gate is not None:
        raise typer.BadParameter("Give --bank or --gate, not both.")
    if gate is not None and (radius is not None or min_quality is not None):
        raise typer.BadParameter("With --gate, its own policy decides: leave out --radius and --min-quality.")
    if gate is not None and (estimates or false_holds is not None):
        raise typer.BadParameter("A gate is asked about hashes, and nothing is estimated from these: give --bank.")
    # Daft's log lines name what it reads, and there are many of its loggers: none of them speaks.
    logging.disable(logging.CRITICAL)
    stop = Stop(as_json, out / "results", sofar=None if resume else NOTHING)
    with stopping(stop):
        with waiting("Loading"):  # Daft takes its seconds
            from notcontent.cli.hashed_inputs import shown
            from notcontent.cli.scan_summary import show_json, show_text
            from notcontent.matching.estimating import DEFAULT_FALSE_HOLDS, EstimatePolicy
            from notcontent.scan.objects import StoreOptions
            from notcontent.scan.pipeline import PICTURES_A_BATCH, PICTURES_A_CLUSTER_BATCH, Scan
            from notcontent.scan.plan import IDENTITY
            from notcontent.scan.sources import parse_sources
            from notcontent.scan.stage import Screening
            from notcontent.signals.worker import WorkerLimits

        policy = EstimatePolicy(
            estimates,
            DEFAULT_FALSE_HOLDS if false_holds is None else false_holds,
            50 if min_quality is None else min_quality,
        )
        limits = WorkerLimits(memory_mb=memory_mb, budget=looks, sketches=policy.budget > 0)
        screening = Screening(limits, timeout, StoreOptions(endpoint, anonymous, region))
        stop.press = Press.RAISES
        wanted = Scan(
            sources=parse_sources(sources),
            out=out,
            screening=screening,
            radius=31 if radius is None else radius,
            estimates=policy,
            gate=gate,
            resume=resume,
            pictures_a_batch=PICTURES_A_BATCH if ray is None else PICTURES_A_CLUSTER_BATCH,
        )
        if bank is not None:
            compared, digest = _bank(bank, passphrase_file, wanted)
            wanted = replace(wanted, bank=digest)
        else:
            compared = _gate(gate or "", key_file)
        if resume and not (out / IDENTITY).exists():
            sys.stderr.write(f"Nothing to resume in {shown(str(out))}: starting.\n")
        summary = _run(wanted, _place(screening, compared, workers, ray), stop)
    (show_json if as_json else show_text)(summary, out)
    raise typer.Exit(_FOUND if summary.tally.found else _SOME_FAILED if summary.tally.errors else 0)


def _run(wanted: "Scan", place: "Place", stop: Stop) -> "Summary":
    """Scan, with talk; Ctrl-C ends the process with a report of what was done."""
    from notcontent.cli.scan_talk import watching
    from notcontent.scan.pipeline import run

    with stdout_kept(stop):
        try:
            with watching(stop) as watcher:
                return run(wanted, place, watcher)
        except (KeyboardInterrupt, Exception) as ended:
            # A query that was cancelled may end in any way.
            if stop.asked or isinstance(ended, KeyboardInterrupt):
                stop.end()
            raise


def _bank(bank: Path, passphrase_file: Path | None, wanted: "Scan") -> "tuple[Compared, str]":
    """Open the bank file; give what to compare with, and how to know the file again."""
    from notcontent.cli.bank import open_bank
    from notcontent.scan.bank import BankCompared, bank_rows
    from notcontent.scan.pipeline import digest_of

    opened = open_bank(bank, passphrase_file)
    with waiting("Opening the bank"):
        return BankCompared(bank_rows(opened), wanted.radius, wanted.estimates), digest_of(bank)


def _gate(url: str, key_file: Path | None) -> "Compared":
    """Read the gate's address and key. Raises ConfigError, FileUnreadableError."""
    from notcontent.scan.gate_lookup import GateCompared

    try:
        address = urlsplit(url)
        proper = address.scheme in {"http", "https"} and address.hostname and address.port != 0
    except ValueError:  # a port that is none
        proper = False
    if not proper or address.username or address.query:
        raise typer.BadParameter("A gate is given as http://host:port.")
    return GateCompared(url, _read_key(key_file))


def _read_key(file: Path | None) -> str:
    """Take the gate's key from a file that its owner alone may read, else from the environment."""
    if file is None:
        key = os.environ.get(_KEY, "")
    else:
        try:
            with file.open("rb") as opened:
                mode = os.fstat(opened.fileno()).st_mode
                if stat.S_ISREG(mode) and mode & 0o077:
                    raise ConfigError("The key file may be read by others: chmod 600 it.")
                key = opened.readline(_MOST_KEY_BYTES).decode("ascii").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise FileUnreadableError.of(error, "The key file") from error
    if not key:
        raise ConfigError(f"The gate's key is missing: give --key-file, or set {_KEY}.")
    if not (key.isascii() and key.isprintable()):
        raise ConfigError("The gate's key holds what no key holds.")
    return key


def _place(screening: "Screening", compared: "Compared", workers: int | None, ray: str | None) -> "Place":
    """Choose where it runs."""
    if ray is not None:
        from notcontent.scan.cluster import on_cluster

        return on_cluster(screening, compared, ray)
    from notcontent.scan.pipeline import here

    return here(screening, compared, workers or len(os.sched_getaffinity(0)))
