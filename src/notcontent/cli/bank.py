"""`notcontent bank`: portable bank files, sealed by a passphrase."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from notcontent.cli.passphrase import read_passphrase

if TYPE_CHECKING:
    from notcontent.cli.hashed_inputs import Input
    from notcontent.matching.bankfile import Bank, BankEntry

app = typer.Typer(
    no_args_is_help=True,
    help="""Make and change bank files: hashes with labels, sealed by a passphrase.

The passphrase is asked for, or comes from --passphrase-file or NOTCONTENT_BANK_PASSPHRASE. Pictures are hashed here
and not kept. No verb shows a hash.
""",
)

_SOME_FAILED = 1
_NAMED = 10

BankArgument = Annotated[Path, typer.Argument(help="The bank file.", show_default=False)]
FilesArgument = Annotated[list[Path] | None, typer.Argument(help="Pictures.", show_default=False)]
HashOption = Annotated[list[str] | None, typer.Option("--hash", help="A hash, 64 hexadecimal digits. Repeatable.")]
HashesOption = Annotated[
    Path | None, typer.Option(help="List: a hash a line, then maybe a label; or what `hash --json` prints. - is stdin.")
]
LabelOption = Annotated[str | None, typer.Option(help="Label for all of them, in place of the files' names.")]
QualityOption = Annotated[int, typer.Option(min=0, max=100, help="Refuse pictures plainer than this.")]
PassphraseOption = Annotated[Path | None, typer.Option(help="File whose first line is the passphrase.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Answer as JSON, one object a line.")]


@dataclass(slots=True)
class _Gathered:
    """What the inputs came to."""

    good: "list[Input]" = field(default_factory=list)
    failed: int = 0


def open_bank(path: Path, passphrase_file: Path | None) -> "Bank":
    """Read a bank file, asking for its passphrase only when it is sealed."""
    return _open(path, passphrase_file)[0]


def _open(path: Path, passphrase_file: Path | None) -> "tuple[Bank, str | None]":
    """Read a bank file; give also the passphrase that opened it."""
    from notcontent.matching.bankfile import is_sealed, read_bank

    passphrase = read_passphrase(passphrase_file) if is_sealed(path) else None
    return read_bank(path, passphrase), passphrase


def _gather(
    files: list[Path] | None, hash_: list[str] | None, hashes: Path | None, min_quality: int, as_json: bool
) -> _Gathered:
    """Read all inputs, telling each that failed. Raises on a malformed hash or list, before any picture is read."""
    from notcontent.cli.hashed_inputs import from_arguments, from_list, from_pictures, progress_of, shown

    given = from_arguments(hash_ or []) + from_list(hashes, min_quality)
    pictures = files or []
    if not given and not pictures:
        raise typer.BadParameter("Give pictures, --hash or --hashes.")
    gathered = _Gathered()
    with progress_of(from_pictures(pictures, min_quality), len(pictures), "Hashing") as progress:
        for each in (*given, *progress):
            if each.error is None:
                gathered.good.append(each)
                continue
            gathered.failed += 1
            if as_json:
                typer.echo(json.dumps({"path": each.name, "error": each.error.code}))
            else:
                typer.echo(f"{shown(each.name)}: {each.error.code}: {each.error}", err=True)
    return gathered


def _merged(entries: "Iterable[BankEntry]", inputs: "list[Input]", label: str | None) -> "list[BankEntry]":
    """Put new inputs behind the entries; a hash that is there already keeps its entry and its label."""
    from notcontent.matching.bankfile import BankEntry

    merged = {entry.value: entry for entry in entries}
    for each in inputs:
        if each.value is not None and each.value not in merged:
            merged[each.value] = BankEntry(each.value, label or each.label)
    return list(merged.values())


def _tell_kept(entries: "Iterable[BankEntry]", inputs: "list[Input]", label: str | None) -> None:
    """Say of inputs that were banked before under another label that they keep it: of the first few by name."""
    from notcontent.cli.hashed_inputs import shown

    labels = {entry.value: entry.label for entry in entries}
    kept = [each.name for each in inputs if each.value in labels and labels[each.value] != (label or each.label)]
    for name in kept[:_NAMED]:
        typer.echo(f"{shown(name)}: already there; label kept", err=True)
    if kept[_NAMED:]:
        typer.echo(f"{len(kept) - _NAMED} more were already there; label kept", err=True)


def _tell_missing(entries: "Iterable[BankEntry]", inputs: "list[Input]", labels: set[str], as_json: bool) -> int:
    """Tell each input and label that no entry has; give how many. A typing error must not look like a removal."""
    from notcontent.cli.hashed_inputs import shown
    from notcontent.errors import NotBankedError

    values, known = {entry.value for entry in entries}, {entry.label for entry in entries}
    missing = [("path", each.name) for each in inputs if each.value not in values]
    missing += [("label", label) for label in sorted(labels - known)]
    for what, name in missing:
        if as_json:
            typer.echo(json.dumps({what: name, "error": NotBankedError.code}))
        else:
            typer.echo(f"{shown(name)}: {NotBankedError.code}: {NotBankedError.message}", err=True)
    return len(missing)


def _tell(answer: Mapping[str, object], sentence: str, as_json: bool) -> None:
    """Answer for programs or for people."""
    typer.echo(json.dumps(answer) if as_json else sentence)


def _entries(count: int) -> str:
    return f"{count} {'entry' if count == 1 else 'entries'}"


@app.command()
def build(  # noqa: PLR0913, PLR0917  one argument an option
    bank: BankArgument,
    files: FilesArgument = None,
    hash_: HashOption = None,
    hashes: HashesOption = None,
    label: LabelOption = None,
    min_quality: QualityOption = 50,
    plain: Annotated[
        bool, typer.Option("--plain", help="Do not seal: anyone who has the file has the hashes.")
    ] = False,
    force: Annotated[bool, typer.Option("--force", help="Replace a file of this name.")] = False,
    passphrase_file: PassphraseOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make a bank file from pictures or hashes.

    A picture that fails is told and left out (exit code 1); with none left, nothing is written.

    For example:

      notcontent bank build friends.ncbank photos/*.jpg

      notcontent bank build friends.ncbank --hashes list.txt --label "case 12"
    """
    from notcontent.errors import BankExistsError
    from notcontent.matching.bankfile import write_bank

    if bank.exists() and not force:
        raise BankExistsError("There is a file of this name already; --force replaces it.")
    gathered = _gather(files, hash_, hashes, min_quality, as_json)
    if not gathered.good:
        raise typer.Exit(_SOME_FAILED)
    entries = _merged([], gathered.good, label)
    passphrase = None if plain else read_passphrase(passphrase_file, confirm=True)
    write_bank(bank, entries, passphrase, replace=force)
    answer = {"entries": len(entries), "added": len(entries), "failed": gathered.failed, "sealed": not plain}
    _tell(answer, f"{_entries(len(entries))} written, {'not sealed' if plain else 'sealed'}.", as_json)
    raise typer.Exit(_SOME_FAILED if gathered.failed else 0)


@app.command()
def info(bank: BankArgument, passphrase_file: PassphraseOption = None, as_json: JsonOption = False) -> None:
    """Open a bank file, check all of it, and show how much it holds: counts, never hashes or labels.

    For example:

      notcontent bank info friends.ncbank --json
    """
    opened = open_bank(bank, passphrase_file)
    labels = len({entry.label for entry in opened.entries})
    sealed = opened.sealing is not None
    answer = {
        "entries": len(opened.entries),
        "labels": labels,
        "sealed": sealed,
        "bytes": opened.file_bytes,
    }
    sentence = f"{_entries(len(opened.entries))}, {labels} different labels, {'sealed' if sealed else 'not sealed'}."
    _tell(answer, sentence, as_json)


@app.command()
def add(
    bank: BankArgument,
    files: FilesArgument = None,
    hash_: HashOption = None,
    hashes: HashesOption = None,
    label: LabelOption = None,
    min_quality: QualityOption = 50,
    passphrase_file: PassphraseOption = None,
    as_json: JsonOption = False,
) -> None:
    """Add pictures or hashes to a bank file; it stays sealed, or plain, as it was.

    A hash that is there already keeps its label. A picture that fails is told and left out (exit code 1).

    For example:

      notcontent bank add friends.ncbank another.jpg

      notcontent hash --json photos/*.jpg | notcontent bank add friends.ncbank --hashes -
    """
    from notcontent.matching.bankfile import write_bank

    opened, passphrase = _open(bank, passphrase_file)
    gathered = _gather(files, hash_, hashes, min_quality, as_json)
    entries = _merged(opened.entries, gathered.good, label)
    _tell_kept(opened.entries, gathered.good, label)
    added = len(entries) - len(opened.entries)
    if added:
        write_bank(bank, entries, passphrase, sealing=opened.sealing)
    _tell(
        {"entries": len(entries), "added": added, "failed": gathered.failed, "sealed": passphrase is not None},
        f"{added} added, {_entries(len(entries))} now.",
        as_json,
    )
    raise typer.Exit(_SOME_FAILED if gathered.failed else 0)


@app.command()
def remove(
    bank: BankArgument,
    files: FilesArgument = None,
    hash_: HashOption = None,
    hashes: HashesOption = None,
    labels: Annotated[list[str] | None, typer.Option("--label", help="Remove all of this label. Repeatable.")] = None,
    passphrase_file: PassphraseOption = None,
    as_json: JsonOption = False,
) -> None:
    """Remove entries from a bank file: by picture or hash (equal bits only), or by label.

    What the bank does not hold is told, as a picture that fails is (exit code 1); the rest is removed.

    For example:

      notcontent bank remove friends.ncbank another.jpg

      notcontent bank remove friends.ncbank --label "case 12"
    """
    from notcontent.matching.bankfile import write_bank

    opened, passphrase = _open(bank, passphrase_file)
    gathered = _Gathered()
    if not labels or files or hash_ or hashes:
        gathered = _gather(files, hash_, hashes, 0, as_json)
    values = {each.value for each in gathered.good}
    gone = set(labels or [])
    entries = [entry for entry in opened.entries if entry.value not in values and entry.label not in gone]
    removed = len(opened.entries) - len(entries)
    if removed:
        write_bank(bank, entries, passphrase, sealing=opened.sealing)
    failed = gathered.failed + _tell_missing(opened.entries, gathered.good, gone, as_json)
    _tell(
        {"entries": len(entries), "removed": removed, "failed": failed, "sealed": passphrase is not None},
        f"{removed} removed, {_entries(len(entries))} now.",
        as_json,
    )
    raise typer.Exit(_SOME_FAILED if failed else 0)
