"""What an operator's session remembers: when it began, when it was last used, and whose second factor it saw."""

import time

from django.contrib.auth.base_user import AbstractBaseUser
from django.http import HttpRequest

LONGEST_S = 8 * 3600
IDLE_S = 3600
_STEP_S = 60  # a page view writes the session at most this often

_BEGAN = "desk.began"
_SEEN = "desk.seen"
_FACTOR = "desk.second-factor"


def begin(request: HttpRequest) -> None:
    """Start a session's clocks at sign-in. Its cookie ends with the browser."""
    now = int(time.time())
    request.session[_BEGAN] = now
    request.session[_SEEN] = now
    request.session.set_expiry(0)


def is_over(request: HttpRequest) -> bool:
    """Tell whether the session is older than 8 hours, or was left alone for one."""
    now = int(time.time())
    began, seen = request.session.get(_BEGAN), request.session.get(_SEEN)
    if not isinstance(began, int) or not isinstance(seen, int):
        return True
    return now - began >= LONGEST_S or now - seen >= IDLE_S


def touch(request: HttpRequest) -> None:
    """Note that the session is in use."""
    now = int(time.time())
    if now - int(request.session.get(_SEEN, 0)) >= _STEP_S:
        request.session[_SEEN] = now


def note_second_factor(request: HttpRequest, user: AbstractBaseUser) -> None:
    """Remember that this session saw this operator's second factor: used it, or set it up."""
    request.session[_FACTOR] = str(user.pk)


def saw_second_factor(request: HttpRequest) -> bool:
    """Tell whether this very session saw the second factor of the operator who is signed in to it."""
    return request.user.is_authenticated and request.session.get(_FACTOR) == str(request.user.pk)
