"""Settings files: TOML read once into a frozen struct, and refused in words that say which key, and what it may be.

A refusal never shows a value: a database's address may hold a password.
"""

import re
from collections.abc import Iterator
from difflib import get_close_matches
from pathlib import Path
from typing import TypeVar

import msgspec
from msgspec import inspect

from notcontent.errors import ConfigError
from notcontent.exchange.plainfile import read_plain

_Struct = TypeVar("_Struct", bound=msgspec.Struct)
_AT = re.compile(r" - at `\$\.?(?P<key>[^`]*)`$")
_UNKNOWN = re.compile(r"^Object contains unknown field `(?P<name>[^`]*)`")
_MISSING = re.compile(r"^Object missing required field `(?P<name>[^`]*)`")
_PLACE = re.compile(r"\(at line (?P<line>\d+), column (?P<column>\d+)\)$")
_NUMBERED = re.compile(r"\[\d*\]|\[\.\.\.\]")
_FORMS = {
    "^[0-9a-f]{64}$": "64 hexadecimal digits, in small letters",
    "^[a-z0-9][a-z0-9-]*$": "small letters, digits and hyphens",
    "^https?://": "an address that begins with http:// or https://",
    r"^(\[[0-9a-fA-F:.]+\]|[^:\[\]\s]+):[0-9]{1,5}$": "HOST:PORT, such as 127.0.0.1:8800",
}
"""What is meant by the patterns that settings have."""


def read_settings(path: Path, kind: type[_Struct], name: str) -> _Struct:
    """Read a file that people know as `name`. Raises ConfigError."""
    try:
        return msgspec.toml.decode(read_plain(path, name), type=kind)
    except FileNotFoundError as error:
        where = "where --config or --hub says, else as gate.toml or hub.toml in this folder"
        raise ConfigError(f"{name} does not exist: it is looked for {where}.") from error
    except msgspec.ValidationError as error:
        raise ConfigError(f"{name}: {explained(str(error), kind)}") from None
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise ConfigError(f"{name} is not valid TOML: line {line} is not written in UTF-8.") from None
    except msgspec.DecodeError as error:
        raise ConfigError(f"{name} is not valid TOML: {_place(str(error))}.") from None
    except (ValueError, RecursionError):
        raise ConfigError(
            f"{name} has a number that is longer, or brackets that are deeper, than any setting."
        ) from None


def _place(refusal: str) -> str:
    """Say where a text ceases to be TOML, and nothing of what stands there."""
    found = _PLACE.search(refusal)
    return (
        f"line {found['line']}, column {found['column']}"
        if found
        else "something is missing at its end, or is there twice"
    )


def explained(refusal: str, kind: type[msgspec.Struct]) -> str:
    """Say for people what msgspec refused in a struct of this kind: the key, and what it may be."""
    at = _AT.search(refusal)
    key = at["key"] if at else ""
    found = _found(inspect.type_info(kind), key)
    shown = _NUMBERED.sub("", key)
    if unknown := _UNKNOWN.match(refusal):
        return _no_such_key(unknown["name"], shown, found)
    if missing := _MISSING.match(refusal):
        shown, found = _under(shown, missing["name"]), _found(found, missing["name"])
        return f"`{shown}` is missing. It is {allowed(found)}."
    return f"`{shown}` must be {allowed(found)}."


def _no_such_key(name: str, table: str, found: inspect.Type) -> str:
    known = [field.encode_name for field in found.fields] if isinstance(found, inspect.StructType) else []
    near = get_close_matches(name, known, n=1)
    meant = f"is `{near[0]}` meant?" if near else f"there are {', '.join(known)}."
    return f"there is no key `{_under(table, name)}`: {meant}"


def _under(table: str, name: str) -> str:
    return f"{table}.{name}" if table else name


def _found(root: inspect.Type, key: str) -> inspect.Type:
    """Follow a key as msgspec writes it: names with points between, and numbers in brackets."""
    here = root
    for step in filter(None, key.replace("[", ".[").split(".")):
        match here:
            case inspect.StructType(fields=fields):
                here = next((field.type for field in fields if field.encode_name == step), inspect.AnyType())
            case inspect.VarTupleType(item_type=item) | inspect.ListType(item_type=item):
                here = item
            case _:
                return inspect.AnyType()
    return here


def allowed(kind: inspect.Type) -> str:  # noqa: PLR0911 - one answer a kind
    """Say what a key of this kind may be."""
    match kind:
        case inspect.IntType() | inspect.FloatType():
            return f"{'a whole number' if isinstance(kind, inspect.IntType) else 'a number'}{_bounds(kind)}"
        case inspect.BoolType():
            return "true or false"
        case inspect.EnumType(cls=members):
            return "one of " + ", ".join(f'"{member.value}"' for member in members)
        case inspect.StrType(pattern=None):
            return "text" + _length(kind)
        case inspect.StrType(pattern=str(pattern)):
            return f"{_FORMS.get(pattern, f'text that fits {pattern}')}{_length(kind)}"
        case inspect.UnionType(types=kinds):
            return allowed(next(one for one in kinds if not isinstance(one, inspect.NoneType)))
        case inspect.StructType():
            return "a table"
        case inspect.VarTupleType(item_type=inspect.StructType()):
            return "a list of tables, each under [[...]]"
    return "a list"


def _bounds(kind: inspect.IntType | inspect.FloatType) -> str:
    return "".join(f", {bound}" for bound in _each_bound(kind))


def _each_bound(kind: inspect.IntType | inspect.FloatType) -> Iterator[str]:
    if kind.gt is not None:
        yield f"more than {kind.gt}"
    if kind.ge is not None and kind.le is not None:
        yield f"{kind.ge} to {kind.le}"
    elif kind.ge is not None:
        yield f"{kind.ge} or more"
    elif kind.le is not None:
        yield f"{kind.le} at most"


def _length(kind: inspect.StrType) -> str:
    if kind.pattern == "^[0-9a-f]{64}$":
        return ""
    least = ", not empty" if kind.min_length else ""
    return f"{least}, {kind.max_length} characters at most" if kind.max_length else least
