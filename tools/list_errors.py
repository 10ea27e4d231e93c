"""Print docs/reference/errors.md from the tree of errors.

python tools/list_errors.py > docs/reference/errors.md
"""

import importlib
import inspect
import re
import sys
from itertools import pairwise
from types import ModuleType

from notcontent.errors import NotContentError

_FILES = ("base", "signals", "matching", "exchange", "doors", "machine", "scan", "hub", "lineage", "cli")
_HEAD = """# Error codes

Every refusal has one of these codes: in the JSON of the gate's and the hub's doors (`{"error": CODE, "message": ...}`),
on the shell's last line (`notcontent: CODE: sentence`), in the rows of a scan. A code never changes its meaning; new
ones may come. Sentences may change, carry no data, and sometimes say more than the one that stands here. HTTP is the
status where a door answers with it, exit what the shell ends with.

`tools/list_errors.py` prints this page from `src/notcontent/errors/`; a test compares them.
"""
_SECTION = re.compile(r"^# --- (.+?) -+$", re.MULTILINE)


def page() -> str:
    """Give the page: a table for each section of each file, in their order."""
    return _HEAD + "".join(_tables(importlib.import_module(f"notcontent.errors.{name}")) for name in _FILES)


def _tables(file: ModuleType) -> str:
    source = inspect.getsource(file)
    marks = [(match.start(), match[1]) for match in _SECTION.finditer(source)] or [(0, "anything")]
    own = [one for one in vars(file).values() if inspect.isclass(one) and one.__module__ == file.__name__]
    places = {one: source.index(f"\nclass {one.__name__}(") for one in own}
    parts = []
    for (start, title), (end, _) in pairwise([*marks, (len(source), "")]):
        rows = [_row(one) for one in own if start <= places[one] < end]
        parts.append("\n".join([f"\n## {title[0].upper()}{title[1:]}\n", _COLUMNS, *rows, ""]))
    return "".join(parts)


_UNFORESEEN = "A fault that nobody foresaw. The log, or `NOTCONTENT_TRACE=1`, says where."
_COLUMNS = "| Code | HTTP | Exit | When | Sentence |\n|---|---|---|---|---|"


def _row(one: type[NotContentError]) -> str:
    when = (
        inspect.cleandoc(one.__doc__ or "").split("\n\n")[0].replace("\n", " ")
        if one is not NotContentError
        else _UNFORESEEN
    )
    return f"| `{one.code}` | {one.http_status} | {one.exit_code} | {when} | {one.message} |"


if __name__ == "__main__":
    sys.stdout.write(page())
