"""The hashing threads as one file each, for browsers that would not load their modules.

A thread obeys the policy it is served with, `default-src 'none'`. Chromium fetches what it imports under the page's
policy before that; Firefox and WebKit fetch it under the thread's own, which allows nothing. For those the hub joins
the same modules: each file as it stands, in braces of its own, in the order in which a browser would run them. Only the
words `import` and `export` are worked on: exported names are declared once, above all braces.

Joined is what the portal and mediabunny are written like: names are imported as they are called, and each is exported
by one module alone. Anything else is refused, before it is served.
"""

import re
from functools import cache
from hashlib import sha256
from pathlib import Path

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import condition

_FOLDER = Path(__file__).parent / "static" / "portal"
_NAMES = r"\{\s*[\w$]+(?:\s*,\s*[\w$]+)*\s*,?\s*\}"
_IMPORT = re.compile(
    rf"""^import (?P<what>{_NAMES}|\* as (?P<whole>\w+)) from ["'](?P<path>[^"']+)["'];$""", re.MULTILINE
)
_AGAIN = re.compile(rf"""^export {_NAMES} from ["'](?P<path>[^"']+)["'];$""", re.MULTILINE)
_EXPORT = re.compile(
    r"^export (?:(?P<bare>const|let|var)|(?P<kept>(?:async )?function\*?|class)) (?P<name>[\w$]+)", re.MULTILINE
)
_LEFT_OVER = re.compile(r"^(?:import|export)\b.*", re.MULTILINE)


def join(entry: Path) -> str:
    """Give a module and all that it imports as one script. Raises ValueError, and OSError for a missing file."""
    order: dict[Path, str] = {}
    _collect(entry.resolve(), order, set())
    names = [found["name"] for text in order.values() for found in _EXPORT.finditer(text)]
    if len(names) != len(set(names)):
        raise ValueError("Two modules export the same name.")
    head = f"// The modules of {entry.name}, joined (portal/threads.py).\nlet {', '.join(names)};\n" if names else ""
    return head + "".join(_in_braces(module, text, entry.parent.resolve()) for module, text in order.items())


def _collect(module: Path, order: dict[Path, str], begun: set[Path]) -> None:
    """Put modules in the order in which they run: what one imports before itself, unless that is on its way already."""
    if module in begun:
        return
    begun.add(module)
    text = module.read_text(encoding="utf-8")
    wanted = [(found.start(), found["path"]) for form in (_IMPORT, _AGAIN) for found in form.finditer(text)]
    for _, path in sorted(wanted):
        _collect((module.parent / path).resolve(), order, begun)
    order[module] = text


def _in_braces(module: Path, text: str, root: Path) -> str:
    """Give one module as a block."""

    def imported(found: re.Match[str]) -> str:
        if found["whole"] is None:
            return ""
        names = _EXPORT.finditer((module.parent / found["path"]).read_text(encoding="utf-8"))
        return f"const {found['whole']} = {{ {', '.join(each['name'] for each in names)} }};"

    def exported(found: re.Match[str]) -> str:
        return found["name"] if found["bare"] else f"{found['name']} = {found['kept']} {found['name']}"

    body = _EXPORT.sub(exported, _AGAIN.sub("", _IMPORT.sub(imported, text)))
    if left := _LEFT_OVER.search(body):
        raise ValueError(f"{module.name} cannot be joined: {left[0][:40]}")
    return f"\n// --- {module.relative_to(root)} ---\n{{\n{body}\n}}\n"


@cache
def _joined(thread: str) -> tuple[str, str]:
    """Join a thread once a process; give it with its mark for `If-None-Match`. Raises Http404: a file is missing."""
    try:
        script = join(_FOLDER / f"{thread}.js")
    except FileNotFoundError:
        raise Http404 from None
    return script, f'"{sha256(script.encode()).hexdigest()[:32]}"'


@condition(etag_func=lambda _request, thread: _joined(thread)[1])
def joined_thread(_request: HttpRequest, thread: str) -> HttpResponse:
    """Answer a thread in one file. The middleware gives it the policy of all files: nothing may be asked for."""
    return HttpResponse(_joined(thread)[0], content_type="text/javascript; charset=utf-8")
