"""Put sanitized modules in the place of the installed ones, in this interpreter and in every one that it starts.

The interpreter imports this by itself when the folder is on PYTHONPATH. It refuses to start without
NOTCONTENT_SANITIZED, the modules' paths by name, in JSON.
"""

import json
import os
import sys
from collections.abc import Sequence
from importlib.machinery import ExtensionFileLoader, ModuleSpec
from importlib.util import spec_from_file_location
from types import ModuleType

PATHS: dict[str, str] = json.loads(os.environ["NOTCONTENT_SANITIZED"])


class Redirect:
    """Find these modules, before any other finder does."""

    @staticmethod
    def find_spec(name: str, _: Sequence[str] | None = None, __: ModuleType | None = None) -> ModuleSpec | None:
        """Give a sanitized module's place."""
        path = PATHS.get(name)
        if path is None:
            return None
        return spec_from_file_location(name, path, loader=ExtensionFileLoader(name, path))


sys.meta_path.insert(0, Redirect)
