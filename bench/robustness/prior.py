"""What pictures' spectra look like, beside the four numbers that estimates expect of them.

Usage, in the repository's root:
    python -m bench.robustness.prior

Takes the development photographs and eleven random parts of each, and prints the mean and the median power of their
cosines, ring by ring and along the axes, beside `signals/estimates/prior.py`.
"""

import numpy as np

from bench.robustness import pictures as sets
from notcontent.signals.estimates.prior import FREQUENCIES, VARIANCES, basis
from notcontent.signals.estimates.sketch import means

CELLS = 96
PARTS = 12
RINGS = (1, 2, 4, 8, 16, 28)


def power(luma: np.ndarray) -> np.ndarray:
    """Give the squared cosines of a picture, for a basis of unit mean square: [32, 32]."""
    rows, columns = (means(side, 0, side, CELLS) for side in luma.shape)
    cells = rows @ luma.astype(np.float32) @ columns.T
    cosines = basis((np.arange(CELLS) + 0.5) / CELLS) / CELLS
    squared: np.ndarray = (cosines.T @ cells @ cosines) ** 2
    return squared


def main() -> None:
    chosen, told = sets.load(sets.DEVELOPMENT[1:])
    chance = np.random.default_rng(0)
    found = []
    for picture in chosen:
        luma = np.asarray(picture.image.convert("L"))
        for part in range(PARTS):
            height, width = (int(side * (1 if part == 0 else chance.uniform(0.6, 1))) for side in luma.shape)
            top, left = (int(chance.integers(0, room + 1)) for room in (luma.shape[0] - height, luma.shape[1] - width))
            found.append(power(luma[top : top + height, left : left + width]))
    mean, median = np.mean(found, axis=0), np.exp(np.mean(np.log(np.array(found) + 1e-3), axis=0))
    print(f"{len(chosen)} photographs ({'; '.join(told)}), {PARTS} parts of each.\n")
    print(
        "| frequency | mean | geometric mean | expected | on an axis: mean | geometric mean | expected |\n"
        + "|---" * 7
        + "|"
    )
    down, across = np.mgrid[:FREQUENCIES, :FREQUENCIES]
    away = np.hypot(down, across)
    for ring in RINGS:
        near = (abs(away - ring) < max(0.5, ring / 8)) & (down > 0) & (across > 0)
        inside = [float(values[near].mean()) if near.any() else np.nan for values in (mean, median, VARIANCES)]
        axis = [float((values[0, ring] + values[ring, 0]) / 2) for values in (mean, median, VARIANCES)]
        print(f"| {ring} | " + " | ".join(f"{value:.2f}" for value in (*inside, *axis)) + " |")


if __name__ == "__main__":
    main()
