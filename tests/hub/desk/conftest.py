"""Operators and browsers for the desk's tests."""

import time
from collections.abc import Callable, Iterator

import pytest
from desk_stage import PASSWORD, sign_in
from django.core.cache import cache
from django.test import Client

from notcontent.hub.accounts.operators import NewOperator, create_operator
from notcontent.hub.accounts.passwords import OperatorHasher


@pytest.fixture(autouse=True)
def fresh_limits() -> Iterator[None]:
    """Forget the tries of the test before: rate limits live in this process's memory."""
    cache.clear()
    yield
    cache.clear()


@pytest.fixture(autouse=True)
def quick_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hash passwords cheaply here; tests/hub/accounts/test_operators.py pays the real cost."""
    monkeypatch.setattr(OperatorHasher, "time_cost", 1)
    monkeypatch.setattr(OperatorHasher, "memory_cost", 64)


@pytest.fixture
def operator(db: None) -> NewOperator:  # noqa: ARG001 (asks for the database)
    """Make an operator with an authenticator app."""
    return create_operator("mara", PASSWORD, totp=True)


@pytest.fixture
def desk(operator: NewOperator) -> Client:
    """Sign that operator in through the desk's own forms."""
    client = Client()
    sign_in(client, operator)
    return client


@pytest.fixture
def newcomer(db: None) -> Client:  # noqa: ARG001
    """Sign in somebody who has no second factor yet."""
    create_operator("jo", PASSWORD)
    client = Client()
    client.post("/desk/account/sign-in/", {"login": "jo", "password": PASSWORD})
    return client


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Move the clock on: `later(3600)`."""
    real = time.time

    def move(seconds: float) -> None:
        monkeypatch.setattr(time, "time", lambda: real() + seconds)

    return move
