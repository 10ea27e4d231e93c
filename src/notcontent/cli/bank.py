"""`notcontent bank`: portable bank files, sealed by a passphrase."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from notcontent.cli.passphrase import read_passphrase
from notcontent.cli.waiting import waiting

if TYPE_CHECKING:
    from notcontent.cli.hashed_inputs import Input
    from notcontent.matching.bankfile import Bank, BankEntry

app = typer.Typer(
    no_args_is_help=True,
    help="""Make and change bank files: hashes with labels, sealed by a passphrase.

The passphrase is asked for, or comes from --passphrase-file or NOTCONTENT_BANK_PASSPHRASE. Pictures and
videos are hashed here and not kept. No verb shows a hash.
""",
)

_SOME_FAILED = 1
_NAMED = 10

BankArgument = Annotated[Path, typer.Argument(readable=False, help="The bank file.", show_default=False)]
FilesArgument = Annotated[
    list[Path] | None, typer.Argument(readable=False, help="Pictures and videos.", show_default=False)
]
HashOption = Annotated[list[str] | None, typer.Option("--hash", help="A hash, 64 hexadecimal digits. Repeatable.")]
HashesOption = Annotated[
    Path | None,
    typer.Option(
        readable=False, help="List: a hash a line, then maybe a label; or what `hash --json` prints. - is stdin."
    ),
]
LabelOption = Annotated[str | None, typer.Option(help="Label for all of them, in place of the files' names.")]
QualityOption = Annotated[int, typer.Option(min=0, max=100, help="Refuse pictures plainer than this.")]
PassphraseOption = Annotated[Path | None, typer.Option(readable=False, help="File whose first line is the passphrase.")]
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
    with waiting("Opening the bank"):
        return read_bank(path, passphrase), passphrase


def _gather(
    files: list[Path] | None, hash_: list[str] | None, hashes: Path | None, min_quality: int, as_json: bool
) -> _Gathered:
    """Read all inputs, telling each that failed. Raises on a malformed hash or list, before any picture is read."""
    from notcontent.cli.hashed_inputs import from_arguments, from_files, from_list, shown
    from notcontent.cli.videos import Teller, progress_of

    given = from_arguments(hash_ or []) + from_list(hashes, min_quality)
    pictures = files or []
    if not given and not pictures:
        raise typer.BadParameter("Give pictures or videos, --hash or --hashes.")
    gathered, teller = _Gathered(), Teller()
    with progress_of(from_files(pictures, min_quality, teller), len(pictures), "Hashing", teller) as progress:
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


_Film = tuple[tuple[int, bytes], ...]
"""What tells two videos of a bank apart: their frames' times and hashes."""


def _films(entries: "Iterable[BankEntry]") -> "dict[int, _Film]":
    """Give the videos of a bank by their numbers in the file."""
    films: dict[int, list[tuple[int, bytes]]] = {}
    for entry in entries:
        if entry.frame is not None:
            films.setdefault(entry.frame.group, []).append((entry.frame.t_ms, entry.value))
    return {group: tuple(sorted(frames)) for group, frames in films.items()}


def _film(each: "Input") -> _Film:
    return tuple(sorted((frame.t_ms, frame.value) for frame in each.frames))


def _merged(entries: "Sequence[BankEntry]", inputs: "list[Input]", label: str | None) -> "list[BankEntry]":
    """Put new inputs behind the entries; a picture or video that is there already keeps its entries and label."""
    from notcontent.matching.bankfile import BankEntry, FramePlace

    merged = list(entries)
    pictures = {entry.value for entry in entries if entry.frame is None}
    films = _films(entries)
    known = set(films.values())
    group = max(films, default=-1)
    for each in inputs:
        if each.value is not None and each.value not in pictures:
            pictures.add(each.value)
            merged.append(BankEntry(each.value, label or each.label))
        elif each.frames and (film := _film(each)) not in known:
            known.add(film)
            group += 1
            merged += [BankEntry(value, label or each.label, FramePlace(group, t_ms)) for t_ms, value in film]
    return merged


def _without(entries: "Sequence[BankEntry]", inputs: "list[Input]", labels: set[str]) -> "list[BankEntry]":
    """Leave out equal hashes (also of frames), equal videos, and labels."""
    values = {each.value for each in inputs}
    films = {_film(each) for each in inputs if each.frames}
    groups = {group for group, film in _films(entries).items() if film in films}
    return [
        entry
        for entry in entries
        if entry.value not in values
        and entry.label not in labels
        and not (entry.frame is not None and entry.frame.group in groups)
    ]


def _tell_kept(entries: "Sequence[BankEntry]", inputs: "list[Input]", label: str | None) -> None:
    """Say of inputs that were banked before under another label that they keep it: of the first few by name."""
    from notcontent.cli.hashed_inputs import shown

    pictures = {entry.value: entry.label for entry in entries if entry.frame is None}
    groups = {entry.frame.group: entry.label for entry in entries if entry.frame is not None}
    films = {film: groups[group] for group, film in _films(entries).items()}
    held = [(each, films.get(_film(each)) if each.frames else pictures.get(each.value or b"")) for each in inputs]
    kept = [each.name for each, before in held if before is not None and before != (label or each.label)]
    for name in kept[:_NAMED]:
        typer.echo(f"{shown(name)}: already there; label kept", err=True)
    if kept[_NAMED:]:
        typer.echo(f"{len(kept) - _NAMED} more were already there; label kept", err=True)


def _tell_missing(entries: "Sequence[BankEntry]", inputs: "list[Input]", labels: set[str], as_json: bool) -> int:
    """Tell each input and label that no entry has; give how many. A typing error must not look like a removal."""
    from notcontent.cli.hashed_inputs import shown
    from notcontent.errors import NotBankedError

    values, known = {entry.value for entry in entries}, {entry.label for entry in entries}
    films = set(_films(entries).values())
    missing = [
        ("path", each.name)
        for each in inputs
        if (_film(each) not in films if each.frames else each.value not in values)
    ]
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
    """Make a bank file from pictures, videos or hashes.

    A file that fails is told and left out (exit code 1); with none left, nothing is written.

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
    videos = len(_films(opened.entries))
    sealed = opened.sealing is not None
    answer = {
        "entries": len(opened.entries),
        "labels": labels,
        "videos": videos,
        "sealed": sealed,
        "bytes": opened.file_bytes,
    }
    films = f", {videos} {'video' if videos == 1 else 'videos'}" if videos else ""
    seal = "sealed" if sealed else "not sealed"
    sentence = f"{_entries(len(opened.entries))}, {labels} different labels{films}, {seal}."
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
    """Add pictures, videos or hashes to a bank file; it stays sealed, or plain, as it was.

    What is there already keeps its label. A file that fails is told and left out (exit code 1).

    For example:

      notcontent bank add friends.ncbank another.jpg

      notcontent hash --json *.jpg | notcontent bank add friends.ncbank --hashes -
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
    """Remove entries from a bank file: by picture, video or hash (equal bits only), or by label.

    What the bank does not hold is told, as a file that fails is (exit code 1); the rest is removed.

    For example:

      notcontent bank remove friends.ncbank another.jpg

      notcontent bank remove friends.ncbank --label "case 12"
    """
    from notcontent.matching.bankfile import write_bank

    opened, passphrase = _open(bank, passphrase_file)
    gathered = _Gathered()
    if not labels or files or hash_ or hashes:
        gathered = _gather(files, hash_, hashes, 0, as_json)
    entries = _without(opened.entries, gathered.good, set(labels or []))
    removed = len(opened.entries) - len(entries)
    if removed:
        write_bank(bank, entries, passphrase, sealing=opened.sealing)
    failed = gathered.failed + _tell_missing(opened.entries, gathered.good, set(labels or []), as_json)
    _tell(
        {"entries": len(entries), "removed": removed, "failed": failed, "sealed": passphrase is not None},
        f"{removed} removed, {_entries(len(entries))} now.",
        as_json,
    )
    raise typer.Exit(_SOME_FAILED if failed else 0)
