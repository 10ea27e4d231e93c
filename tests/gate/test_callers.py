"""Keys are compared whole, and a bucket gives what it promises and no more."""

import pytest

from notcontent.errors import KeyRefusedError, RateLimitedError, ScopeError
from notcontent.gate.callers import Bucket, Callers, Known, key_digest, new_key
from notcontent.gate.config import Caller, Role


def caller(name: str, key: str, role: Role = Role.UPLOAD, rate: float = 10.0) -> Caller:
    return Caller(name, role, key_digest(key), rate=rate, burst=1000)


def test_only_the_whole_key_of_a_caller_opens() -> None:
    key, digest = new_key()
    assert digest == key_digest(key)
    assert len(key) >= 47
    callers = Callers([caller("one", "ncg_other"), caller("two", key)])
    assert callers.identify(f"Bearer {key}").caller.name == "two"
    assert callers.identify(f"bearer {key}").caller.name == "two"
    for wrong in (
        "",
        "Bearer",
        "Bearer ",
        key,
        f"Basic {key}",
        f"Bearer {key[:-1]}",
        f"Bearer {key}x",
        f"Bearer  {key}",
    ):
        with pytest.raises(KeyRefusedError):
            callers.identify(wrong)
    with pytest.raises(KeyRefusedError):
        Callers([]).identify(f"Bearer {key}")


def test_strange_bytes_in_a_key_are_only_a_wrong_key() -> None:
    for wrong in ("Bearer \udcff\xff", "Bearer " + "x" * 100_000, "Bearer \0"):
        with pytest.raises(KeyRefusedError):
            Callers([caller("one", "k")]).identify(wrong)


def test_a_caller_is_never_shown() -> None:
    assert "redacted" in repr(caller("one", "k"))


def test_a_bucket_gives_its_burst_then_its_rate() -> None:
    now = [100.0]
    bucket = Bucket(10.0, 1000, clock=lambda: now[0])
    assert bucket.take(1000) == 0.0
    assert bucket.take(5) == pytest.approx(0.5)
    now[0] += 0.5
    assert bucket.take(5) == 0.0
    assert bucket.take(1) > 0.0
    now[0] += 1e9
    assert bucket.take(1000) == 0.0
    assert bucket.take(1) > 0.0


def test_a_caller_over_its_rate_is_told_when_to_come_back() -> None:
    known = Known(caller("one", "k", rate=2.0))
    known.spend(1000)
    with pytest.raises(RateLimitedError) as refused:
        known.spend(20)
    assert 9.0 < refused.value.retry_after_s <= 10.0


def test_a_role_is_required_exactly() -> None:
    Known(caller("one", "k", Role.STAFF)).require(Role.STAFF)
    with pytest.raises(ScopeError):
        Known(caller("one", "k", Role.UPLOAD)).require(Role.STAFF)
