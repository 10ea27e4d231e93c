"""The shared vectors: what JavaScript reads too must be what Python makes."""

import hashlib
import importlib.util
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from notcontent.signals import pdq
from notcontent.signals.luma import luma_over_white
from notcontent.signals.pdq import margin

VECTORS = Path(__file__).parents[2] / "spec" / "vectors"
PDQ = json.loads((VECTORS / "pdq.json").read_text())["vectors"]
LUMA = json.loads((VECTORS / "luma.json").read_text())


def load_draw() -> Callable[[dict[str, Any]], NDArray[np.uint8]]:
    spec = importlib.util.spec_from_file_location("generate", VECTORS / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    draw: Callable[[dict[str, Any]], NDArray[np.uint8]] = module.draw
    return draw


@pytest.mark.parametrize("vector", PDQ, ids=[vector["name"] for vector in PDQ])
def test_a_recipe_gives_its_luma_hash_and_quality(vector: dict[str, Any]) -> None:
    luma = load_draw()(vector)
    assert hashlib.sha256(luma.tobytes()).hexdigest() == vector["luma_sha256"]
    hashed = pdq(luma)
    assert (hashed.hex, hashed.quality) == (vector["pdq"], vector["quality"])
    assert round(margin(luma), 6) == vector["margin"]
    assert vector["margin"] >= 0.002


def test_each_pixel_gives_its_luma() -> None:
    table = np.array(LUMA["pixels"])
    assert (luma_over_white(table[:, :4].astype(np.uint8)) == table[:, 4]).all()


def test_whole_cubes_of_colour_give_their_luma() -> None:
    steps = np.arange(0, 256, 17, dtype=np.uint8)
    for cube in LUMA["cubes"]:
        alpha = np.array([cube["a"]], dtype=np.uint8)
        rgba = np.stack(np.meshgrid(steps, steps, steps, alpha, indexing="ij"), axis=-1)
        assert hashlib.sha256(luma_over_white(rgba).tobytes()).hexdigest() == cube["luma_sha256"]


def test_the_vectors_stay_small() -> None:
    assert all(path.stat().st_size < 100_000 for path in VECTORS.glob("*.json"))
