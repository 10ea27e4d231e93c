"""HTML -> a plain tree of what a saved page shows: one pass, time and memory in proportion to the page, no scripts.

Browsers repair broken HTML by moving and copying elements, and a crafted page makes them copy without end: 37 kB of
open <b> cost a parser that repairs 734 MB, and 100 000 open <div> more than a minute. Saved pages were written by
programs and need no repair. So an end tag closes the nearest open element of its name, and nothing is copied.
"""

import html
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from html.entities import html5
from itertools import islice

from notcontent.errors import LineageDepthError, LineageSizeError

LARGEST_PAGE = 16 * 2**20
"""Bytes of one page."""
DEEPEST = 512
"""Open elements at once. Telegram's pages have about 20; Chrome itself stops at 512."""
MOST_ELEMENTS = 250_000
"""Elements that are kept of one page: some 4000 posts."""
MOST_SIGNS = 20_000_000
"""Tags, attributes and comments of all pages of a source, kept or not: some 200,000 posts, and minutes of work."""
LONGEST_VALUE = 4_096
"""Characters that are kept of an attribute: pictures that a browser wrote into a page are cut off."""

KEPT = frozenset({"class", "href", "style", "datetime", "data-post", "data-view"})

_NONE: frozenset[str] = frozenset()
_VOID = frozenset({
    *("area", "base", "br", "col", "embed", "frame", "hr", "img", "input", "link", "meta", "param", "source", "track"),
    "wbr",
})  # fmt: skip
_UNREAD = frozenset({
    *("script", "style", "textarea", "title", "xmp", "iframe", "noembed", "noframes", "noscript", "template"),
    *("svg", "math"),
})  # fmt: skip
_BLOCKS = frozenset({"br", "p", "div", "blockquote", "pre", "li", "hr", "section", "tr"})
_END = {name: re.compile(f"</{name}(?=[\\s/>])", re.IGNORECASE) for name in _UNREAD}
_SIGN = re.compile(r"<(?=[A-Za-z/!?])", re.ASCII)
_NAME = re.compile(r"[A-Za-z][^\s/>]{0,63}+", re.ASCII)
_ATTRIBUTE = re.compile(r"""[\s/]*+([^\s/>=]?[^\s/>=]*+)(?:\s*+=\s*+("|'|[^\s>"'][^\s>]*+|))?+""", re.ASCII)
_COMMENT_END = re.compile(r"--!?>")
_ENTITY = re.compile(r"&(?:#(?:[0-9]{1,7}|[xX][0-9a-fA-F]{1,6})|[A-Za-z][A-Za-z0-9]{0,31});", re.ASCII)


class Element:
    """One element: its name, the attributes that are kept, and what is in it, in order."""

    __slots__ = ("attributes", "classes", "name", "parts")

    def __init__(self, name: str, attributes: dict[str, str]) -> None:
        """Begin an element with nothing in it."""
        self.name = name
        self.attributes = attributes
        self.classes = frozenset(attributes["class"].split()) if "class" in attributes else _NONE
        self.parts: list[Element | str] = []

    def has(self, cls: str) -> bool:
        """Tell whether it bears a class."""
        return cls in self.classes

    def walk(self) -> Iterator["Element | str"]:
        """Give everything below it in the page's order."""
        stack = [iter(self.parts)]
        while stack:
            for part in stack[-1]:
                yield part
                if not isinstance(part, str) and part.parts:
                    stack.append(iter(part.parts))
                    break
            else:
                stack.pop()

    def drop(self, cls: str) -> int:
        """Take out all elements below it that bear a class, with what is in them, and give how many."""
        dropped = 0
        inside = [self]
        while inside:
            element = inside.pop()
            kept = [part for part in element.parts if isinstance(part, str) or cls not in part.classes]
            dropped += len(element.parts) - len(kept)
            element.parts = kept
            inside += (part for part in kept if isinstance(part, Element) and part.parts)
        return dropped

    def all(self, cls: str, *, without: frozenset[str] = frozenset()) -> Iterator["Element"]:
        """Give the outermost elements below it that bear a class, in the page's order.

        No real page nests two of a class. So what is searched in one of them is not searched again in the next.
        """
        inside = [iter(self.parts)]
        while inside:
            for part in inside[-1]:
                if isinstance(part, str) or (without and without & part.classes):
                    continue
                if cls in part.classes:
                    yield part
                elif part.parts:
                    inside.append(iter(part.parts))
                    break
            else:
                inside.pop()

    def first(self, cls: str, *, without: frozenset[str] = frozenset()) -> "Element | None":
        """Give the first element below it that bears a class."""
        return next(self.all(cls, without=without), None)

    def named(self, name: str) -> Iterator["Element"]:
        """Give the elements below it of a name."""
        return (part for part in self.walk() if isinstance(part, Element) and part.name == name)

    def text(self, most: int = 16_384) -> str:
        """Give the text in it, at most so many pieces, with a new line where a block or a break begins."""
        pieces = (part if isinstance(part, str) else "\n" if part.name in _BLOCKS else "" for part in self.walk())
        return "".join(islice(pieces, most)).strip()

    def __repr__(self) -> str:
        """Show the name alone."""
        return f"<Element {self.name}>"


@dataclass(slots=True)
class Taken:
    """How much was read of all pages of a source, those that failed too: what reading it costs follows from that."""

    signs: int = 0

    def check(self) -> None:
        """Raise LineageSizeError over the limit of a source."""
        if self.signs > MOST_SIGNS:
            raise LineageSizeError("The pages hold more than can be read at once.")


class _Tree:
    """The open elements, innermost last."""

    def __init__(self) -> None:
        self.root = Element("", {})
        self.open = [self.root]
        self.names: Counter[str] = Counter()
        self.elements = 0
        self.signs = 0

    def write(self, text: str) -> None:
        if text:
            self.open[-1].parts.append(_decoded(text))

    def begin(self, name: str, attributes: dict[str, str]) -> None:
        self.elements += 1
        if self.elements > MOST_ELEMENTS:
            raise LineageSizeError
        element = Element(name, attributes)
        self.open[-1].parts.append(element)
        if name not in _VOID:
            if len(self.open) > DEEPEST:
                raise LineageDepthError("The page is nested deeper than any page is.")
            self.open.append(element)
            self.names[name] += 1

    def end(self, name: str) -> None:
        if self.names[name]:
            while True:
                closed = self.open.pop().name
                self.names[closed] -= 1
                if closed == name:
                    return


def read_markup(page: bytes, taken: Taken | None = None) -> Element:
    """Read a page into a tree whose root has no name. Any bytes are a page; most have nothing in them.

    What was read is added to `taken`, also of a page that fails. Raises LineageSizeError and LineageDepthError over
    the limits of a page.
    """
    if len(page) > LARGEST_PAGE:
        raise LineageSizeError
    text = page.decode("utf-8-sig", "replace").replace("\0", "")
    tree = _Tree()
    at = 0
    try:
        while sign := _SIGN.search(text, at):
            tree.write(text[at : sign.start()])
            at = _read_sign(text, sign.start(), tree)
    finally:
        if taken is not None:
            taken.signs += tree.signs
    tree.write(text[at:])
    return tree.root


def _read_sign(text: str, sign: int, tree: _Tree) -> int:
    """Read what begins with <, and give the place behind it: the text's end for what is never closed."""
    tree.signs += 1
    closing = text.startswith("/", sign + 1)
    name = _NAME.match(text, sign + 1 + closing)
    if name is None:
        return _read_other(text, sign)
    at, attributes = _read_attributes(text, name.end(), tree)
    word = name[0].lower()
    if attributes is None:
        return at
    if closing:
        tree.end(word)
    elif word in _UNREAD:
        end = _END[word].search(text, at)
        return end.start() if end else len(text)
    else:
        tree.begin(word, attributes)
    return at


def _read_other(text: str, sign: int) -> int:
    """Read a comment or a declaration, and give the place behind it."""
    if text.startswith("<!--", sign):
        end = _COMMENT_END.search(text, sign + 2)
        return end.end() if end else len(text)
    return text.find(">", sign) + 1 or len(text)


def _read_attributes(text: str, at: int, tree: _Tree) -> tuple[int, dict[str, str] | None]:
    """Read attributes up to the >, and give the place behind it and those kept; if it never comes, the end and None."""
    found: dict[str, str] = {}
    while at < len(text):
        if text[at] == ">":
            return at + 1, found
        tree.signs += 1
        one = _ATTRIBUTE.match(text, at)
        if one is None or one.end() == at:
            at += 1
            continue
        at = one.end()
        value = one[2] or ""
        if value in ('"', "'"):
            end = text.find(value, at)
            if end < 0:
                return len(text), None
            value, at = text[at : min(end, at + LONGEST_VALUE)], end + 1
        name = one[1][:32].lower()
        if name in KEPT and name not in found:
            found[name] = _decoded(value[:LONGEST_VALUE])
    return at, None


def _decoded(text: str) -> str:
    """Give a text with its entities as the signs that they stand for. Only those that end with ; as programs write."""
    if "&" not in text:
        return text
    return _ENTITY.sub(lambda one: html.unescape(one[0]) if one[0][1] == "#" else html5.get(one[0][1:], one[0]), text)
