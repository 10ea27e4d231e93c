"""How far PDQ moves when a picture is edited: what a radius of 31 catches, and what it misses.

Usage: .venv/bin/python bench/pdq_edits.py
"""

import statistics
from collections.abc import Callable
from io import BytesIO

from PIL import Image
from skimage import data

from notcontent.signals import hash_image
from notcontent.signals.drawing import draw_picture

RADIUS = 31
PHOTOS = (
    *("brick", "camera", "cell", "chelsea", "coffee", "coins", "grass", "gravel", "hubble_deep_field"),
    *("moon", "page", "retina", "rocket", "text"),
)
DRAWN = 36

Edit = Callable[[Image.Image], Image.Image]


def scaled(share: float) -> Edit:
    return lambda image: image.resize((int(image.width * share), int(image.height * share)))


def cropped(share: float) -> Edit:
    def crop(image: Image.Image) -> Image.Image:
        across, down = int(image.width * share), int(image.height * share)
        return image.crop((across, down, image.width - across, image.height - down))

    return crop


def bordered(share: float) -> Edit:
    def border(image: Image.Image) -> Image.Image:
        across, down = int(image.width * share), int(image.height * share)
        paper = Image.new("RGB", (image.width + 2 * across, image.height + 2 * down))
        paper.paste(image, (across, down))
        return paper

    return border


EDITS: dict[str, tuple[Edit, int]] = {
    "saved as JPEG 75": (lambda image: image, 75),
    "saved as JPEG 30": (lambda image: image, 30),
    "made grey": (lambda image: image.convert("L"), 75),
    "three quarters of the size": (scaled(0.75), 75),
    "half the size": (scaled(0.5), 75),
    "cropped by 2 % on each side": (cropped(0.02), 75),
    "cropped by 5 % on each side": (cropped(0.05), 75),
    "cropped by 10 % on each side": (cropped(0.1), 75),
    "black border of 5 %": (bordered(0.05), 75),
    "turned by 1 degree": (lambda image: image.rotate(1, Image.Resampling.BICUBIC), 75),
    "turned by 3 degrees": (lambda image: image.rotate(3, Image.Resampling.BICUBIC), 75),
    "turned by 90 degrees": (lambda image: image.transpose(Image.Transpose.ROTATE_90), 75),
    "mirrored": (lambda image: image.transpose(Image.Transpose.FLIP_LEFT_RIGHT), 75),
}
"""What is done to a picture, and the quality of the JPEG that it is saved as."""


def value(image: Image.Image, file_format: str, quality: int) -> int:
    sink = BytesIO()
    image.save(sink, file_format, quality=quality)
    return int.from_bytes(hash_image(sink.getvalue()).value)


def main() -> None:
    pictures = [Image.fromarray(getattr(data, name)()).convert("RGB") for name in PHOTOS]
    pictures += [draw_picture(seed, 800, 600) for seed in range(DRAWN)]
    wholes = [value(picture, "PNG", 0) for picture in pictures]
    print(f"{len(PHOTOS)} photos and {DRAWN} drawn pictures.\n")
    print(f"| edit | median bits | most bits | within {RADIUS} bits |\n|---|---|---|---|")
    for name, (edit, quality) in EDITS.items():
        edited = [value(edit(picture), "JPEG", quality) for picture in pictures]
        bits = [(one ^ other).bit_count() for one, other in zip(wholes, edited, strict=True)]
        share = sum(count <= RADIUS for count in bits) / len(bits)
        print(f"| {name} | {statistics.median(bits):.0f} | {max(bits)} | {share:.0%} |")


if __name__ == "__main__":
    main()
