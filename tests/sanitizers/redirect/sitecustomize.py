"""Put a sanitized engine in the place of the installed one, in this interpreter and in every one that it starts.

The interpreter imports this by itself when the folder is on PYTHONPATH. It refuses to start without
NOTCONTENT_SANITIZED_ENGINE, the path of the module.
"""

import os
import sys
from collections.abc import Sequence
from importlib.machinery import ExtensionFileLoader, ModuleSpec
from importlib.util import spec_from_file_location
from types import ModuleType

NAME = "notcontent.matching._engine"
PATH = os.environ["NOTCONTENT_SANITIZED_ENGINE"]


class Redirect:
    """Find the one module, before any other finder does."""

    @staticmethod
    def find_spec(name: str, _: Sequence[str] | None = None, __: ModuleType | None = None) -> ModuleSpec | None:
        """Give the sanitized module's place."""
        if name != NAME:
            return None
        return spec_from_file_location(NAME, PATH, loader=ExtensionFileLoader(NAME, PATH))


sys.meta_path.insert(0, Redirect)
