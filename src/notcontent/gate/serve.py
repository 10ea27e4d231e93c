"""The supervisor: opens the socket, starts the HTTP workers and the syncer, and starts again what ends by itself.

It does no work of its own, so it has little to die of. SIGTERM or SIGINT ends the children in order (they finish
their requests) and then the gate with code 0. The children hold a pipe that closes with the supervisor, so they end
even when it is killed.
"""

import asyncio
import fcntl
import os
import signal
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from notcontent.errors import ConfigError, StorageError
from notcontent.gate import log
from notcontent.gate.config import GateConfig, private_folder, read_config
from notcontent.gate.log import LogEvent
from notcontent.gate.syncer import open_syncer
from notcontent.gate.tombstones import TOMBSTONES_FILE, Tombstones
from notcontent.signals.worker import ONE_THREAD

LOCK_FILE = "gate.lock"
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.1, 10.0
_LIVED_WELL_S = 30.0
_BACKLOG = 2048


@dataclass
class Supervisor:
    """One gate: its processes and their ends."""

    path: Path
    config: GateConfig
    listener: socket.socket
    _life: int = -1
    _stopping: asyncio.Event = field(default_factory=asyncio.Event)
    _running: dict[str, asyncio.subprocess.Process] = field(default_factory=dict)

    async def run(self, on_ready: Callable[[], None]) -> None:
        """Go on until a signal says otherwise."""
        loop = asyncio.get_running_loop()
        for one in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(one, self._stopping.set)
        self._life, kept = os.pipe()
        commands = {"syncer": ["notcontent.gate.syncer", str(self.path), str(self._life)]}
        socket_fd = str(self.listener.fileno())
        for number in range(self.config.workers):
            arguments = [str(self.path), str(number), socket_fd, str(self._life)]
            commands[f"worker-{number}"] = ["notcontent.gate.worker", *arguments]
        keepers = [asyncio.create_task(self._keep(name, command)) for name, command in commands.items()]
        on_ready()
        await self._stopping.wait()
        log.write(LogEvent.STOPPING)
        # The workers share the listening socket: closed here, it closes with the last of them.
        self.listener.close()
        await self._end()
        os.close(kept)
        await asyncio.gather(*keepers)
        log.write(LogEvent.STOPPED)

    async def _keep(self, name: str, command: list[str]) -> None:
        """Start a process, and again whenever it ends, less eagerly when it keeps ending at once."""
        loop = asyncio.get_running_loop()
        pause = _FIRST_PAUSE_S
        while not self._stopping.is_set():
            began = loop.time()
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-P",
                "-m",
                *command,
                pass_fds=(self._life, self.listener.fileno()),
                env=os.environ | ONE_THREAD,
                start_new_session=True,
            )
            self._running[name] = process
            code = await process.wait()
            del self._running[name]
            if self._stopping.is_set():
                return
            log.write(LogEvent.PROCESS_ENDED, code=name.rpartition("-")[0] or name, status=code)
            pause = _FIRST_PAUSE_S if loop.time() - began > _LIVED_WELL_S else min(pause * 2, _LONGEST_PAUSE_S)
            with suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), pause)

    async def _end(self) -> None:
        """Ask all to end, wait as long as their requests may take, then end them."""
        self._signal(signal.SIGTERM)
        with suppress(TimeoutError):
            async with asyncio.timeout(self.config.limits.stop_timeout_s + 5):
                await asyncio.gather(*(process.wait() for process in list(self._running.values())))
        self._signal(signal.SIGKILL)

    def _signal(self, number: signal.Signals) -> None:
        for process in list(self._running.values()):
            with suppress(ProcessLookupError):
                process.send_signal(number)


def serve(path: Path, on_ready: Callable[[tuple[str, int]], None] = lambda _address: None) -> None:
    """Run a gate until SIGTERM or SIGINT. `on_ready` is told the address once it is listened on.

    Raises ConfigError or StorageError before anything is started.
    """
    os.umask(0o077)
    config = read_config(path)
    private_folder(Path(config.data_dir))
    private_folder(config.shared)
    with _alone(Path(config.data_dir)), _listen(config) as listener:
        try:
            # Everything that the configuration can have wrong shows here, as one error, not in a child's log.
            open_syncer(config).store.close()
            host, port = listener.getsockname()[:2]
            log.write(LogEvent.STARTED, workers=config.workers)
            supervisor = Supervisor(path.resolve(), config, listener)
            asyncio.run(supervisor.run(lambda: on_ready((host, port))))
        finally:
            _wipe(config.shared)


def _listen(config: GateConfig) -> socket.socket:
    host, port = config.address
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        return socket.create_server((host, port), family=family, backlog=_BACKLOG)
    except OSError as error:
        raise ConfigError(
            "The gate's configuration: nothing can listen at this address; is a gate running there already?"
        ) from error


@contextmanager
def _alone(data: Path) -> Iterator[None]:
    """Hold the data folder. Raises ConfigError when another gate holds it."""
    try:
        handle = os.open(data / LOCK_FILE, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise StorageError from error
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise ConfigError("Another gate is running on this data_dir.") from error
        yield
    finally:
        os.close(handle)


def _wipe(folder: Path) -> None:
    """Take the values out of memory: nothing reads them any more. They are rebuilt from gate.db at the next start.

    Withdrawals that gate.db could not take in yet stay, and with them the folder.
    """
    with suppress(OSError, StorageError):
        kept = {TOMBSTONES_FILE} if Tombstones.open(folder).marked() else set()
        for path in folder.iterdir():
            if path.name not in kept:
                path.unlink()
        folder.rmdir()
