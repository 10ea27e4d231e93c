"""`notcontent hub serve`: a supervisor of two processes, the web server (gunicorn) and the tick.

A child that ends is started again, after a pause that doubles up to 30 seconds; one that ends five times in a row
within ten seconds of its start makes the supervisor give up, so that systemd or a person can see it. SIGTERM and
SIGINT stop both gracefully: requests under way are answered, a tick's transaction is finished.
"""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

from notcontent.errors import ConfigError, ServiceDownError
from notcontent.hub.boot import boot, check_ready
from notcontent.hub.config import CONFIG_ENVIRONMENT
from notcontent.hub.lifeline import LIFELINE_ENVIRONMENT
from notcontent.hub.logs import Said, note

WEB, TICK = "notcontent.hub.web", "notcontent.hub.ticker"
_LOOK_S = 0.2
_GRACE_S = 25.0
_QUICK_END_S = 10.0
_MOST_QUICK_ENDS = 5
_LONGEST_PAUSE_S = 30.0


@dataclass(slots=True)
class Child:
    """One supervised process."""

    module: str
    environment: dict[str, str]
    lifeline: int
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    quick_ends: int = 0
    not_before: float = 0.0

    def look(self, now: float) -> None:
        """Start the process when it is due, note when it ended. Raises ServiceDownError when it does not stay up."""
        if self.process is None:
            if now >= self.not_before:
                self._start(now)
            return
        if self.process.poll() is None:
            return
        note(Said.CHILD_ENDED, exit_code=self.process.returncode)
        self.process = None
        self.quick_ends = self.quick_ends + 1 if now - self.started < _QUICK_END_S else 0
        if self.quick_ends >= _MOST_QUICK_ENDS:
            raise ServiceDownError
        self.not_before = now + min(_LONGEST_PAUSE_S, 2.0**self.quick_ends - 1)

    def _start(self, now: float) -> None:
        self.process = subprocess.Popen(  # noqa: S603 (our own modules)
            [sys.executable, "-P", "-m", self.module],  # nothing that lies where we stand is imported
            env=self.environment,
            pass_fds=(self.lifeline,),
            stdin=subprocess.DEVNULL,
            start_new_session=True,  # Ctrl-C reaches the supervisor, which stops its children in order
        )
        self.started = now
        note(Said.CHILD_STARTED)


@dataclass(slots=True)
class Supervisor:
    """Keeps its children running until `stop`."""

    children: list[Child]
    ended: threading.Event = field(default_factory=threading.Event)

    def stop(self, *_: object) -> None:
        """Ask for the end; also a signal handler."""
        self.ended.set()

    def run(self) -> None:
        """Supervise until `stop` is called, then stop the children. Raises ServiceDownError."""
        try:
            while not self.ended.is_set():
                for child in self.children:
                    child.look(time.monotonic())
                self.ended.wait(_LOOK_S)
        finally:
            self._stop_children()

    def _stop_children(self) -> None:
        running = [child.process for child in self.children if child.process is not None]
        for process in running:
            process.send_signal(signal.SIGTERM)
        deadline = time.monotonic() + _GRACE_S
        for process in running:
            try:
                process.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def serve(config: Path) -> None:
    """Run a hub until SIGTERM or SIGINT. Raises ConfigError before anything is started, ServiceDownError."""
    settings = boot(config)
    check_ready()
    _check_address(settings.listen)
    reading, writing = os.pipe()
    # The writing end stays with this process alone (pipes are not inherited unless named): when it ends, however
    # it ends, the children notice.
    environment = {
        **os.environ,
        CONFIG_ENVIRONMENT: str(config.resolve()),
        LIFELINE_ENVIRONMENT: str(reading),
    }
    supervisor = Supervisor([Child(module, environment, reading) for module in (WEB, TICK)])
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, supervisor.stop)
    note(Said.STARTED)
    try:
        supervisor.run()
    finally:
        note(Said.STOPPED)
        os.close(writing)
        os.close(reading)


def _check_address(listen: str) -> None:
    """Raise ConfigError when nothing can listen there: better said at once than by a child that keeps ending."""
    if listen.startswith("unix:"):
        return
    host, _, port = listen.rpartition(":")
    if not host or not port.isdecimal():
        raise ConfigError('listen is "address:port" or "unix:/path".')
    try:
        socket.create_server((host.strip("[]"), int(port)), family=_family(host)).close()
    except (OSError, OverflowError) as error:
        raise ConfigError(
            "Nothing can listen at the address in the hub's configuration: is a hub running there already?"
        ) from error


def _family(host: str) -> socket.AddressFamily:
    return socket.AF_INET6 if host.startswith("[") else socket.AF_INET
