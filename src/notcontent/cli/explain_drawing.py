"""The drawing of `notcontent explain --png`: both pictures, the part that met, the distance and the radius."""

import os
from io import BytesIO
from math import dist
from pathlib import Path
from typing import TYPE_CHECKING

from PIL import Image, ImageDraw, ImageFont, ImageOps

from notcontent.errors import StorageError
from notcontent.matching.atomicfile import write_atomically
from notcontent.signals.estimates.worth import LEAST

if TYPE_CHECKING:
    from notcontent.signals.explain import Explanation, Guessed, Met
    from notcontent.signals.views.quads import Quad

_WIDTH, _EDGE, _GAP = 1200, 32, 32
_PANE = ((_WIDTH - 2 * _EDGE - 2 * _GAP) // 3, 420)
_PAPER, _INK, _SOFT, _LINE = (250, 250, 248), (32, 33, 36), (110, 112, 116), (216, 216, 212)
_GROUND = 216  # the luma of what lies outside of a picture
_HIT, _MISS, _GUESS = (20, 130, 70), (180, 60, 40), (30, 90, 190)
_BAR_TOP, _BAR_HEIGHT = 600, 26
_FAR = 128

_TURNED = {
    "mirror": Image.Transpose.FLIP_LEFT_RIGHT,
    "180": Image.Transpose.ROTATE_180,
    "flip": Image.Transpose.FLIP_TOP_BOTTOM,
    "transpose": Image.Transpose.TRANSPOSE,
    "right": Image.Transpose.ROTATE_270,
    "transverse": Image.Transpose.TRANSVERSE,
    "left": Image.Transpose.ROTATE_90,
}


def draw(data: tuple[bytes, bytes], told: "Explanation", best: "Met | None", radius: int, out: Path) -> None:
    """Draw A, B with the nearest look's rectangle, and the look as it was hashed; only its owner may read the file.

    Raises StorageError; what stood there before still stands then.
    """
    first, second = (_seen(one) for one in data)
    page = Image.new("RGB", (_WIDTH, 720), _PAPER)
    hit = best is not None and best.distance <= radius
    if not hit and told.guessed is not None and told.guessed.evidence >= LEAST:
        _draw_guess(page, first, second, told.guessed)
    else:
        _draw_look(page, (first, second), best, radius)
    drawn = BytesIO()
    page.save(drawn, "PNG")
    try:
        write_atomically(Path(os.path.realpath(out)), [drawn.getbuffer()])
    except (ValueError, StorageError) as error:  # ValueError: a name that no file can have
        raise StorageError("The drawing cannot be written: is its folder there, and yours?") from error


def _draw_look(page: Image.Image, shown: tuple[Image.Image, Image.Image], best: "Met | None", radius: int) -> None:
    """Draw the nearest look: where on B it was taken, it as it was hashed, and how far it is."""
    brush = ImageDraw.Draw(page)
    hit = best is not None and best.distance <= radius
    colour = _HIT if hit else _MISS
    title = "No look can be compared" if best is None else "Match" if hit else "No match"
    brush.text((_EDGE, 28), title, colour, _font(30))
    _pane(page, 0, shown[0], "A: what is banked")
    place, scale = _pane(page, 1, shown[1], "B: the upload")
    if best is None:
        return
    says = f"{best.kind}: {best.distance} bits of 256 differ, the radius is {radius}"
    brush.text((_EDGE + brush.textlength(title, _font(30)) + 20, 38), says, _INK, _font(20))
    _mark(brush, place, scale, best, shown[1].size, colour)
    if best.quad is None:
        top, left, bottom, right = best.rect
        _pane(page, 2, _turned(shown[1].crop((left, top, right, bottom)), best.turn), f"The look: {best.kind}")
    else:
        _pane(page, 2, _turned(_laid_flat(shown[1], best.quad), best.turn), f"The look, laid flat: {best.kind}")
    _bar(brush, best.distance, radius, colour)


def _laid_flat(image: Image.Image, quad: "Quad") -> Image.Image:
    """Lay flat what a quadrilateral holds, as it was for hashing; its sides are as long as they are on the upload."""
    from notcontent.signals.views.quads import homography

    corners = [(x * image.width, y * image.height) for x, y in quad]
    top, right, bottom, left = (dist(corners[n], corners[(n + 1) % 4]) for n in range(4))
    width, height = max(1, round((top + bottom) / 2)), max(1, round((left + right) / 2))
    a, b, c, d, e, f, g, h = homography(quad)
    across, down = image.width, image.height
    # Pillow counts in pixels on both sides: the shares are multiplied by the upload's and divided by the part's.
    to_x, to_y = (a * across / width, b * across / height, c * across), (d * down / width, e * down / height, f * down)
    data = [*to_x, *to_y, g / width, h / height]
    perspective = Image.Transform.PERSPECTIVE
    return image.transform((width, height), perspective, data, Image.Resampling.BICUBIC, fillcolor=_GROUND)


def _draw_guess(page: Image.Image, first: Image.Image, second: Image.Image, guess: "Guessed") -> None:
    """Draw the best estimate: where on A the upload would lie, B, and that part of A as it would be uploaded."""
    brush = ImageDraw.Draw(page)
    title = "Estimated"
    brush.text((_EDGE, 28), title, _GUESS, _font(30))
    says = f"{guess.kind}, evidence {guess.evidence:.1f}: B would be the outlined part of A"
    brush.text((_EDGE + brush.textlength(title, _font(30)) + 20, 38), says, _INK, _font(20))
    place, scale = _pane(page, 0, first, "A: what is banked")
    _outline(brush, place, (first.width * scale, first.height * scale), guess.corners, _GUESS)
    place, scale = _pane(page, 1, second, "B: the upload")
    top, left, bottom, right = guess.rect
    if guess.quad is not None or (left, top, right, bottom) != (0, 0, *second.size):
        _mark(brush, place, scale, guess, second.size, _GUESS)
    top_left, top_right, bottom_right, bottom_left = guess.corners
    quad = [
        side
        for x, y in (top_left, bottom_left, bottom_right, top_right)
        for side in (x * first.width, y * first.height)
    ]
    size = (right - left, bottom - top)
    part = first.transform(size, Image.Transform.QUAD, quad, Image.Resampling.BICUBIC, fillcolor=_GROUND)
    mirrored = guess.kind.endswith("+mirror")
    shown = "The outlined part of A, mirrored" if mirrored else "The outlined part of A"
    _pane(page, 2, ImageOps.mirror(part) if mirrored else part, shown)
    brush.text(
        (_EDGE, 580), "An estimate is a reason to look, never proof. It holds and never blocks.", _SOFT, _font(18)
    )


def _mark(
    brush: ImageDraw.ImageDraw,
    place: tuple[int, int],
    scale: float,
    taken: "Met | Guessed",
    size: tuple[int, int],
    colour: tuple[int, int, int],
) -> None:
    """Draw on B, in its pane, where a look or what an estimate is made from was taken."""
    if taken.quad is not None:
        _outline(brush, place, (size[0] * scale, size[1] * scale), taken.quad, colour)
        return
    top, left, bottom, right = taken.rect
    x, y = place
    box = (x + left * scale - 4, y + top * scale - 4, x + right * scale + 3, y + bottom * scale + 3)
    brush.rectangle(box, outline=colour, width=4)


def _outline(
    brush: ImageDraw.ImageDraw,
    place: tuple[int, int],
    size: tuple[float, float],
    corners: tuple[tuple[float, float], ...],
    colour: tuple[int, int, int],
) -> None:
    """Draw a part by its corners, in shares of a picture's sides; those outside of it are drawn at its edge."""
    inside = [(min(max(x, 0.0), 1.0), min(max(y, 0.0), 1.0)) for x, y in corners]
    points = [(place[0] + x * size[0], place[1] + y * size[1]) for x, y in inside]
    brush.line([*points, points[0], points[1]], fill=colour, width=4, joint="curve")


def _seen(data: bytes) -> Image.Image:
    """Give a picture's luma by the decoders that compare it: another could show another picture under our verdict."""
    from notcontent.signals import decode_luma

    return Image.fromarray(decode_luma(data))


def _turned(image: Image.Image, turn: str) -> Image.Image:
    """Turn as the look was."""
    return image.transpose(_TURNED[turn]) if turn else image


def _pane(page: Image.Image, place: int, image: Image.Image, title: str) -> tuple[tuple[int, int], float]:
    """Put a picture into one of three panes; give its corner and its scale."""
    brush = ImageDraw.Draw(page)
    left = _EDGE + place * (_PANE[0] + _GAP)
    brush.text((left, 92), title, _SOFT, _font(18))
    scale = min(_PANE[0] / image.width, _PANE[1] / image.height)
    shown = image.resize((max(1, round(image.width * scale)), max(1, round(image.height * scale))))
    corner = (left + (_PANE[0] - shown.width) // 2, 124 + (_PANE[1] - shown.height) // 2)
    brush.rectangle((left - 1, 123, left + _PANE[0], 124 + _PANE[1]), outline=_LINE)
    page.paste(shown, corner)
    return corner, scale


def _bar(brush: ImageDraw.ImageDraw, distance: int, radius: int, colour: tuple[int, int, int]) -> None:
    """Draw the distance on a scale to 128 bits, where unrelated pictures are, with the radius marked."""
    whole = _WIDTH - 2 * _EDGE
    brush.rectangle((_EDGE, _BAR_TOP, _EDGE + whole, _BAR_TOP + _BAR_HEIGHT), fill=(236, 236, 232))
    reach = _EDGE + whole * min(distance, _FAR) / _FAR
    if distance:
        brush.rectangle((_EDGE, _BAR_TOP, reach, _BAR_TOP + _BAR_HEIGHT), fill=colour)
    mark = _EDGE + whole * radius / _FAR
    brush.line((mark, _BAR_TOP - 10, mark, _BAR_TOP + _BAR_HEIGHT + 10), _INK, 3)
    under = _BAR_TOP + _BAR_HEIGHT + 16
    brush.text((mark, under), f"radius {radius}", _INK, _font(17), anchor="ma")
    brush.text((_EDGE, under), "0 bits", _SOFT, _font(17))
    brush.text((_EDGE + whole, under), f"{_FAR}: unrelated", _SOFT, _font(17), anchor="ra")


def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size)
