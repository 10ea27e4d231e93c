"""The slow step: its real costs, its bounds, and the pace after failures."""

import threading

import pytest
from argon2.low_level import Type, hash_secret_raw

from notcontent.errors import OverloadedError
from notcontent.hub.cases import stretch
from notcontent.hub.cases.stretch import AT_ONCE, Pace, Stretcher
from notcontent.hub.config import HubConfig


def test_the_default_costs_are_at_least_owasps() -> None:
    config = HubConfig(origin="x", data_dir="x")
    assert config.code_memory_kib >= 19 * 1024
    assert config.code_passes >= 2


def test_the_index_is_hmac_over_argon2id_with_the_configured_costs() -> None:
    config = HubConfig(origin="x", data_dir="x")
    maker = Stretcher(b"p" * 32, b"s" * 16, config.code_memory_kib, config.code_passes)
    raw = hash_secret_raw(
        b"amber heron", b"s" * 16, time_cost=3, memory_cost=65_536, parallelism=1, hash_len=32, type=Type.ID
    )
    import hashlib
    import hmac

    assert maker.index("amber heron") == hmac.new(b"p" * 32, raw, hashlib.sha256).digest()


def test_the_index_depends_on_code_pepper_salt_and_binding() -> None:
    maker = Stretcher(b"p" * 32, b"s" * 16, 64, 1)
    others = [
        maker.index("amber crane"),
        maker.index("amber heron", bound_to=b"case"),
        Stretcher(b"q" * 32, b"s" * 16, 64, 1).index("amber heron"),
        Stretcher(b"p" * 32, b"t" * 16, 64, 1).index("amber heron"),
        Stretcher(b"p" * 32, b"s" * 16, 128, 1).index("amber heron"),
    ]
    assert len({maker.index("amber heron"), *others}) == 6


def test_a_third_computation_at_once_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stretch, "_PATIENCE_S", 0.01)
    assert AT_ONCE == 2
    for _ in range(AT_ONCE):
        stretch._seats.acquire()
    try:
        with pytest.raises(OverloadedError):
            Stretcher(b"p" * 32, b"s" * 16, 64, 1).index("amber heron")
    finally:
        for _ in range(AT_ONCE):
            stretch._seats.release()
    assert len(Stretcher(b"p" * 32, b"s" * 16, 64, 1).index("amber heron")) == 32


def test_the_seat_is_free_again_after_an_error() -> None:
    broken = Stretcher(b"p" * 32, b"short", 64, 1)
    for _ in range(AT_ONCE + 1):
        with pytest.raises(Exception, match=r"[Ss]alt"):
            broken.index("amber heron")


def test_failures_slow_attempts_down_and_the_pause_is_bounded() -> None:
    pace = Pace()
    assert pace.pause_s() == 0
    pace.failed()
    first = pace.pause_s()
    for _ in range(10_000):
        pace.failed()
    assert 0 < first < pace.pause_s() <= 2.0


def test_only_three_wait_at_a_time_and_the_fourth_is_told_to_come_back() -> None:
    pace = Pace()
    for _ in range(10):
        pace.failed()
    refused: list[bool] = []

    def attempt() -> None:
        try:
            with pace.turn():
                refused.append(False)
        except OverloadedError:
            refused.append(True)

    threads = [threading.Thread(target=attempt) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert refused.count(False) >= 3
    assert refused.count(True) >= 1


def test_a_pace_keeps_numbers_and_nobody() -> None:
    pace = Pace()
    pace.failed()
    assert {name: type(value).__name__ for name, value in vars(pace).items()} == {
        "_lock": "lock",
        "_level": "float",
        "_at": "float",
        "_waiting": "BoundedSemaphore",
    }


def test_nothing_of_a_stretcher_is_shown() -> None:
    assert "pppp" not in repr(Stretcher(b"p" * 32, b"s" * 16, 64, 1))


@pytest.mark.django_db
def test_an_unknown_code_costs_the_same_work_as_a_known_one(monkeypatch: pytest.MonkeyPatch) -> None:
    from hub_stage import member, opened

    from notcontent.errors import CaseNotFoundError
    from notcontent.hub import flows

    member()
    case = opened()
    done: list[dict[str, object]] = []

    def counted(*words: bytes, **costs: object) -> bytes:
        done.append(costs)
        return hash_secret_raw(*words, **costs)  # type: ignore[arg-type]

    monkeypatch.setattr(stretch, "hash_secret_raw", counted)
    flows.enter_case(case.code)
    for typed in ("", "not a code", "abandon " * 8, case.code.rsplit(" ", 1)[0], "\x00", "x" * 10_000):
        with pytest.raises(CaseNotFoundError):
            flows.enter_case(typed)
    assert len(done) == 7
    assert all(costs == done[0] for costs in done)
