"""A hub and a gate on loopback, set up by the same verbs that a stranger would use, each a process of its own."""

import json
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import httpx

from notcontent.errors import DemoError, StorageError
from notcontent.exchange.wire import HubInfo, decode

MEMBER = "example-social"
OPERATOR = "demo"
POLL_S = 2
_START_S = 900.0
"""Only against a service that hangs: one that ends is noticed at once."""
_TELL_EVERY_S = 15.0
_STOP_S = 15.0
_ANSWER_S = 60.0


@dataclass(frozen=True, slots=True, repr=False)
class Site:
    """The running site: where its doors are, and the keys to them. Everything here is made up anew each time."""

    folder: Path
    hub_url: str
    gate_url: str
    staff_key: str
    password: str
    totp_secret: str


def verb(*words: str, stdin: str | None = None) -> dict[str, object]:
    """Run one verb of ours with --json and read its answer. Raises DemoError with the verb's own message."""
    command = [sys.executable, "-P", "-m", "notcontent", *words, "--json"]
    done = subprocess.run(command, input=stdin, capture_output=True, text=True, check=False)  # noqa: S603 (our own verbs)
    if done.returncode:
        raise DemoError(f"`notcontent {words[0]} {words[1]}` failed: {(done.stdout + done.stderr).strip()[-300:]}")
    answer: dict[str, object] = json.loads(done.stdout)
    return answer


def _port(preferred: int) -> int:
    """Give the preferred port when it is free, else any free one."""
    for port in (preferred, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise DemoError("No port is free on loopback.")


@contextmanager
def _process(name: str, words: Sequence[str], folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Run a service until the context ends; what it says goes to a file in the folder."""
    with (folder / f"{name}.log").open("ab") as log:
        process = subprocess.Popen(  # noqa: S603 (our own verbs)
            [sys.executable, "-P", "-m", "notcontent", *words], stdout=log, stderr=log, start_new_session=True
        )
        try:
            yield process
        finally:
            process.terminate()
            try:
                process.wait(_STOP_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def wait_for(name: str, url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    """Wait until a door answers, as long as its process lives, and say so on stderr from time to time.

    Raises DemoError when the process ends first, or lives for a quarter of an hour without answering.
    """
    began = told = time.monotonic()
    while process.poll() is None:
        with suppress(httpx.TransportError):
            if httpx.get(url, timeout=5).status_code == httpx.codes.OK:
                return
        time.sleep(0.1)
        now = time.monotonic()
        if now - began > _START_S:
            raise DemoError(f"The {name} runs, but did not answer in {_START_S / 60:.0f} minutes. {_said(log)}")
        if now - told > _TELL_EVERY_S:
            told = now
            sys.stderr.write(f"The {name} is starting; {now - began:.0f} seconds so far.\n")
    raise DemoError(f"The {name} ended while it started. {_said(log)}")


def _said(log: Path) -> str:
    return f"It said: {log.read_text(errors='replace')[-500:]}"


def _set_up_hub(folder: Path, origin: str) -> tuple[Path, str, str]:
    """Make the hub's configuration, database, operator and two members. Gives config, password, TOTP secret."""
    config = folder / "hub.toml"
    config.write_text(f'name = "Demo helpline"\norigin = "{origin}"\ndata_dir = "hub"\nepoch_s = 0\ntick_s = 1\n')
    verb("hub", "migrate", "--config", str(config))
    password = "-".join(secrets.token_hex(2) for _ in range(4))
    made = verb(
        "hub", "create-operator", OPERATOR, "--totp", "--password-stdin", "--config", str(config), stdin=password
    )
    for name, title in ((MEMBER, "Example Social"), ("picture-board", "Picture Board")):
        verb("hub", "create-member", name, "--title", title, "--config", str(config))
    return config, password, str(made["totp_secret"])


def _start_hub(stack: ExitStack, folder: Path, config: Path, origin: str) -> tuple[str, HubInfo]:
    """Start the hub and make sure that it is ours that answers. Gives its address and what it says of itself.

    The port is chosen last; when somebody takes it in between, any other will do. The hub goes by name, not by
    number: browsers offer passkeys only to sites that have one.
    """
    settings = config.read_text()
    failed = DemoError("Another program answers at the hub's port.")
    for preferred in (8700, 0):
        port = _port(preferred)
        url = f"http://localhost:{port}"
        config.write_text(f'{settings}listen = "127.0.0.1:{port}"\npublic_url = "{url}"\n')
        attempt = ExitStack()
        hub = attempt.enter_context(_process("hub", ["hub", "serve", "--config", str(config)], folder))
        try:
            wait_for("hub", f"{url}/v1/health", hub, folder / "hub.log")
            info = decode(httpx.get(f"{url}/v1/hub", timeout=_ANSWER_S).content, HubInfo, DemoError)
            if info.origin == origin:
                stack.push(attempt)
                return url, info
        except DemoError as error:
            failed = error
        attempt.close()
    raise failed


def _set_up_gate(folder: Path, hub_config: Path, hub: HubInfo, hub_url: str) -> tuple[str, str]:
    """Make a member key at the hub and a caller key at the gate. Gives gate.toml but for its port, and the key."""
    made = verb("hub", "create-key", MEMBER, "--label", "demo gate", "--config", str(hub_config))
    key_file = folder / "member.key"
    key_file.touch(mode=0o600)
    key_file.write_text(f"{made['key']}\n")
    caller = verb("gate", "new-key", "--name", "demo-staff", "--role", "staff")
    settings = (
        f'data_dir = "gate"\nworkers = 1\nlisten = "127.0.0.1:PORT"\n\n'
        f'[hub]\nurl = "{hub_url}"\norigin = "{hub.origin}"\nmember = "{MEMBER}"\nkey_file = "member.key"\n'
        f'public_key = "{hub.public_key}"\npoll_s = {POLL_S}\n\n'
        f'[policy]\nmode = "enforce"\n\n{caller["toml"]}\n'
    )
    return settings, str(caller["key"])


def _start_gate(stack: ExitStack, folder: Path, settings: str, staff_key: str) -> str:
    """Start the gate and make sure that it is ours that answers: it knows the key. Gives its address."""
    config = folder / "gate.toml"
    failed = DemoError("Another program answers at the gate's port.")
    for preferred in (8800, 0):
        port = _port(preferred)
        url = f"http://127.0.0.1:{port}"
        config.write_text(settings.replace("PORT", str(port), 1))
        attempt = ExitStack()
        gate = attempt.enter_context(_process("gate", ["gate", "serve", "--config", str(config)], folder))
        try:
            wait_for("gate", f"{url}/v1/health", gate, folder / "gate.log")
            key = {"Authorization": f"Bearer {staff_key}"}
            answer = httpx.post(f"{url}/v1/lookup", headers=key, timeout=_ANSWER_S)
            if answer.status_code != httpx.codes.UNAUTHORIZED:
                stack.push(attempt)
                return url
        except DemoError as error:
            failed = error
        attempt.close()
    raise failed


def _make_home(home: Path) -> None:
    """Make the demo's folder. Raises StorageError where it cannot be used, DemoError where something lies in it."""
    try:
        home.mkdir(parents=True, exist_ok=True)
        used = any(home.iterdir())
    except OSError as error:
        raise StorageError("The demo's files cannot be kept there: is it a folder, and yours?") from error
    if used:
        raise DemoError("The folder for the demo is not empty.")


@contextmanager
def running_site(folder: Path | None) -> Iterator[Site]:
    """Set up and run hub and gate; stop both and delete what was made (unless a folder was named) at the end."""
    with ExitStack() as stack:
        home = folder
        if home is None:
            home = Path(tempfile.mkdtemp(prefix="notcontent-demo-"))
            stack.callback(shutil.rmtree, home, ignore_errors=True)
        _make_home(home)
        origin = f"demo-{secrets.token_hex(4)}.hub"
        hub_config, password, secret = _set_up_hub(home, origin)
        hub_url, info = _start_hub(stack, home, hub_config, origin)
        gate_settings, staff_key = _set_up_gate(home, hub_config, info, hub_url)
        gate_url = _start_gate(stack, home, gate_settings, staff_key)
        yield Site(home, hub_url, gate_url, staff_key, password, secret)
