import numpy as np
from numpy.typing import NDArray

class Axis:
    def __init__(self, pixels: int, first: int, end: int, scale: int, mirrored: bool = False) -> None: ...

def instruction_sets() -> list[str]: ...
def hash(  # noqa: A001
    samples: NDArray[np.uint8],
    rows: Axis,
    columns: Axis,
    instruction_set: str = "auto",
    may_be_whole: bool = True,
) -> tuple[bytes, int]: ...
def hash_turns(
    samples: NDArray[np.uint8],
    rows: Axis,
    rows_mirrored: Axis,
    columns: Axis,
    columns_mirrored: Axis,
    instruction_set: str = "auto",
    may_be_whole: bool = True,
) -> list[tuple[bytes, int]]: ...
def quality(
    samples: NDArray[np.uint8], rows: Axis, columns: Axis, limited: bool = False, instruction_set: str = "auto"
) -> int: ...
def nearest(kept: NDArray[np.uint8], count: int, value: bytes, instruction_set: str = "auto") -> tuple[int, int]: ...
def spread(samples: NDArray[np.uint8], instruction_set: str = "auto") -> NDArray[np.uint8]: ...
def png_rows(data: bytes, samples: int, previous: NDArray[np.uint8], luma: NDArray[np.uint8]) -> None: ...
def coefficients(
    samples: NDArray[np.uint8], rows: Axis, columns: Axis, instruction_set: str = "auto"
) -> NDArray[np.float64]: ...
