"""Drawings of families: SVG that a strict page may hold, and the same in words. Nothing of any picture is in them."""

from notcontent.lineage.drawing.paper import on_paper
from notcontent.lineage.drawing.shared import draw_shared, tell_shared
from notcontent.lineage.drawing.svg import Goal, Links
from notcontent.lineage.drawing.telling import tell_timeline, tell_tree
from notcontent.lineage.drawing.timeline import draw_timeline
from notcontent.lineage.drawing.tree import draw_tree

__all__ = [
    "Goal",
    "Links",
    "draw_shared",
    "draw_timeline",
    "draw_tree",
    "on_paper",
    "tell_shared",
    "tell_timeline",
    "tell_tree",
]
