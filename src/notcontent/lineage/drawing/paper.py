"""A drawing for a printer: the same, in pieces between its rows.

A printer cuts a drawing where a page ends, through the middle of a line of words. Pieces it puts on one page or the
next. Each shows its part of the drawing in the page and repeats nothing of it.
"""

import re
from itertools import pairwise

_HEAD = re.compile(
    r'<svg xmlns="[^"]*" class="lineage" id="([a-z0-9-]+)" width="(\d+)" height="(\d+)"[^>]*? data-rows="([0-9. ]*)"'
)
_LEAST = 120
"""Pieces hold some rows each: a printer is given the whole drawing with every piece, and draws what of it is seen."""


def on_paper(svg: str) -> str:
    """Give the pieces of a drawing that stands in the same page. What is above its first row stays with that row.

    Raises ValueError for what is no drawing of ours.
    """
    head = _HEAD.match(svg)
    if head is None:
        raise ValueError("no drawing of a family")
    name, width, height = head[1], int(head[2]), float(head[3])
    tops = [0.0]
    for top in map(float, head[4].split()):
        if top - tops[-1] >= _LEAST:
            tops.append(top)
    tops.append(height)
    return "\n".join(
        f'<svg class="lineage" viewBox="0 {top:g} {width} {below - top:g}"><use href="#{name}-body"/></svg>'
        for top, below in pairwise(tops)
    )
