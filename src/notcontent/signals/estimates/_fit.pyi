import numpy as np
from numpy.typing import NDArray

def instruction_sets() -> list[str]: ...
def parted(weights: NDArray[np.float32]) -> tuple[NDArray[np.uint8], NDArray[np.float32]]: ...

class Fitter:
    def __init__(
        self,
        transform: NDArray[np.float64],
        spread: NDArray[np.float32],
        shrink: NDArray[np.float64],
        instruction_set: str = "auto",
    ) -> None: ...
    def projections(self, intervals: NDArray[np.float64]) -> NDArray[np.float32]: ...
    def crops(
        self,
        whitened: NDArray[np.float32],
        down: NDArray[np.float32],
        across: NDArray[np.float32],
        pairs: NDArray[np.uint32],
    ) -> NDArray[np.float32]: ...
    def placed(self, pull: NDArray[np.float32], maps: NDArray[np.float64]) -> NDArray[np.float32]: ...
    def weigh(
        self, coefficients: NDArray[np.float32], most: float, power: float, least: float
    ) -> NDArray[np.float32]: ...
