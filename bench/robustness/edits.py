"""Pixel edits, each a function of a picture (and of chance): what people do to a copy before they pass it on."""

import math
from collections.abc import Callable
from io import BytesIO

import numpy as np
from numpy.random import Generator
from PIL import Image, ImageDraw, ImageFilter, ImageFont

Rgb = tuple[int, int, int]
BLACK, WHITE = (0, 0, 0), (255, 255, 255)
SENTENCE = "when you see it you cannot unsee it any more and nobody believes you"


def resaved(image: Image.Image, quality: int, file_format: str = "JPEG") -> Image.Image:
    """Save and open again."""
    sink = BytesIO()
    image.save(sink, file_format, quality=quality)
    return Image.open(sink).convert("RGB")


def scaled(image: Image.Image, across: float, down: float) -> Image.Image:
    """Change the size."""
    size = (max(16, round(image.width * across)), max(16, round(image.height * down)))
    return image.resize(size, Image.Resampling.LANCZOS)


def levels(image: Image.Image, curve: Callable[[np.ndarray], np.ndarray]) -> Image.Image:
    """Put every channel through a curve of 256 levels."""
    table = np.clip(curve(np.arange(256.0)), 0, 255).astype(np.uint8)
    return image.point([*table.tolist()] * 3)


def noisy(image: Image.Image, spread: float, chance: Generator) -> Image.Image:
    """Add grain."""
    pixels = np.asarray(image, dtype=np.float32)
    return Image.fromarray(np.clip(pixels + chance.normal(0, spread, pixels.shape), 0, 255).astype(np.uint8))


def tinted(image: Image.Image) -> Image.Image:
    """Yellow it like an old print."""
    pixels = np.asarray(image, dtype=np.float32) * np.array([1.15, 0.95, 0.75], np.float32) + np.array(
        [0, 10, 25], np.float32
    )
    return Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))


def cropped(image: Image.Image, left: float, top: float, right: float, bottom: float) -> Image.Image:
    """Keep a rectangle, given in shares of the sides."""
    width, height = image.size
    return image.crop((int(left * width), int(top * height), int(right * width), int(bottom * height)))


def crop_area(image: Image.Image, share: float, chance: Generator | None = None) -> Image.Image:
    """Keep a share of the area, of the picture's own shape: the middle, or anywhere."""
    side = math.sqrt(share)
    across, down = (0.5, 0.5) if chance is None else chance.random(2).tolist()
    left, top = (1 - side) * across, (1 - side) * down
    return cropped(image, left, top, left + side, top + side)


def crop_shape(image: Image.Image, shape: float, place: float = 0.5) -> Image.Image:
    """Cut to width / height = shape."""
    own = image.width / image.height
    across, down = min(1.0, shape / own), min(1.0, own / shape)
    left, top = (1 - across) * place, (1 - down) * place
    return cropped(image, left, top, left + across, top + down)


def rotated(image: Image.Image, degrees: float, *, inscribed: bool) -> Image.Image:
    """Turn about the middle: black corners, or the largest rectangle of the same shape without any."""
    turned = image.rotate(degrees, Image.Resampling.BICUBIC)
    if not inscribed:
        return turned
    width, height = image.size
    angle = math.radians(abs(degrees))
    sine, cosine = math.sin(angle), math.cos(angle)
    keep = min(width / (width * cosine + height * sine), height / (width * sine + height * cosine))
    return cropped(turned, 0.5 - keep / 2, 0.5 - keep / 2, 0.5 + keep / 2, 0.5 + keep / 2)


def padded(image: Image.Image, sides: tuple[int, int, int, int], colour: Rgb) -> Image.Image:
    """Put margins around: top, right, bottom, left, in pixels."""
    top, right, bottom, left = sides
    paper = Image.new("RGB", (image.width + left + right, image.height + top + bottom), colour)
    paper.paste(image, (left, top))
    return paper


def bordered(image: Image.Image, share: float, colour: Rgb) -> Image.Image:
    """Put an even border around: `share` of the new shorter side."""
    width = int(share * min(image.size) / (1 - 2 * share))
    return padded(image, (width, width, width, width), colour)


def letterboxed(image: Image.Image, shape: float, ground: Rgb | str, place: float = 0.5) -> Image.Image:
    """Fit into a frame of width / height = shape, over a colour, or ("blur") over a blurred copy that fills it."""
    width, height = image.size
    frame = (width, round(width / shape)) if width / height > shape else (round(height * shape), height)
    at = (int((frame[0] - width) * place), int((frame[1] - height) * place))
    if isinstance(ground, tuple):
        paper = Image.new("RGB", frame, ground)
    else:
        large = max(frame[0] / width, frame[1] / height)
        filled = image.resize((math.ceil(width * large), math.ceil(height * large)))
        corner = ((filled.width - frame[0]) // 2, (filled.height - frame[1]) // 2)
        paper = filled.crop((*corner, corner[0] + frame[0], corner[1] + frame[1]))
        paper = paper.filter(ImageFilter.GaussianBlur(max(image.size) / 30))
    paper.paste(image, at)
    return paper


def write(image: Image.Image, text: str, at: tuple[float, float], size: float, colour: Rgb, outline: int = 0) -> None:
    """Write a line, its left middle at `at`."""
    font = ImageFont.load_default(max(8.0, size))
    edge = WHITE if colour == BLACK else BLACK
    ImageDraw.Draw(image).text(at, text, colour, font, anchor="lm", stroke_width=outline, stroke_fill=edge)


def captioned(image: Image.Image, share: float, ground: Rgb, *, on_top: bool, lines: int = 1) -> Image.Image:
    """Put a plain bar with text above or below: `share` of the new height."""
    bar = int(image.height * share / (1 - share))
    done = padded(image, (bar if on_top else 0, 0, 0 if on_top else bar, 0), ground)
    first = 0 if on_top else image.height
    size = min(bar / lines * 0.5, image.width / 14)
    ink = BLACK if sum(ground) > 380 else WHITE
    for line in range(lines):
        text = SENTENCE[line * 24 :][: int(image.width * 0.9 / (size * 0.55))]
        write(done, text, (image.width * 0.04, first + bar * (line + 0.5) / lines), size, ink)
    return done


def meme(image: Image.Image) -> Image.Image:
    """Write large outlined words over the top and the bottom."""
    done = image.copy()
    size = image.width / 9
    write(done, "TOP TEXT HERE", (image.width * 0.05, image.height * 0.1), size, WHITE, 3)
    write(done, "BOTTOM TEXT", (image.width * 0.08, image.height * 0.9), size, WHITE, 3)
    return done


def watermarked(image: Image.Image, weight: float = 0.45) -> Image.Image:
    """Write a name all over, half transparent."""
    over = image.copy()
    for row in range(4):
        for column in range(-1, 4):
            at = (column * image.width / 3 + row * 20, (row + 0.5) * image.height / 4)
            write(over, "@leaks_page", at, image.width / 16, WHITE)
    return Image.blend(image, over, weight)


def stamped(image: Image.Image) -> Image.Image:
    """Put a square logo into the corner."""
    done = image.copy()
    side = int(0.16 * min(image.size))
    left, top = image.width - side - 10, image.height - side - 10
    brush = ImageDraw.Draw(done)
    brush.rectangle((left, top, left + side, top + side), (230, 40, 40))
    brush.ellipse((left + side // 6, top + side // 6, left + 5 * side // 6, top + 5 * side // 6), WHITE)
    return done


def with_emoji(image: Image.Image, share: float, chance: Generator) -> Image.Image:
    """Cover a share of the area with a face, somewhere in the middle."""
    done = image.copy()
    radius = math.sqrt(share * image.width * image.height / math.pi)
    x, y = image.width * chance.uniform(0.3, 0.7), image.height * chance.uniform(0.3, 0.7)
    brush = ImageDraw.Draw(done)
    brush.ellipse((x - radius, y - radius, x + radius, y + radius), (250, 210, 60))
    for side in (-1, 1):
        eye, dot = x + side * radius / 3, radius / 7
        brush.ellipse((eye - dot, y - radius / 4 - dot, eye + dot, y - radius / 4 + dot), (80, 60, 40))
    mouth = (x - radius / 2, y - radius / 4, x + radius / 2, y + radius / 2)
    brush.arc(mouth, 20, 160, (80, 60, 40), max(2, int(radius / 9)))
    return done


def with_sticker(image: Image.Image, other: Image.Image, share: float, chance: Generator) -> Image.Image:
    """Lay a part of another picture over a share of the area, anywhere; round or square."""
    done = image.copy()
    stretch = math.exp(chance.uniform(-0.4, 0.4))
    width = min(image.width - 2, int(math.sqrt(share * image.width * image.height * stretch)))
    height = min(image.height - 2, int(share * image.width * image.height / width))
    mask = Image.new("L", (width, height), 0 if (is_round := chance.random() < 0.5) else 255)
    if is_round:
        ImageDraw.Draw(mask).ellipse((0, 0, width - 1, height - 1), 255)
    at = (int(chance.uniform(0, image.width - width)), int(chance.uniform(0, image.height - height)))
    done.paste(other.resize((width, height)), at, mask)
    return done


def tilted(image: Image.Image, corners: list[tuple[float, float]], ground: Rgb) -> Image.Image:
    """Move the four corners (top left, then with the clock) to these shares of the sides, in perspective."""
    width, height = image.size
    rows, wanted = [], []
    for (x, y), (u, v) in zip(((0, 0), (width, 0), (width, height), (0, height)), corners, strict=True):
        a, b = u * width, v * height
        rows += [[a, b, 1, 0, 0, 0, -x * a, -x * b], [0, 0, 0, a, b, 1, -y * a, -y * b]]
        wanted += [x, y]
    solved = np.linalg.solve(np.array(rows, float), np.array(wanted, float)).tolist()
    return image.transform(image.size, Image.Transform.PERSPECTIVE, solved, Image.Resampling.BICUBIC, fillcolor=ground)


def photographed(image: Image.Image, chance: Generator, jitter: float, *, screen: bool) -> Image.Image:
    """Photograph it at a slant; `screen`: off a screen, with a dark room around, moire and blur."""
    inset = 0.06 if screen else 0.0
    moved = chance.uniform(-jitter, jitter, (4, 2))
    ideal = ((inset, inset), (1 - inset, inset), (1 - inset, 1 - inset), (inset, 1 - inset))
    corners = [(x + float(dx), y + float(dy)) for (x, y), (dx, dy) in zip(ideal, moved, strict=True)]
    if not screen:
        return tilted(image, corners, (30, 30, 35))
    y, x = np.mgrid[0 : image.height, 0 : image.width]
    waves = (1 + 0.10 * np.sin(2 * np.pi * (x * 0.27 + y * 0.03))) * (
        1 + 0.08 * np.sin(2 * np.pi * (y * 0.23 + x * 0.02))
    )
    pixels = np.clip(np.asarray(image, float) * waves[..., None] * 0.92 + 8, 0, 255).astype(np.uint8)
    seen = tilted(Image.fromarray(pixels), corners, (30, 30, 35)).filter(ImageFilter.GaussianBlur(0.8))
    return resaved(seen, 75)


def mirrored(image: Image.Image) -> Image.Image:
    """Left for right."""
    return image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
