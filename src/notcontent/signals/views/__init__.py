"""Where an upload may hold a picture that is smaller than itself: within margins, screens and collages.

NumPy and the native core on a small copy of the upload (`sheet`), its edges then sought at full resolution (`exact`).
Nothing here knows a hash: `looks` hashes what is found.

    margins   plain or blurred margins on any side: borders, letterboxes
    blocks    what empty rows and columns cut a page into: captions, screenshots, collages with gutters
    edges     long straight edges: collages without gutters, pictures in a busy frame
    quads     pictures at a slant or turned before a plain ground: photographed screens, black corners
    find      all of them, the likeliest first
    masks     what was painted over a picture: for looks that estimate what is below
    regions   connected regions of a bitmap, and their hulls
"""

from notcontent.signals.views.find import Views, find_views
from notcontent.signals.views.masks import find_masks

__all__ = ["Views", "find_masks", "find_views"]
