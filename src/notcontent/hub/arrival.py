"""gunicorn's threads, with an end to waiting: a request that has not arrived in time holds its thread no longer.

gunicorn's own `timeout` does not reach what a thread reads, so a form sent by halves would keep a thread for as long
as its sender likes. That bounds one sender's hold, not the number of senders: a proxy that takes requests in whole
stands in front in production (docs/how-to/run-a-hub.md).
"""

import socket
import threading
from typing import Any

from gunicorn.workers.gthread import ThreadWorker

ARRIVE_S = 15.0
"""Seconds from a connection's turn to its request's last byte."""


class ArrivalWorker(ThreadWorker):  # type: ignore[misc]  # gunicorn has no types
    """Stops reading from a connection when its time is over; what is being answered goes on being answered."""

    def handle(self, conn: Any) -> Any:  # noqa: ANN401 (gunicorn's own types)
        """Answer one request."""
        clock = threading.Timer(ARRIVE_S, _stop_reading, (conn.sock,))
        clock.daemon = True
        clock.start()
        try:
            return super().handle(conn)
        finally:
            clock.cancel()


def _stop_reading(connection: socket.socket) -> None:
    """Let every read from now on meet the end; writing stays possible."""
    try:
        connection.shutdown(socket.SHUT_RD)
    except OSError:
        return  # closed already
