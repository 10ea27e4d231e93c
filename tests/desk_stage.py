"""What the desk's tests share: signing in by the forms, every path of the desk, and a look into every table."""

import time
from collections.abc import Iterator

from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from notcontent.hub.accounts.operators import NewOperator
from notcontent.hub.accounts.totp import current_code

PASSWORD = "slow yellow tram"
SIGN_IN = "/desk/account/sign-in/"
SECOND_STEP = "/desk/account/sign-in/code/"


def sign_in(client: Client, operator: NewOperator, *, step: int = 0) -> None:
    """Sign in by password and code. `step` takes a neighbouring code, since each opens only once."""
    give_password(client, operator.name)
    answer = client.post(SECOND_STEP, {"code": code(operator, step=step)})
    assert answer.headers["Location"] == "/desk/", answer.content


def give_password(client: Client, name: str) -> None:
    """Take the first step alone."""
    answer = client.post(SIGN_IN, {"login": name, "password": PASSWORD})
    assert answer.status_code == 302, answer.content


def code(operator: NewOperator, *, step: int = 0) -> str:
    """Give the code that the operator's app shows now, or 30 seconds before or after."""
    assert operator.totp_secret is not None
    return current_code(operator.totp_secret, time.time() + 30 * step)


def desk_paths() -> Iterator[tuple[str, str]]:
    """Give (name, path) of every view below /desk/ that the site's own resolver knows; arguments are filled in."""
    yield from _paths(get_resolver().url_patterns, "/", "")


def _paths(patterns: list[URLPattern | URLResolver], prefix: str, space: str) -> Iterator[tuple[str, str]]:
    for pattern in patterns:
        path = prefix + "/".join("1" if "<" in part else part for part in str(pattern.pattern).split("/"))
        if isinstance(pattern, URLResolver):
            name = f"{space}{pattern.namespace}:" if pattern.namespace else space
            yield from _paths(pattern.url_patterns, path, name)
        elif path.startswith("/desk"):
            assert pattern.name, f"{path} has no name, so guard.py could not tell who may reach it"
            yield space + pattern.name, path


def every_stored_text() -> str:
    """Read every row of every table, with sessions opened."""
    parts = [str(session.get_decoded()) for session in Session.objects.all()]
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT * FROM "{table}"')  # noqa: S608 (the table's name comes from the database)
            parts += [repr(row) for row in cursor.fetchall()]
    return "\n".join(parts)
