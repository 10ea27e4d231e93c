"""The command line: one file a verb. Answers on stdout, talk on stderr, exit codes in one table.

0 done, nothing matched · 1 an internal error, or some inputs failed (each has its line) · 2 usage, or a
malformed argument · 3 a match was found · 4 configuration, file or storage refused · 5 the peer refused or
does not answer · 130 interrupted.

A path is declared with `readable=False`: its verb opens it and says with a code what is wrong with it. Typer, which
would look first, takes what it may not read for a misuse of the shell.
"""

import errno
import inspect
import json
import os
import re
import signal
import sys
from contextlib import suppress
from importlib import import_module
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from notcontent import __version__
from notcontent.cli.interrupt import INTERRUPTED, listen
from notcontent.errors import ExtraMissingError, FileUnreadableError, NotContentError, StorageError

if TYPE_CHECKING:
    import typer

SINGLE_VERBS = ("hash", "match", "explain", "scan", "demo")
GROUPS = ("bank", "hub", "gate", "lineage")

INTERNAL = 1

_EXTRAS = {
    "hub": ("django", "allauth", "argon2", "gunicorn", "mnemonic", "psycopg", "whitenoise"),
    "gate": ("httpx", "prometheus_client", "uvicorn", "httptools", "uvloop"),
    "browser": ("playwright",),
    "scan": ("daft", "pyarrow"),
    "scan-cluster": ("ray",),
    "video": ("av",),
    "lineage": ("typst",),
}
"""Which extra brings which module: what a machine lacks is named by what to install."""

_INSTALL = (
    "In the folder of the sources: make .venv/bin/uv && .venv/bin/uv pip install --python .venv/bin/python"
    " --build-constraint build-requirements.lock --constraint requirements.lock --editable "
)
"""From the sources and their lock files: whoever has this name on a public index is somebody else."""

_PATHS = frozenset({"--bank", "--book", "--config", "--hashes", "--hub", "--key-file", "--out", "--passphrase-file"})
"""Options that name a file or folder: one that cannot be read is told by its option, since no error carries a path."""

_EPILOG = (
    "Exit codes: 0 done · 1 some inputs failed · 2 usage · 3 a match · 4 configuration or file · 5 the peer"
    " · 130 interrupted."
)


def _version(wanted: bool) -> None:
    if wanted:
        import typer

        typer.echo(f"notcontent {__version__}")
        raise typer.Exit


def build_app() -> "typer.Typer":
    """Put the verbs together. Their modules import nothing heavy until a verb runs."""
    import typer  # here, where `main` hears Ctrl-C already

    from notcontent.cli.flags import Group, Verb
    from notcontent.cli.misuse import Verbs

    app = typer.Typer(
        name="notcontent",
        cls=Verbs,
        help="Stop intimate pictures from being shared again: hash on the device, share hashes, screen uploads.",
        epilog=_EPILOG,
        no_args_is_help=True,
        add_completion=False,
        rich_markup_mode="rich",
        pretty_exceptions_enable=False,
    )

    @app.callback()
    def options(
        version: bool = typer.Option(False, "--version", help="Show the version.", is_eager=True, callback=_version),
    ) -> None:
        """Stop intimate pictures from being shared again: hash on the device, share hashes, screen uploads."""

    for verb in SINGLE_VERBS:
        import_module(f"notcontent.cli.{verb}").register(app)
    for group in GROUPS:
        app.add_typer(import_module(f"notcontent.cli.{group}").app, name=group)
    groups = [group.typer_instance for group in app.registered_groups if group.typer_instance is not None]
    for each in groups:
        each.info.help, each.info.cls = _flowing(each.info.help or ""), Group
    for command in (command for each in (app, *groups) for command in each.registered_commands):
        command.help = _flowing(command.help or inspect.getdoc(command.callback) or "")
        command.cls = Verb
    return app


def _flowing(told: str) -> str:
    """Let a terminal break a help's sentences where it ends and not where the source does; examples stay as they are.

    Typer itself does so with a help's first paragraph alone. Of what follows it takes away what all lines but the first
    are indented by: so that examples keep theirs, the second paragraph begins with an empty line, which is not shown.
    """
    first, *others = re.split("\n{2,}", inspect.cleandoc(told))
    flowing = (each if each.startswith(" ") else each.replace("\n", " ") for each in others)
    return "\n\n".join([first.replace("\n", " ") + "\n" * bool(others), *flowing])


def main() -> None:
    """Run one verb and leave with its exit code. A deliberate error is one line; no trace shows data."""
    # Before NumPy is loaded, here and in what is started: on matrices as small as ours more threads only wait.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    _have_streams()
    listen()
    try:
        _answer()
    except KeyboardInterrupt:
        _leave_interrupted()
    except SystemExit as left:
        # Typer makes an exit of a Ctrl-C that no verb answered for itself, and says nothing.
        if left.__context__ is not None and isinstance(left.__context__.__cause__, KeyboardInterrupt):
            _leave_interrupted()
        raise
    except BrokenPipeError:
        # `notcontent hash ... | head`: nobody reads on, and nothing can be said about it.
        _forget_stdout()
        sys.exit(INTERNAL)
    except Exception as error:
        told = error if isinstance(error, NotContentError) else _missing_extra(error)
        if told is not None:
            _say(told.code, str(told))
            sys.exit(told.exit_code)
        if os.environ.get("NOTCONTENT_TRACE"):
            raise
        told = _refused(error) if isinstance(error, OSError) else None
        if told is not None:
            _say(told.code, str(told))
            sys.exit(told.exit_code)
        # The text of an unforeseen error may quote what it choked on: only its kind is shown.
        _say("internal", f"An unforeseen {type(error).__name__}. NOTCONTENT_TRACE=1 shows where; it may show data.")
        sys.exit(INTERNAL)


def _have_streams() -> None:
    """Lead to nowhere what the caller closed: Python has None there, and the next file that is opened its number."""
    for number, name in ((1, "stdout"), (2, "stderr")):
        if getattr(sys, name) is None:
            _lead_to_nowhere(number)
            setattr(sys, name, os.fdopen(number, "w", closefd=False))


def _answer() -> None:
    """Run the verb, and send what it said on its way: at the interpreter's own end nobody is told what is lost."""
    try:
        build_app()()
    except SystemExit:
        sys.stdout.flush()
        raise


def _refused(error: OSError) -> NotContentError | None:
    """Say what the system refused a verb that did not expect it."""
    if error.filename is not None:
        # A path on which a room only looked: its folder may not be entered, or its name is too long.
        return FileUnreadableError.of(error, _role(str(error.filename)))
    if error.errno in {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO}:
        # Without a name: most often it is stdout, led into a file.
        return StorageError("The answer, or a file, cannot be written: is the disk full?")
    return None


def _role(path: str) -> str:
    """Say which of the words on the command line names a path, or a folder that it lies in."""
    words = sys.argv[1:]
    given = [*pairwise(words), *(word.split("=", 1) for word in words if "=" in word)]
    named = [(Path(value), name) for name, value in given if name in _PATHS and Path(value).name not in {"", ".."}]
    fit = [(len(each.parts), name) for each, name in named if Path(path).is_relative_to(each)]
    return f"What {max(fit)[1]} names" if fit else "A file or folder that this needs"


def _leave_interrupted() -> NoReturn:
    """Say that Ctrl-C ended the verb. Pressed again, it changes nothing any more."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _say("interrupted", "Stopped.")
    sys.exit(INTERRUPTED)


def _missing_extra(error: Exception) -> NotContentError | None:
    """Name the extra to install when a verb needs a module that this machine lacks."""
    if not isinstance(error, ModuleNotFoundError):
        return None
    module = (error.name or "").split(".")[0]
    extra = next((extra for extra, modules in _EXTRAS.items() if module in modules), None)
    return ExtraMissingError(f"This needs the extra `{extra}`. {_INSTALL}'.[{extra}]'") if extra else None


def _say(code: str, message: str) -> None:
    """Tell an error: on stderr for people, on stdout as an object where --json was asked for and it can be written."""
    as_object = "--json" in sys.argv[1:]
    try:
        if as_object:
            sys.stdout.write(json.dumps({"error": code, "message": message}) + "\n")
        sys.stdout.flush()
    except OSError:
        _forget_stdout()
        as_object = False
    if not as_object:
        with suppress(OSError):  # the disk that was full for the answer, say: what is left is the exit code
            sys.stderr.write(f"notcontent: {code}: {message}\n")


def _forget_stdout() -> None:
    """Lead to nowhere what still waits to be written: Python would try again at its end, and fail with a trace."""
    _lead_to_nowhere(sys.stdout.fileno())


def _lead_to_nowhere(number: int) -> None:
    made = os.open(os.devnull, os.O_WRONLY)
    if made != number:
        os.dup2(made, number)
        os.close(made)
