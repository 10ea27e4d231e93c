"""Hashes -> clusters: which pictures are one picture."""

import numpy as np
from numpy.typing import NDArray


def cluster_hashes(values: NDArray[np.uint8], qualities: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Give each hash's cluster, i64[n]; -1 where the quality is below 50."""
    _, cluster = np.unique(values, axis=0, return_inverse=True)
    return np.where(qualities >= 50, cluster.reshape(-1), -1).astype(np.int64)
