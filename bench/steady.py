"""Asking at a fixed rate, whatever the answers: an open loop, as callers are who do not wait for each other.

Every millisecond the questions that are due by then are sent, each on a connection that is free. A question's time
runs from the millisecond it was due to the last byte of its answer: when the gate, or this program, falls behind, that
counts as waiting. What is still under way at the end is waited for. Meanwhile Python looks for no circles here: in a
process that holds a list of ten million it would stand still for 50 ms each time, and the gate would be blamed.
"""

import gc
import select
import socket
import time
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

TICK_S = 0.001
_LONGEST_WAIT_S = 20.0
_CHUNK = 1 << 16


@dataclass(frozen=True)
class Answered:
    """Times in seconds from being due to being answered, ascending, and how many were not answered with 200."""

    times: list[float]
    failed: int

    def percentile(self, share: float) -> float:
        return self.times[min(len(self.times) - 1, int(share * len(self.times)))]


class _Line:
    """One kept connection with at most one question on it."""

    def __init__(self, address: tuple[str, int]) -> None:
        self.socket = socket.create_connection(address, timeout=_LONGEST_WAIT_S)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.due = 0.0
        self._read = b""

    def ask(self, request: bytes, due: float) -> None:
        self.due, self._read = due, b""
        self.socket.sendall(request)

    def answer(self) -> bool | None:
        """Read what is there; None while the answer is not whole, otherwise whether it is a 200."""
        self._read += self.socket.recv(_CHUNK)
        head, found, body = self._read.partition(b"\r\n\r\n")
        if not found:
            return None
        length = next(
            int(line.partition(b":")[2]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length")
        )
        return head.startswith(b"HTTP/1.1 200") if len(body) >= length else None


@contextmanager
def _without_pauses() -> Iterator[None]:
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


@_without_pauses()
def ask_steadily(
    address: tuple[str, int], requests: Sequence[bytes], rate: float, seconds: float, connections: int
) -> Answered:
    """Ask in turn `rate` times a second over kept connections."""
    lines = [_Line(address) for _ in range(connections)]
    free, busy = deque(lines), dict[int, _Line]()
    waiting: deque[float] = deque()
    times: list[float] = []
    failed = asked = 0
    began = time.perf_counter()
    while asked < rate * seconds or waiting or busy:
        now = time.perf_counter() - began
        tick = int(now / TICK_S) * TICK_S
        while asked < min(rate * seconds, rate * tick):
            waiting.append(int(asked / rate / TICK_S + 1) * TICK_S)
            asked += 1
        while waiting and free:
            line = free.popleft()
            line.ask(requests[asked % len(requests)], waiting.popleft())
            busy[line.socket.fileno()] = line
        pause = max(0.0, tick + TICK_S - (time.perf_counter() - began))
        for handle in select.select(list(busy), [], [], pause)[0]:
            good = busy[handle].answer()
            if good is not None:
                line = busy.pop(handle)
                times.append(time.perf_counter() - began - line.due)
                failed += not good
                free.append(line)
        if now > seconds + _LONGEST_WAIT_S:
            raise SystemExit("the gate does not keep up at all")
    for line in lines:
        line.socket.close()
    return Answered(sorted(times), failed)
