"""Pictures that nobody is in, drawn from a seed: for the demo and the tests.

Landscapes, shores, towns at dusk and still lifes. They have a photograph's statistics (large shapes, soft light, fine
texture), so PDQ gives them a high quality and each seed a hash of its own.
"""

from collections.abc import Callable
from io import BytesIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

Rgb = tuple[int, int, int]
Field = NDArray[np.float64]

_SKIES: tuple[tuple[Rgb, Rgb], ...] = (
    ((52, 110, 190), (196, 222, 240)),
    ((36, 40, 92), (250, 150, 96)),
    ((96, 150, 206), (250, 226, 190)),
    ((70, 60, 120), (244, 176, 190)),
    ((90, 120, 140), (206, 212, 214)),
)
_GREENS: tuple[Rgb, ...] = ((74, 124, 62), (108, 142, 58), (52, 100, 66), (142, 150, 70), (88, 112, 48))
_WALLS: tuple[Rgb, ...] = ((236, 224, 200), (206, 120, 90), (240, 240, 236), (196, 170, 120), (150, 170, 186))
_FRUITS: tuple[Rgb, ...] = (
    (196, 44, 40),
    (236, 150, 30),
    (120, 160, 40),
    (240, 206, 70),
    (110, 40, 90),
    (226, 110, 90),
)

_BAND = 32
"""Rows that are painted at a time."""


def draw_picture(seed: int, width: int = 1200, height: int = 900) -> Image.Image:
    """Draw an RGB picture. Equal seeds and sizes give equal pictures; the seed also chooses what is shown."""
    scene = _Scene(seed, width, height)
    _KINDS[seed % len(_KINDS)](scene)
    return scene.finish()


def picture_bytes(
    seed: int, width: int = 1200, height: int = 900, file_format: str = "JPEG", quality: int = 90
) -> bytes:
    """Draw a picture and give it as a file: JPEG, PNG, WebP or GIF."""
    sink = BytesIO()
    draw_picture(seed, width, height).save(sink, file_format, quality=quality)
    return sink.getvalue()


class _Scene:
    """A canvas, a source of chance, and brushes whose sizes are shares of the canvas."""

    def __init__(self, seed: int, width: int, height: int) -> None:
        self.chance = np.random.Generator(np.random.PCG64(seed))
        self.width, self.height = width, height
        self.image = Image.new("RGB", (width, height))
        self.brush = ImageDraw.Draw(self.image)

    def between(self, low: float, high: float) -> float:
        """Pick a number."""
        return float(self.chance.uniform(low, high))

    def pick(self, choices: tuple[Rgb, ...]) -> Rgb:
        """Pick a colour and vary it a little."""
        red, green, blue = choices[int(self.chance.integers(len(choices)))]
        shift = self.chance.integers(-14, 15, 3)
        return _colour(red + shift[0], green + shift[1], blue + shift[2])

    def clouds(self, cells: int, octaves: int = 4) -> Field:
        """Give soft noise in 0..1 over the canvas; more cells, smaller lumps."""
        total = np.zeros((self.height, self.width))
        for octave in range(octaves):
            rough = self.chance.random((max(2, cells << octave), max(2, cells << octave))).astype(np.float32)
            smooth = Image.fromarray(rough).resize((self.width, self.height), Image.Resampling.BICUBIC)
            total += np.asarray(smooth, dtype=np.float64) / 2**octave
        scaled: Field = (total - total.min()) / (np.ptp(total) + 1e-9)
        return scaled

    def paint(self, pixels: Field, top: int = 0) -> None:
        """Put an array of shape (rows, width, 3) on the canvas, from row `top` on."""
        self.image.paste(Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8)), (0, top))

    def blend(self, mask: Field, colour: Rgb) -> None:
        """Lay a colour over the canvas, as thick as the mask (0..1) says."""
        stencil = Image.fromarray((np.clip(mask, 0, 1) * 255).astype(np.uint8))
        self.image.paste(colour, (0, 0), stencil)

    def sky(self, horizon: float) -> tuple[Rgb, Rgb]:
        """Paint sky with clouds and a sun down to the horizon (a share of the height)."""
        top, low = _SKIES[int(self.chance.integers(len(_SKIES)))]
        slope = np.clip(np.linspace(0, 1 / horizon, self.height), 0, 1)[:, None, None]
        self.paint(np.broadcast_to(_mix(np.array(top), np.array(low), slope), (self.height, self.width, 3)))
        x, y, radius = self.between(0.1, 0.9), self.between(0.1, 0.8) * horizon, self.between(0.03, 0.07)
        rows, columns = np.mgrid[: self.height, : self.width] / self.height
        distance = np.hypot(rows - y, columns - x * self.width / self.height)
        self.blend(0.8 * np.exp(-distance / (radius * 2.5)), (255, 240, 200))
        self.blend((radius - distance) * self.height / 2, (255, 250, 226))
        cover = self.between(0.4, 0.62)
        self.blend((self.clouds(3, 5) - cover) * 3 * self.between(0.4, 1), (250, 246, 244))
        return top, low

    def ridge(self, level: float, relief: float, cells: int) -> Field:
        """Give the height (in rows) of a skyline for each column."""
        line = np.zeros(self.width)
        for octave in range(6):
            knots = self.chance.uniform(-1, 1, (cells << octave) + 3)
            at = np.linspace(0, (cells << octave) + 1, self.width)
            line += np.interp(at, np.arange(len(knots)), knots) / 2**octave
        return (level + relief * line / 2) * self.height

    def ground(self, skyline: Field, colour: Rgb, texture: float) -> None:
        """Fill what lies below a skyline with a lit, textured colour."""
        grain = self.clouds(24, 4) - 0.5 + (self.clouds(5, 2) - 0.5)
        # Band by band, which the processor's cache holds; above the skyline nothing changes.
        for top in range(max(0, int(skyline.min())), self.height, _BAND):
            rows = np.arange(top, min(top + _BAND, self.height))[:, None]
            inside = np.clip(rows - skyline[None, :], 0, 1)
            depth = np.clip((rows - skyline[None, :]) / self.height, 0, 1)
            light = 1.08 - 0.5 * depth + texture * grain[top : top + _BAND]
            tinted = np.array(colour)[None, None, :] * light[..., None]
            there = np.asarray(self.image.crop((0, top, self.width, top + len(rows))), dtype=np.float64)
            self.paint(_mix(there, tinted, inside[..., None]), top)

    def oval(self, x: float, y: float, across: float, down: float, colour: Rgb) -> None:
        """Fill an ellipse around (x, y), all in pixels."""
        self.brush.ellipse((x - across, y - down, x + across, y + down), fill=colour)

    def tree(self, x: float, foot: float, size: float, green: Rgb) -> None:
        """Plant a tree: a fir or a leafy one."""
        self.brush.rectangle((x - size * 0.05, foot - size * 0.4, x + size * 0.05, foot), fill=(82, 60, 44))
        if self.chance.random() < 0.5:
            for tier in range(4):
                base, half = foot - size * (0.15 + 0.2 * tier), size * (0.3 - 0.06 * tier)
                shade = _lit(green, 0.7 + 0.12 * tier)
                self.brush.polygon([(x - half, base), (x + half, base), (x, base - size * 0.4)], fill=shade)
            return
        for _ in range(26):
            angle, reach = self.between(0, 6.28), self.between(0, 0.26) * size
            dot_x, dot_y = x + reach * np.cos(angle), foot - size * 0.65 + reach * np.sin(angle)
            light = 0.75 + 0.5 * (foot - size * 0.4 - dot_y) / size
            self.oval(dot_x, dot_y, size * 0.1, size * 0.09, _lit(green, light))

    def house(self, x: float, foot: float, size: float) -> None:
        """Build a house with a roof, a door and windows."""
        wall, roof = self.pick(_WALLS), self.pick(((150, 62, 48), (92, 84, 88), (120, 80, 50)))
        tall = size * self.between(0.5, 0.75)
        self.brush.rectangle((x, foot - tall, x + size, foot), fill=wall)
        self.brush.rectangle((x + size * 0.72, foot - tall, x + size, foot), fill=_lit(wall, 0.8))
        peak = foot - tall - size * self.between(0.3, 0.5)
        eaves = size * 0.1
        self.brush.polygon(
            [(x - eaves, foot - tall), (x + size + eaves, foot - tall), (x + size * 0.8, peak), (x + size * 0.2, peak)],
            fill=roof,
        )
        self.brush.rectangle((x + size * 0.42, foot - tall * 0.5, x + size * 0.56, foot), fill=(84, 60, 46))
        for pane in (0.12, 0.76):
            left, top = x + size * pane, foot - tall * 0.75
            self.brush.rectangle((left, top, left + size * 0.14, top + tall * 0.28), fill=(70, 96, 120))
            self.brush.line((left + size * 0.07, top, left + size * 0.07, top + tall * 0.28), fill=(240, 240, 240))

    def boat(self, x: float, y: float, size: float) -> None:
        """Put a sailing boat on the water."""
        hull = ((-0.4, 0.0), (0.4, 0.0), (0.25, 0.15), (-0.3, 0.15))
        mainsail = ((0.0, -1.0), (0.0, -0.05), (0.45, -0.05))
        jib = ((-0.04, -0.9), (-0.04, -0.05), (-0.3, -0.05))
        for shape, colour in ((hull, self.pick(_WALLS)), (mainsail, (246, 244, 236)), (jib, self.pick(_FRUITS))):
            self.brush.polygon([(x + size * right, y + size * down) for right, down in shape], fill=colour)

    def finish(self) -> Image.Image:
        """Soften edges, darken the corners and add a sensor's grain."""
        soft = np.asarray(self.image.filter(ImageFilter.GaussianBlur(self.width / 2400)), dtype=np.float64)
        rows, columns = np.mgrid[-1 : 1 : self.height * 1j, -1 : 1 : self.width * 1j]
        shade = 1 - 0.16 * (rows**2 + columns**2)
        grain = self.chance.normal(0, 2.2, (self.height, self.width, 1))
        return Image.fromarray(np.clip(soft * shade[..., None] + grain, 0, 255).astype(np.uint8))


def _valley(scene: _Scene) -> None:
    """Mountains, hills, trees and a house or two."""
    horizon = scene.between(0.35, 0.6)
    _, haze = scene.sky(horizon)
    for step in range(2):
        blue = _blend_colour((88, 104, 140), haze, 0.55 - 0.3 * step)
        level = horizon - 0.1 + 0.08 * step
        scene.ground(scene.ridge(level, scene.between(0.12, 0.3), 3), blue, 0.25)
    hills = 3
    for step in range(hills):
        level = horizon + 0.08 + (0.92 - horizon) * step / hills
        skyline = scene.ridge(level, scene.between(0.05, 0.14), 2)
        scene.ground(skyline, _lit(scene.pick(_GREENS), 1.15 - 0.12 * step), 0.5)
        size = scene.height * (0.09 + 0.09 * step)
        if scene.chance.random() < 0.75:
            x = int(scene.between(0.05, 0.75) * scene.width)
            scene.house(x, skyline[x] + size * 0.5, size * scene.between(1, 1.5))
        for _ in range(int(scene.chance.integers(3, 12 - 2 * step))):
            x = int(scene.between(0, 0.999) * scene.width)
            scene.tree(
                x, skyline[x] + size * scene.between(0.1, 0.6), size * scene.between(0.8, 1.6), scene.pick(_GREENS)
            )


def _shore(scene: _Scene) -> None:
    """Sea with waves and sailing boats, cliffs and a beach."""
    horizon = scene.between(0.3, 0.6)
    _, low = scene.sky(horizon)
    sea = _blend_colour((24, 84, 116), low, scene.between(0.05, 0.35))
    scene.ground(np.full(scene.width, horizon * scene.height), sea, 0.1)
    rows = np.arange(scene.height)[:, None] / scene.height
    ripple = np.sin(rows**0.6 * 420 + 9 * scene.clouds(4, 3)) * np.clip(rows - horizon, 0, 1) * scene.clouds(12, 3)
    scene.blend(ripple * 1.8, (226, 240, 244))
    share = scene.between(0.5, 0.8)  # of the width that is open sea
    cliff_is_right = scene.chance.random() < 0.5
    across = np.linspace(0, 1, scene.width) if cliff_is_right else np.linspace(1, 0, scene.width)
    cliff = scene.ridge(horizon - scene.between(0.0, 0.2), 0.2, 4)
    scene.ground(cliff + np.clip(share - across, 0, 1) * 2 * scene.height, (120, 104, 84), 0.6)
    boats = int(scene.chance.integers(2, 6))
    order = scene.chance.permutation(boats)
    for number, foot in enumerate(np.sort(scene.chance.uniform(horizon + 0.05, 0.78, boats))):
        place = (order[number] + scene.between(0.2, 0.8)) / boats * (share - 0.08)
        x, y = (place if cliff_is_right else 1 - place) * scene.width, foot * scene.height
        scene.boat(x, y, (foot - horizon + 0.12) * scene.height * scene.between(0.5, 0.9))
    beach = scene.ridge(scene.between(0.78, 0.92), 0.12, 2)
    scene.ground(beach, (222, 196, 148), 0.35)


def _town(scene: _Scene) -> None:
    """Blocks of flats at dusk, behind each other, with lit windows and a street."""
    horizon = scene.between(0.55, 0.75)
    _, low = scene.sky(horizon)
    foot = scene.between(0.8, 0.9) * scene.height
    for row in range(3):
        x = -scene.between(0, 0.1) * scene.width
        while x < scene.width:
            wide = scene.between(0.06, 0.16) * scene.width
            top = scene.between(0.15 + 0.14 * row, 0.5 + 0.12 * row) * scene.height
            wall = _blend_colour(_lit(scene.pick(_WALLS), 0.62 - 0.1 * row), low, 0.4 - 0.18 * row)
            scene.brush.rectangle((x, top, x + wide, foot), fill=wall)
            scene.brush.rectangle((x + wide * 0.8, top, x + wide, foot), fill=_lit(wall, 0.75))
            pane = scene.width * 0.008 * (1 + row * 0.4)
            for left in np.arange(x + pane, x + wide * 0.76 - pane, pane * 2.2):
                for upper in np.arange(top + pane, foot - pane * 3, pane * 3):
                    lit = scene.chance.random() < 0.4
                    glass = (255, 214, 130) if lit else _lit(wall, 0.6)
                    scene.brush.rectangle((left, upper, left + pane, upper + pane * 1.6), fill=glass)
            x += wide + scene.between(0, 0.05) * scene.width
    scene.ground(np.full(scene.width, foot), (70, 70, 78), 0.3)
    for _ in range(int(scene.chance.integers(3, 9))):
        size = scene.height * scene.between(0.12, 0.24)
        scene.tree(scene.between(0, 1) * scene.width, foot + size * 0.15, size, scene.pick(_GREENS))


def _still_life(scene: _Scene) -> None:
    """Fruit on a table before a wall, lit from one side."""
    edge = scene.between(0.4, 0.65)
    wall, wood = scene.pick(_WALLS), scene.pick(((150, 98, 60), (110, 76, 52), (186, 150, 110)))
    across = np.linspace(scene.between(0.35, 1.2), scene.between(0.35, 1.2), scene.width)[None, :, None]
    scene.paint(np.array(wall)[None, None, :] * across * (0.85 + 0.3 * scene.clouds(3, 5)[..., None]))
    scene.ground(np.full(scene.width, edge * scene.height), wood, 0.3)
    rows = np.arange(scene.height)[:, None] / scene.height
    scene.blend((rows > edge) * 0.55 * np.sin(rows * 160 + 14 * scene.clouds(3, 4)) ** 2, _lit(wood, 0.5))
    light = -1 if scene.chance.random() < 0.5 else 1
    count = int(scene.chance.integers(4, 10))
    for foot in np.sort(scene.chance.uniform(edge + 0.08, 0.97, count)):
        radius = scene.between(0.06, 0.15) * scene.height * (0.5 + foot)
        x, y, colour = scene.between(0.08, 0.92) * scene.width, foot * scene.height - radius, scene.pick(_FRUITS)
        scene.oval(x - light * radius * 0.5, y + radius * 0.9, radius * 1.25, radius * 0.24, _lit(wood, 0.4))
        for ring in np.linspace(0, 1, 28):
            shade = _lit(colour, 0.45 + 0.85 * ring)
            inner = radius * (1 - ring)
            scene.oval(x + light * radius * 0.35 * ring, y - radius * 0.35 * ring, inner, inner, shade)
        scene.oval(x + light * radius * 0.4, y - radius * 0.45, radius * 0.12, radius * 0.09, (255, 250, 240))
        scene.brush.line(
            (x, y - radius * 0.9, x + radius * 0.1, y - radius * 1.2), fill=(70, 50, 36), width=max(2, int(radius / 12))
        )


_KINDS: tuple[Callable[[_Scene], None], ...] = (_valley, _shore, _town, _still_life)


def _mix(one: Field | NDArray[np.int64], other: Field | NDArray[np.int64], share: Field) -> Field:
    """Go from one to the other by a share in 0..1."""
    return one * (1 - share) + other * share


def _colour(red: float, green: float, blue: float) -> Rgb:
    """Keep a colour within 0..255."""
    return int(min(255, max(0, red))), int(min(255, max(0, green))), int(min(255, max(0, blue)))


def _lit(colour: Rgb, light: float) -> Rgb:
    """Lighten or darken a colour."""
    return _colour(colour[0] * light, colour[1] * light, colour[2] * light)


def _blend_colour(one: Rgb, other: Rgb, share: float) -> Rgb:
    """Go from one colour to the other by a share in 0..1."""
    red, green, blue = (a * (1 - share) + b * share for a, b in zip(one, other, strict=True))
    return _colour(red, green, blue)
