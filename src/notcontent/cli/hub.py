"""`notcontent hub`: set up and run a hub."""

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(
    no_args_is_help=True,
    help="""Set up and run a hub: the side of the organisation that people trust.

For example:

  notcontent hub migrate --config hub.toml

  notcontent hub create-operator mara --config hub.toml

  notcontent hub create-member example-social --title "Example Social"

  notcontent hub create-key example-social --label "first gate"

  notcontent hub serve --config hub.toml
""",
)

_SHELL = "shell"  # who acts, in the audit chain, when it is done at the machine itself

ConfigOption = Annotated[
    Path,
    typer.Option(readable=False, help="The hub's configuration.", envvar="NOTCONTENT_HUB_CONFIG", show_default=True),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Answer as JSON.")]
PasswordOption = Annotated[bool, typer.Option("--password-stdin", help="Read the password's one line from stdin.")]
_CONFIG = Path("hub.toml")


@app.command()
def migrate(config: ConfigOption = _CONFIG, as_json: JsonOption = False) -> None:
    """Make or bring up to date what a hub needs: key ring, database, tables. Safe to call again.

    For example:

      notcontent hub migrate --config hub.toml
    """
    from notcontent.hub.boot import migrate as run

    answer = run(config)
    _answer(as_json, {"origin": answer.origin, "migrated": True}, "The hub is ready to serve.")


@app.command()
def serve(config: ConfigOption = _CONFIG) -> None:
    """Run the web server and the tick until SIGTERM or Ctrl-C. Restarts what ends; its log holds codes and counts.

    For example:

      notcontent hub serve --config hub.toml
    """
    from notcontent.hub.serve import serve as run

    run(config)


@app.command()
def tick(config: ConfigOption = _CONFIG, as_json: JsonOption = False) -> None:
    """Do once what is due: publish an epoch, erase what is past its days, end unvisited cases. `serve` does it too.

    For example:

      notcontent hub tick --config hub.toml --json
    """
    _boot(config)
    from dataclasses import asdict

    from django.utils import timezone

    from notcontent.hub import flows

    done = asdict(flows.tick(timezone.now()))
    _answer(as_json, done, " ".join(f"{name}={count}" for name, count in done.items()))


@app.command()
def create_operator(
    name: Annotated[str, typer.Argument(help="The name to sign in with.")],
    config: ConfigOption = _CONFIG,
    password_stdin: PasswordOption = False,
    totp: Annotated[bool, typer.Option(help="Set up an authenticator app now and show its secret, once.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Make an operator for the desk. Without --totp, the first sign-in sets up the second factor.

    For example:

      notcontent hub create-operator mara --config hub.toml
    """
    _boot(config)
    from notcontent.hub.accounts.operators import create_operator as run

    made = run(name, _password(password_stdin), totp=totp)
    lines = [f"Operator {made.name} made."]
    if made.otpauth_uri:
        lines.append(f"Add this to an authenticator app; it is not shown again: {made.otpauth_uri}")
    answer = {"operator": made.name, "totp_secret": made.totp_secret, "otpauth_uri": made.otpauth_uri}
    _answer(as_json, answer, "\n".join(lines))


@app.command()
def reset_operator(
    name: Annotated[str, typer.Argument(help="The operator's name.")],
    config: ConfigOption = _CONFIG,
    password_stdin: PasswordOption = False,
    as_json: JsonOption = False,
) -> None:
    """Give an operator a new password and take away every second factor; ends their sessions.

    For example:

      notcontent hub reset-operator mara --config hub.toml
    """
    _boot(config)
    from notcontent.hub.accounts.operators import reset_operator as run

    run(name, _password(password_stdin))
    _answer(as_json, {"operator": name, "reset": True}, f"Operator {name} reset.")


@app.command()
def disable_operator(
    name: Annotated[str, typer.Argument(help="The operator's name.")],
    config: ConfigOption = _CONFIG,
    as_json: JsonOption = False,
) -> None:
    """Shut an operator out at once. `reset-operator` lets them in again.

    For example:

      notcontent hub disable-operator mara --config hub.toml
    """
    _boot(config)
    from notcontent.hub.accounts.operators import disable_operator as run

    run(name)
    _answer(as_json, {"operator": name, "disabled": True}, f"Operator {name} disabled.")


@app.command()
def create_member(
    name: Annotated[str, typer.Argument(help="a-z, 0-9 and hyphens. It never changes.")],
    title: Annotated[str, typer.Option(help="The name that people read.")],
    description: Annotated[str, typer.Option(help="One sentence that people read when they choose.")] = "",
    config: ConfigOption = _CONFIG,
    as_json: JsonOption = False,
) -> None:
    """Register a member: an organisation that runs a gate.

    For example:

      notcontent hub create-member example-social --title "Example Social"
    """
    _boot(config)
    from notcontent.hub import flows

    flows.create_member(_SHELL, name, title, description)
    _answer(as_json, {"member": name}, f"Member {name} registered.")


@app.command()
def create_key(
    member: Annotated[str, typer.Argument(help="The member's name.")],
    label: Annotated[str, typer.Option(help="What it is for.")] = "",
    scope: Annotated[list[str] | None, typer.Option(help="feed:read (the default). Repeatable.")] = None,
    config: ConfigOption = _CONFIG,
    as_json: JsonOption = False,
) -> None:
    """Make a member's key. It is shown this once: put it into a file that only the gate may read.

    For example:

      notcontent hub create-key example-social --label "first gate"
    """
    from notcontent.hub.answers import Scope

    known = {each.value: each for each in Scope}
    scopes = scope or [Scope.FEED_READ.value]
    if not set(scopes) <= known.keys():
        raise typer.BadParameter(f"A scope is one of {', '.join(known)}.")
    _boot(config)
    from notcontent.hub import flows

    made = flows.create_member_key(_SHELL, member, label, [known[each] for each in scopes])
    answer = {"key_id": made.key_id, "key": made.text, "gate_toml": made.gate_toml}
    _answer(as_json, answer, f"{made.text}\n\n{made.gate_toml}")


@app.command()
def revoke_key(
    key_id: Annotated[str, typer.Argument(help="The key's public part: 8 digits, as the desk shows it.")],
    config: ConfigOption = _CONFIG,
    as_json: JsonOption = False,
) -> None:
    """Refuse a member's key from now on.

    For example:

      notcontent hub revoke-key 1f2e3d4c
    """
    _boot(config)
    from notcontent.hub import flows

    flows.revoke_member_key(_SHELL, key_id)
    _answer(as_json, {"key_id": key_id, "revoked": True}, f"Key {key_id} revoked.")


@app.command()
def verify_audit(config: ConfigOption = _CONFIG, as_json: JsonOption = False) -> None:
    """Recompute the audit chain. Exits 1 when a record was altered, taken out or put in.

    For example:

      notcontent hub verify-audit --json
    """
    _boot(config)
    from notcontent.hub.audit.services import verify

    state = verify()
    whole = state.broken_at is None
    answer = {"records": state.records, "whole": whole, "broken_at": state.broken_at, "head": state.head}
    said = f"{state.records} records, whole. Head: {state.head}" if whole else f"Broken at record {state.broken_at}."
    _answer(as_json, answer, said)
    if not whole:
        raise typer.Exit(1)


def _boot(config: Path) -> None:
    from notcontent.hub.boot import boot, check_ready

    boot(config)
    check_ready()


def _password(from_stdin: bool) -> str:
    """Ask for a password twice, or take stdin's first line."""
    from notcontent.cli.asking import ask_secret

    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    return ask_secret("Password", confirm=True)


def _answer(as_json: bool, answer: Mapping[str, object], said: str) -> None:
    typer.echo(json.dumps(answer) if as_json else said)
