"""How far an export may travel: the Traffic Light Protocol, version 2.0. Amber unless somebody chooses otherwise."""

from enum import Enum


class Tlp(Enum):
    """A level of TLP 2.0; the value is what follows `tlp:` in tags."""

    CLEAR = "clear"
    GREEN = "green"
    AMBER = "amber"
    AMBER_STRICT = "amber+strict"
    RED = "red"

    @property
    def label(self) -> str:
        """Give it as people write it: TLP:AMBER+STRICT."""
        return f"TLP:{self.value.upper()}"
