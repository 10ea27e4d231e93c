"""gunicorn's settings, made from hub.toml. No access log; its error log goes through our formatter."""

import logging
import os
from pathlib import Path
from typing import Any

from gunicorn.glogging import Logger

from notcontent.hub.config import hub_config
from notcontent.hub.lifeline import follow_supervisor
from notcontent.hub.logs import CodesOnly


class QuietLogger(Logger):  # type: ignore[misc]  # gunicorn has no types
    """gunicorn's logger without its words: some of them quote addresses and requests."""

    def setup(self, cfg: Any) -> None:  # noqa: ANN401 (gunicorn's own type)
        """Send errors to standard error, reduced; log no access, whatever else asks for it.

        Warnings are left out: they are about malformed requests, which anyone can send at any rate.
        """
        handler = logging.StreamHandler()
        handler.setFormatter(CodesOnly())
        self.error_log.handlers = [handler]
        self.error_log.propagate = False
        self.error_log.setLevel(logging.ERROR)
        self.access_log.handlers = []
        self.access_log.disabled = True
        self.cfg = cfg

    def access(self, *_: object) -> None:
        """Log no access."""

    def reopen_files(self) -> None:
        """Have no file to open again."""


def on_starting(_: object) -> None:
    """Stop when the supervisor is gone."""
    follow_supervisor()


_hub = hub_config()
bind = _hub.listen
# One process: the limits that are kept in memory (codes, snapshots, sign-ins) are the whole hub's.
workers = 1
threads = _hub.threads
worker_class = "notcontent.hub.arrival.ArrivalWorker"
worker_tmp_dir = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None  # noqa: S108 (a heartbeat file, unlinked)
timeout = 60
graceful_timeout = 20
keepalive = 5
limit_request_line = 4094
limit_request_fields = 60
accesslog = None
errorlog = "-"
logger_class = QuietLogger
control_socket_disable = True
umask = 0o077
chdir = str(Path(_hub.data_dir))
