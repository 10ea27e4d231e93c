"""A request that comes by halves holds its thread for a while and no longer."""

import socket
from types import SimpleNamespace

import pytest
from gunicorn.workers.gthread import ThreadWorker

from notcontent.hub import arrival, gunicorn_conf
from notcontent.hub.arrival import ArrivalWorker


def test_a_half_sent_request_meets_its_end_and_the_answer_can_still_be_written(monkeypatch: pytest.MonkeyPatch) -> None:
    here, there = socket.socketpair()
    here.settimeout(30)  # without the end this fails instead of waiting for ever
    there.settimeout(30)

    def read_then_answer(_: object, conn: SimpleNamespace) -> bytes:
        received = b""
        while piece := conn.sock.recv(1024):
            received += piece
        conn.sock.sendall(b"answer")
        return received

    monkeypatch.setattr(ThreadWorker, "handle", read_then_answer)
    monkeypatch.setattr(arrival, "ARRIVE_S", 0.05)
    with here, there:
        there.sendall(b"POST /case/ HTTP/1.1")
        assert (
            ArrivalWorker.handle(object.__new__(ArrivalWorker), SimpleNamespace(sock=here)) == b"POST /case/ HTTP/1.1"
        )
        assert there.recv(6) == b"answer"


def test_the_hub_is_served_by_it() -> None:
    module, _, name = gunicorn_conf.worker_class.rpartition(".")
    assert (module, name) == (ArrivalWorker.__module__, ArrivalWorker.__name__)
