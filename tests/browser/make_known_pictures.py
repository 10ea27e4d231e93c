"""Draw the four tiny pictures that the browser's self-test knows, and print them as JavaScript.

Run it with `.venv/bin/python tests/browser/make_known_pictures.py > .../static/portal/known.js`.
test_known_pictures.py checks what the committed file holds; encoders may write other bytes for the same picture.
"""

import base64
import io
import sys

import numpy as np
from PIL import Image

from notcontent.signals import hash_image

PNG_SIDE = 16
JPEG_WIDTH, JPEG_HEIGHT = 64, 48
AVIF_STORED = (32, 16)
TURNED_RIGHT = 6  # EXIF orientation: turn by 90 degrees clockwise to see it upright
HEAD = """// @ts-check
/**
 * Four tiny drawn pictures with known answers, for the self-test. Made by tests/browser/make_known_pictures.py.
 */
"""


def png_pixels() -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    """Give red rising to the right, green rising downwards, blue their exclusive or: every pixel differs."""
    y, x = np.mgrid[0:PNG_SIDE, 0:PNG_SIDE]
    return np.stack([x * 16, y * 16, (x ^ y) * 16], axis=-1).astype(np.uint8)


def known_png() -> bytes:
    """Give the drawn PNG's bytes; no loss, so every pixel must come back as it is."""
    out = io.BytesIO()
    Image.fromarray(png_pixels()).save(out, "PNG", optimize=True)
    return out.getvalue()


def known_photo(kind: str, orientation: int | None = None) -> bytes:
    """Give a drawn photo in colours. With an orientation a browser that ignores EXIF gets another hash."""
    y, x = np.mgrid[0:JPEG_HEIGHT, 0:JPEG_WIDTH].astype(np.float64)
    wave = 128 + 60 * np.sin(x / 5 + y / 9) + 40 * np.cos(y / 4 - x * x / 400)
    disc = (x - 20) ** 2 + (y - 30) ** 2 < 140
    light = np.where(disc, 235, wave).clip(0, 255)
    pixels = np.stack([light, 0.8 * light + 30, 255 - 0.6 * light], axis=-1).astype(np.uint8)
    exif = Image.Exif()
    if orientation is not None:
        exif[0x0112] = orientation
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, kind, quality=80, exif=exif.tobytes() if orientation else b"")
    return out.getvalue()


def known_avif() -> bytes:
    """Give a drawn AVIF that lies on its side: shown upright it is as high as it was wide."""
    exif = Image.Exif()
    exif[0x0112] = TURNED_RIGHT
    out = io.BytesIO()
    Image.new("L", AVIF_STORED, 128).save(out, "AVIF", quality=30, exif=exif.tobytes())
    return out.getvalue()


def script() -> str:
    """Give the whole text of known.js."""
    jpeg, webp = known_photo("JPEG", TURNED_RIGHT), known_photo("WEBP")
    lines = [
        HEAD,
        f"/** {PNG_SIDE} x {PNG_SIDE}; pixel (x, y) is (16 x, 16 y, 16 (x xor y)). */",
        f'export const KNOWN_PNG = "{base64.b64encode(known_png()).decode()}";',
        f"export const KNOWN_PNG_SIDE = {PNG_SIDE};",
        "",
        f"/** {JPEG_WIDTH} x {JPEG_HEIGHT} and to be turned upright by its EXIF orientation; its hash. */",
        f'export const KNOWN_JPEG =\n  "{base64.b64encode(jpeg).decode()}";',
        f'export const KNOWN_JPEG_HASH = "{hash_image(jpeg).value.hex()}";',
        "",
        "/** The same as WebP, as it lies (Chromium turns no WebP); its hash. */",
        f'export const KNOWN_WEBP =\n  "{base64.b64encode(webp).decode()}";',
        f'export const KNOWN_WEBP_HASH = "{hash_image(webp).value.hex()}";',
        "",
        "/** A grey field, to be turned upright by its properties; its size then. */",
        f'export const KNOWN_AVIF =\n  "{base64.b64encode(known_avif()).decode()}";',
        f"export const KNOWN_AVIF_SIZE = [{AVIF_STORED[1]}, {AVIF_STORED[0]}];",
    ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.stdout.write(script())
