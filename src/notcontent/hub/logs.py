"""Logs hold event codes and counts, nothing else: no hash, code, path, address, agent or message of an exception.

Our own lines are written by `note`. What Django, gunicorn and other libraries say is reduced before it reaches
a handler: their words may quote a request, so only the logger's name, the status and, for a failure, the
exception's type and where it was raised are kept.
"""

import logging
import traceback
from enum import Enum
from typing import Any

_LOGGER = "notcontent.hub"


class Said(Enum):
    """Everything that the hub says in its log."""

    STARTED = "hub_started"
    STOPPED = "hub_stopped"
    CHILD_STARTED = "child_started"
    CHILD_ENDED = "child_ended"
    TICK = "tick"
    TICK_FAILED = "tick_failed"
    REQUEST_FAILED = "request_failed"
    ERASE_DEFERRED = "erase_deferred"


def note(said: Said, **counts: int) -> None:
    """Write one line: the event's code and its counts."""
    logging.getLogger(_LOGGER).info(said.value, extra={"counts": counts})


def note_failure(said: Said, error: BaseException) -> None:
    """Write one line about a failure that nobody foresaw: its type and where it was raised, never its message."""
    logging.getLogger(_LOGGER).error(said.value, exc_info=error)


def _frames(error: BaseException) -> str:
    """Name the innermost three places, as module file and line; source lines and values stay out."""
    places = traceback.extract_tb(error.__traceback__)[-3:]
    return " < ".join(f"{place.filename.rsplit('/', 1)[-1]}:{place.lineno}" for place in reversed(places))


class CodesOnly(logging.Formatter):
    """Turns a record into time, level, logger and code=count pairs, and drops everything else it carries."""

    def format(self, record: logging.LogRecord) -> str:
        """Write one line; a foreign record's message and arguments are never used."""
        words = [self.formatTime(record, "%Y-%m-%dT%H:%M:%S"), record.levelname.lower(), record.name]
        if record.name == _LOGGER:
            words.append(str(record.msg))
            counts: dict[str, int] = getattr(record, "counts", {})
            words += [f"{name}={int(count)}" for name, count in counts.items()]
        else:
            words.append(f"from={record.filename}:{record.lineno}")
        status = getattr(record, "status_code", None)
        if isinstance(status, int):
            words.append(f"status={status}")
        error = record.exc_info[1] if isinstance(record.exc_info, tuple) else None
        if error is not None:
            words += [f"error={type(error).__name__}", f"at={_frames(error)}"]
        return " ".join(words)


def worth_a_line(record: logging.LogRecord) -> bool:
    """Leave out that Django answered "come back later" (429, 503): anyone can bring that about, at any rate."""
    return record.name != "django.request" or getattr(record, "status_code", None) not in {429, 503}


def logging_config() -> dict[str, Any]:
    """Give the configuration for `logging.config.dictConfig`: one handler, on standard error, for everything."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"codes": {"()": CodesOnly}},
        "filters": {"worth": {"()": lambda: worth_a_line}},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "codes", "filters": ["worth"]}},
        "root": {"handlers": ["stderr"], "level": "WARNING"},
        "loggers": {
            _LOGGER: {"handlers": ["stderr"], "level": "INFO", "propagate": False},
            # Django's own defaults would mail or print whole requests.
            "django": {"handlers": ["stderr"], "level": "ERROR", "propagate": False},
            "django.server": {"handlers": ["stderr"], "level": "ERROR", "propagate": False},
            # Refused hosts and origins are answered, not logged: scanners would fill the disk.
            "django.security": {"handlers": ["stderr"], "level": "CRITICAL", "propagate": False},
        },
    }
