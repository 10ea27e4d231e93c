"""The slow step: its real costs, its bounds, and the pace after failures."""

import threading
import time

import pytest
from argon2.low_level import Type, hash_secret_raw

from notcontent.errors import CaseNotFoundError, OverloadedError, RateLimitedError, TakeBackError
from notcontent.hub.cases import stretch
from notcontent.hub.cases.stretch import AT_ONCE, Callers, Pace, Stretcher
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
    for _ in range(15):
        pace.failed()
    assert pace.pause_s() == 0, "a few people who mistype make nobody wait"
    for _ in range(10):
        pace.failed()
    first = pace.pause_s()
    for _ in range(10_000):
        pace.failed()
    assert 0 < first < pace.pause_s() <= 2.0


def test_only_six_wait_at_a_time_and_the_seventh_is_told_to_come_back() -> None:
    pace = Pace()
    for _ in range(30):
        pace.failed()
    refused: list[bool] = []

    def attempt() -> None:
        try:
            with pace.turn():
                refused.append(False)
        except OverloadedError:
            refused.append(True)

    threads = [threading.Thread(target=attempt) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert refused.count(False) >= 6
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


def test_a_caller_has_five_tries_and_then_one_every_twenty_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [1000.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    callers = Callers()
    for _ in range(5):
        callers.take("one")
    with pytest.raises(RateLimitedError) as refused:
        callers.take("one")
    assert refused.value.retry_after_s == 20
    callers.take("other")
    now[0] += 19
    with pytest.raises(RateLimitedError):
        callers.take("one")
    now[0] += 1
    callers.take("one")
    with pytest.raises(RateLimitedError):
        callers.take("one")
    now[0] += 10_000
    for _ in range(5):
        callers.take("one")
    with pytest.raises(RateLimitedError):
        callers.take("one")


def test_callers_are_bounded_and_the_oldest_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Callers, "MOST", 3)
    callers = Callers()
    for name in ("a", "b", "c", "a", "d"):
        callers.take(name)
    assert list(callers._left) == ["c", "a", "d"]


@pytest.mark.django_db
def test_wrong_codes_are_counted_for_all_and_slow_their_caller_while_a_right_one_is_let_through() -> None:
    from hub_stage import member, opened

    from notcontent.hub import flows

    member()
    case = opened()
    stopped = flows.withdraw(case.case_id)
    for _ in range(4):
        with pytest.raises(CaseNotFoundError):
            flows.enter_case("abandon " * 8, "wrong")
    with pytest.raises(TakeBackError):
        flows.take_back(case.case_id, "abandon " * 4, "wrong")
    assert 4 < stretch.pace._level <= 5
    for _ in range(2):
        with pytest.raises(RateLimitedError):
            flows.enter_case(case.code, "wrong")
        with pytest.raises(RateLimitedError):
            flows.take_back(case.case_id, stopped.take_back_code, "wrong")
    for _ in range(12):
        assert flows.enter_case(case.code, "right") == case.case_id, "right codes cost nothing"
    assert flows.take_back(case.case_id, stopped.take_back_code, "right") == 1
    assert stretch.pace._level <= 5


@pytest.mark.django_db
def test_when_all_seats_are_taken_a_code_is_not_tried_and_costs_its_caller_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from notcontent.hub import flows

    monkeypatch.setattr(time, "sleep", lambda _: None)
    for _ in range(60):
        stretch.pace.failed()
    for _ in range(6):
        stretch.pace._waiting.acquire()
    try:
        for _ in range(7):
            with pytest.raises(OverloadedError):
                flows.enter_case("abandon " * 8, "one")
        for _ in range(5):
            stretch.callers.take("spent")
        with pytest.raises(RateLimitedError):  # told before it asks for a seat
            flows.enter_case("abandon " * 8, "spent")
    finally:
        for _ in range(6):
            stretch.pace._waiting.release()
    with pytest.raises(CaseNotFoundError):
        flows.enter_case("abandon " * 8, "one")


@pytest.mark.django_db
def test_the_portal_limits_each_address_by_itself_and_says_so_calmly() -> None:
    from django.test import Client
    from hub_stage import member, opened

    member()
    case = opened()
    headers = {"Origin": "http://testserver", "Sec-Fetch-Site": "same-origin"}

    def enter(code: str, caller: str) -> tuple[int, str]:
        form = {"action": "enter", "code": code}
        answer = Client(headers=headers).post("/case/", form, REMOTE_ADDR=caller)
        return answer.status_code, answer.content.decode()

    assert [enter("abandon " * 8, "fd00::1")[0] for _ in range(6)] == [404] * 5 + [429]
    status, page = enter(case.code, "fd00::1")
    assert status == 429
    assert "This was tried too often in a short time." in page
    assert "<code>rate_limited</code>" in page
    assert enter(case.code, "fd00::2")[0] == 303


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
