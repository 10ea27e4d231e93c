# ruff: noqa: INP001
"""Write pdq.json and luma.json, the vectors that Python and JavaScript both read. README.md says what they mean.

Usage: .venv/bin/python spec/vectors/generate.py
"""

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from notcontent.signals.pdq import margin, pdq

HERE = Path(__file__).parent
LEAST_MARGIN = 0.002
WORD = np.uint64(0xFFFFFFFF)

Recipe = dict[str, Any]
Ints = NDArray[np.int64]


def draw(recipe: Recipe) -> NDArray[np.uint8]:
    """Carry out a recipe: the luma picture, uint8 of shape (height, width)."""
    y, x = np.mgrid[: recipe["height"], : recipe["width"]].astype(np.int64)
    total: Ints = np.zeros_like(x)
    for layer in recipe["layers"]:
        total += share(layer, x, y)
    luma: NDArray[np.uint8] = np.clip(recipe["base"] + total // 256, 0, 255).astype(np.uint8)
    return luma


def share(layer: dict[str, Any], x: Ints, y: Ints) -> Ints:
    """One layer's share of each pixel's sum."""
    match layer["kind"]:
        case "ramp":
            total: Ints = x * layer["x"] + y * layer["y"]
        case "wave":
            t = (x * layer["x"] + y * layer["y"] + layer["phase"]) % 65536
            s = t % 32768
            q = s * (32768 - s) // 16384
            total = layer["amplitude"] * np.where(t >= 32768, -q, q) // 64
        case "disc":
            inside = (x - layer["x"]) ** 2 + (y - layer["y"]) ** 2 <= layer["radius"] ** 2
            total = inside * (layer["amplitude"] * 256)
        case "noise":
            total = layer["amplitude"] * 2 * ((scramble(x, y, layer["seed"]) >> 24) - 128)
        case kind:
            raise ValueError(kind)
    return total


def scramble(x: Ints, y: Ints, seed: int) -> Ints:
    """Give 32 bits that look random for each position."""
    h = (x.astype(np.uint64) * np.uint64(0x9E3779B1)) ^ (y.astype(np.uint64) * np.uint64(0x85EBCA6B)) ^ np.uint64(seed)
    h &= WORD
    h = ((h ^ (h >> np.uint64(15))) * np.uint64(0x2C1B3C6D)) & WORD
    h = ((h ^ (h >> np.uint64(12))) * np.uint64(0x297A2D39)) & WORD
    return (h ^ (h >> np.uint64(15))).astype(np.int64)


def wave(x: int, y: int, phase: int, amplitude: int) -> dict[str, Any]:
    """Describe a wave; x and y are 65,536ths of a period a pixel."""
    return {"kind": "wave", "x": x, "y": y, "phase": phase, "amplitude": amplitude}


def disc(x: int, y: int, radius: int, amplitude: int) -> dict[str, Any]:
    """Describe a disc that is lighter (or, negative, darker) than what it lies on."""
    return {"kind": "disc", "x": x, "y": y, "radius": radius, "amplitude": amplitude}


def noise(seed: int, amplitude: int) -> dict[str, Any]:
    """Describe noise of that many levels to either side."""
    return {"kind": "noise", "seed": seed, "amplitude": amplitude}


def ramp(x: int, y: int) -> dict[str, Any]:
    """Describe a slope, in 256ths of a level a pixel."""
    return {"kind": "ramp", "x": x, "y": y}


def scenery(name: str, width: int, height: int, seed: int) -> Recipe:
    """Compose waves, discs, a slope and a little noise that fill the picture whatever its size."""
    spread = np.random.Generator(np.random.PCG64(seed))
    layers = [ramp(int(spread.integers(-40, 40)) * 256 // width, int(spread.integers(-40, 40)) * 256 // height)]
    for _ in range(5):
        periods = spread.integers(-7, 8, 2)
        phase, amplitude = int(spread.integers(65536)), int(spread.integers(8, 36))
        layers.append(wave(int(periods[0]) * 65536 // width, int(periods[1]) * 65536 // height, phase, amplitude))
    for _ in range(6):
        x, y = int(spread.integers(width)), int(spread.integers(height))
        radius = max(1, int(spread.integers(4, 20)) * min(width, height) // 80)
        layers.append(disc(x, y, radius, int(spread.choice([-70, -45, 45, 70]))))
    layers.append(noise(int(spread.integers(2**32)), 6))
    return {"name": name, "width": width, "height": height, "base": 120, "layers": layers}


def plain(name: str, width: int, height: int, base: int, *layers: dict[str, Any]) -> Recipe:
    """Describe a recipe written out by hand."""
    return {"name": name, "width": width, "height": height, "base": base, "layers": list(layers)}


RECIPES = [
    scenery("scenery on the grid itself, not blurred", 64, 64, 1),
    scenery("scenery, odd sides", 65, 97, 2),
    scenery("scenery, square", 512, 512, 3),
    scenery("scenery, landscape", 1000, 731, 4),
    scenery("scenery, portrait", 600, 900, 5),
    scenery("tall strip", 71, 1400, 6),
    scenery("wide strip", 2000, 66, 7),
    scenery("one side below the grid", 40, 300, 8),
    scenery("just above a window's step", 129, 257, 9),
    scenery("just below a window's step", 127, 255, 10),
    scenery("1080p", 1920, 1080, 11),
    scenery("large", 2500, 1999, 12),
    plain("noise alone", 512, 384, 128, noise(20261122, 127)),
    plain("noise alone, small", 65, 64, 128, noise(7, 127)),
    plain("a slope with faint noise", 320, 200, 0, ramp(100, 60), noise(102, 3)),
    plain("light and dark, clipped", 400, 300, 128, wave(380, 131, 1000, 255), wave(-97, 459, 33, 255), noise(5, 60)),
    plain("discs on grey", 333, 222, 90, disc(80, 60, 50, 120), disc(250, 150, 70, -80), disc(170, 40, 31, 60)),
    plain("gentle waves", 640, 480, 128, wave(200, 90, 5000, 24), wave(-70, 260, 21000, 18), noise(11, 8)),
    plain("soft, odd sides", 333, 517, 110, wave(420, 150, 77, 9), wave(-260, 340, 4100, 7), disc(200, 300, 90, 30)),
    plain("almost flat: quality 0", 300, 300, 128, wave(500, 300, 0, 3), wave(-211, 411, 9000, 2), noise(3, 1)),
]


def pdq_vectors() -> list[Recipe]:
    """Give every recipe with what comes out of it. Refuses one whose bits rounding could decide."""
    vectors = []
    for recipe in RECIPES:
        luma = draw(recipe)
        hashed, gap = pdq(luma), margin(luma)
        if gap < LEAST_MARGIN:
            raise ValueError(f"margin {gap} of: {recipe['name']}")
        outcome = {
            "luma_sha256": hashlib.sha256(luma.tobytes()).hexdigest(),
            "pdq": hashed.hex,
            "quality": hashed.quality,
            "margin": round(gap, 6),
        }
        vectors.append(recipe | outcome)
    return vectors


def over_white(channel: int, alpha: int) -> int:
    """Lay one channel over white."""
    return (channel * alpha + 255 * (255 - alpha) + 127) // 255


def luma_of(r: int, g: int, b: int, a: int) -> int:
    """Weigh one pixel, in plain integers."""
    r, g, b = (over_white(channel, a) for channel in (r, g, b))
    return (19595 * r + 38470 * g + 7471 * b + 32768) >> 16


def luma_vectors() -> dict[str, Any]:
    """Give single pixels (corners, greys, alphas, chance) and digests of whole colour cubes."""
    ends = [0, 255]
    pixels = [(r, g, b, a) for r in ends for g in ends for b in ends for a in (255, 254, 128, 127, 1, 0)]
    pixels += [(v, v, v, 255) for v in range(0, 256, 15)]
    pixels += [(200, 100, 50, a) for a in range(0, 256, 5)]
    chance = np.random.Generator(np.random.PCG64(1)).integers(0, 256, (400, 4))
    pixels += [(int(r), int(g), int(b), int(a)) for r, g, b, a in chance]
    steps = range(0, 256, 17)
    cubes = []
    for a in (255, 254, 200, 128, 127, 64, 1, 0):
        cube = bytes(luma_of(r, g, b, a) for r in steps for g in steps for b in steps)
        cubes.append({"a": a, "luma_sha256": hashlib.sha256(cube).hexdigest()})
    return {"pixels": [[*pixel, luma_of(*pixel)] for pixel in pixels], "cubes": cubes}


def rows(values: list[Any]) -> str:
    """Write a JSON list with one element a line."""
    return "[\n" + ",\n".join("    " + json.dumps(value) for value in values) + "\n  ]"


def documents() -> dict[str, str]:
    """Give the two files' texts by name."""
    luma = luma_vectors()
    return {
        "pdq.json": '{\n  "version": 1,\n  "vectors": ' + rows(pdq_vectors()) + "\n}\n",
        "luma.json": '{\n  "version": 1,\n  "pixels": '
        + rows(luma["pixels"])
        + ',\n  "cubes": '
        + rows(luma["cubes"])
        + "\n}\n",
    }


if __name__ == "__main__":
    for name, text in documents().items():
        (HERE / name).write_text(text, encoding="utf-8")
