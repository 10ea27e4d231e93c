"""Test pictures: drawn by the project, or shipped by packages. Landscapes, objects, patterns; nobody's person.

Development and judging are kept apart by package: what is tuned is tuned on the first, and the second only judges.
A package that is not installed is left out, and the run says so. As root:

    apt-get install --no-install-recommends mate-backgrounds lxqt-themes kalzium-data plasma-workspace-wallpapers \
        gnome-backgrounds torcs-data trigger-rally-data supertuxkart-data openarena-081-textures stellarium-data \
        scratch hugin-data xplanet-images tuxpaint-stamps-default ukui-wallpapers lomiri-wallpapers-16.04 \
        lomiri-wallpapers-20.04
"""

import subprocess
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

import numpy as np
from PIL import Image, UnidentifiedImageError

from notcontent.signals import pdq
from notcontent.signals.drawing import draw_picture

LONGEST = 640
"""Pixels of a picture's longer side, before it is edited: about what messengers send as a preview."""
LEAST_SIDE = 200
LEAST_QUALITY = 50
APART = 60
"""Two pictures of a set nearer than this many bits are taken for one (the same scene in several files)."""

DEVELOPMENT = ("drawn:0-31", "scikit-image", "mate-backgrounds:/mate/nature/", "mate-backgrounds:/mate/abstract/")
JUDGING = (
    "drawn:1000-1023",
    "lxqt-themes:/wallpapers/",
    "kalzium-data:/toolpics/",
    "plasma-workspace-wallpapers:/contents/images/",
    "gnome-backgrounds",
)
DISTRACTORS = (
    *("torcs-data:/tracks/", "trigger-rally-data", "supertuxkart-data", "openarena-081-textures"),
    "drawn:2000-3999",
)
"""Objects and textures that strangers are taken from, beside the sets above."""
STRANGERS = (
    *("stellarium-data", "scratch", "hugin-data", "xplanet-images", "tuxpaint-stamps-default"),
    *("ukui-wallpapers", "lomiri-wallpapers-16.04", "lomiri-wallpapers-20.04"),
)
"""More that only estimates are measured on: star charts, galaxies, drawings, maps, landscapes."""

_SKIMAGE = (
    *("brick", "camera", "cell", "chelsea", "coffee", "coins", "grass", "gravel", "hubble_deep_field"),
    *("ihc", "moon", "page", "retina", "rocket", "motorcycle_left", "text"),
)
_ENDINGS = (".jpg", ".jpeg", ".png", ".webp")
_LARGEST = 40_000_000


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """One test picture, RGB, with a name that says where it came from."""

    name: str
    image: Image.Image


def load(
    sets: Iterable[str], *, longest: int = LONGEST, most: int | None = None, apart: int = APART
) -> tuple[list[Picture], list[str]]:
    """Load sets, at most `most` of each, none nearer than `apart` bits to another; also give a line a set: how many."""
    kept: list[Picture] = []
    told: list[str] = []
    values = np.empty((0, 32), np.uint8)
    for name in sets:
        count = 0
        for picture in _set(name):
            image = _fitted(picture.image, longest)
            luma = np.asarray(image.convert("L"))
            hashed = pdq(luma)
            value = np.frombuffer(hashed.value, np.uint8)
            near = len(values) and int(np.bitwise_count(values ^ value).sum(axis=1).min()) < apart
            if hashed.quality < LEAST_QUALITY or near:
                continue
            values = np.vstack([values, value])
            kept.append(Picture(picture.name, image))
            count += 1
            if count == most:
                break
        told.append(f"{name} {count}" if count else f"{name} not installed")
    return kept, told


def _fitted(image: Image.Image, longest: int) -> Image.Image:
    """Shrink to the longest side; smaller pictures stay."""
    copy = image.convert("RGB")
    copy.thumbnail((longest, longest), Image.Resampling.LANCZOS)
    return copy


def _set(name: str) -> Iterator[Picture]:
    """Give a set's pictures: drawn:FIRST-LAST, scikit-image, or a Debian package, with a part of its paths."""
    package, _, rest = name.partition(":")
    if package == "drawn":
        first, last = rest.split("-")
        shapes = ((640, 480), (480, 640), (640, 640), (640, 360))
        for seed in range(int(first), int(last) + 1):
            yield Picture(f"drawn {seed}", draw_picture(seed, *shapes[seed % len(shapes)]))
    elif package == "scikit-image":
        yield from _skimage()
    else:
        yield from _package(package, rest)


def _skimage() -> Iterator[Picture]:
    import skimage  # noqa: PLC0415 - of the test extra

    for path in sorted((Path(skimage.__file__).parent / "data").iterdir()):
        if path.stem in _SKIMAGE:
            yield Picture(f"scikit-image {path.stem}", Image.open(path))


def _package(package: str, part: str) -> Iterator[Picture]:
    """Give a Debian package's pictures, those in its .pk3 and .zip archives too."""
    try:
        listed = subprocess.run(["dpkg", "-L", package], capture_output=True, text=True, check=False).stdout
    except FileNotFoundError:  # no Debian
        return
    for line in sorted(listed.splitlines()):
        path = Path(line)
        if part not in line or "/doc/" in line or path.is_symlink() or not path.is_file():
            continue
        if path.suffix.lower() in _ENDINGS:
            yield from _opened(f"{package} {path.name}", path.read_bytes())
        elif path.suffix in {".pk3", ".zip"}:
            with ZipFile(path) as archive:
                for inside in sorted(archive.namelist()):
                    if inside.lower().endswith(_ENDINGS):
                        yield from _opened(f"{package} {Path(inside).name}", archive.read(inside))


def _opened(name: str, data: bytes) -> Iterator[Picture]:
    """Open a picture; icons, giants and what is transparent are passed over."""
    try:
        image = Image.open(BytesIO(data))
        if min(image.size) < LEAST_SIDE or image.width * image.height > _LARGEST:
            return
        if image.mode != "RGB" and image.convert("RGBA").getchannel("A").getextrema() != (255, 255):
            return
        yield Picture(name, image.convert("RGB"))
    except (UnidentifiedImageError, OSError, ValueError):
        return
