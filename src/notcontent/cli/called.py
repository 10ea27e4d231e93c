"""Whether a drawing may be written under a name: over others' files never, by a slip of the hand or through a link."""

import os
from pathlib import Path


def is_called(path: Path, ending: str) -> bool:
    """Tell whether a path, and where it leads, is called `ending`, or is of no ending and new."""
    try:
        each = (path, Path(os.path.realpath(path)))
        return all(one.suffix.lower() == ending or not (one.suffix or one.is_file()) for one in each)
    except OSError:  # a name that is too long, say: who writes finds that out
        return True
