"""Pictures and videos that a browser and Python both read, and the way to have them hashed in a page."""

import io
from typing import Any

import numpy as np
from film_files import draw_clip, film
from PIL import Image
from skimage import data

PHOTOS = ("astronaut", "brick", "camera", "chelsea", "coffee", "coins", "grass", "gravel", "moon", "page", "rocket")

HASH = """
async ([files, options]) => {
  const { Hasher } = await import("/static/portal/hasher.js");
  const hasher = new Hasher(options);
  const answers = files.map((text) => {
    const bytes = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
    return hasher.hash(new Blob([bytes])).catch(({ code }) => ({ code }));
  });
  return Promise.all(answers);
}
"""


def bits(a: str, b: str) -> int:
    return (int(a, 16) ^ int(b, 16)).bit_count()


def turned(pixels: np.ndarray[Any, np.dtype[np.uint8]], orientation: int, kind: str = "JPEG") -> bytes:
    exif = Image.Exif()
    exif[0x0112] = orientation
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, kind, quality=88, exif=exif.tobytes())
    return out.getvalue()


def the_pictures(make: Any) -> dict[str, bytes]:
    """Photos and drawings in every kind of file that both sides read."""
    pixels = {name: np.asarray(getattr(data, name)()) for name in PHOTOS}
    pixels |= {f"drawing {seed}": make.drawing(seed, 640 + 97 * seed, 480 + 31 * seed) for seed in range(4)}
    found: dict[str, bytes] = {}
    for name, plane in pixels.items():
        found[f"{name}, JPEG 90"] = make.saved(plane, "JPEG", quality=90)
        found[f"{name}, JPEG 40, progressive"] = make.saved(plane, "JPEG", quality=40, progressive=True)
        found[f"{name}, PNG"] = make.saved(plane, "PNG", compress_level=1)
        found[f"{name}, WebP 80"] = make.saved(plane, "WEBP", quality=80, method=0)
        found[f"{name}, AVIF 80"] = make.saved(plane, "AVIF", quality=80, speed=8)
        if name.startswith("d"):
            found[f"{name}, WebP lossless"] = make.saved(plane, "WEBP", lossless=True, method=0)
    for orientation in range(1, 9):
        found[f"coffee, EXIF {orientation}"] = turned(pixels["coffee"], orientation)
        found[f"drawing, EXIF {orientation}"] = turned(pixels["drawing 2"], orientation)
        found[f"drawing, AVIF, turned {orientation}"] = turned(pixels["drawing 2"], orientation, "AVIF")
    soft = np.linspace(0, 255, 600 * 800).reshape(600, 800).astype(np.uint8)
    found["drawing with alpha, PNG"] = make.saved(np.dstack([make.drawing(7), soft]), "PNG")
    found["drawing with alpha, AVIF"] = make.saved(np.dstack([make.drawing(7), soft]), "AVIF", quality=90)
    found["drawing, GIF"] = make.saved(make.drawing(8), "GIF")
    odd = Image.fromarray(make.drawing(9))
    deep = Image.fromarray(make.drawing(10)[:, :, 0].astype(np.uint16) * 257)
    for name, picture, kind in (
        ("drawing, palette PNG", odd.convert("P", palette=Image.Palette.ADAPTIVE), "PNG"),
        ("drawing, CMYK JPEG", odd.convert("CMYK"), "JPEG"),
        ("drawing, 16-bit grey PNG", deep, "PNG"),
        ("drawing, grey with alpha PNG", odd.convert("LA"), "PNG"),
    ):
        out = io.BytesIO()
        picture.save(out, kind)
        found[name] = out.getvalue()
    return found


def the_films() -> dict[str, bytes]:
    """Clips in every container, codec and turn that both sides read."""
    clip, tall = draw_clip(41, seconds=4), draw_clip(42, seconds=3, width=180, height=320)
    odd = draw_clip(43, seconds=2, width=322, height=178)
    found = {
        "H.264, MP4": film(clip),
        "H.264 with B-frames, MP4": film(clip, preset="medium", bf="3"),
        "H.264, MOV": film(clip, "mov", codec="libx264"),
        "H.264, Matroska": film(clip, "matroska"),
        "H.264, upright phone, MP4": film(tall, fps=30),
        "H.264, odd size, MP4": film(odd),
        "VP8, WebM": film(clip, "webm"),
        "VP9, WebM": film(clip, "webm", codec="libvpx-vp9", deadline="realtime"),
        "VP9, MP4": film(clip, "mp4", codec="libvpx-vp9", deadline="realtime"),
        "AV1 of 10 bits, MP4": film(clip[:24], "mp4", codec="libsvtav1", pix_fmt="yuv420p10le", preset="12"),
        "AV1, MP4": film(clip[:24], "mp4", codec="libsvtav1", preset="12"),
        "AV1, WebM": film(clip[:24], "webm", codec="libsvtav1", preset="12"),
        "H.264 of full range, MP4": film(clip, pix_fmt="yuvj420p"),
        "H.264 4:4:4, MP4": film(clip[:24], pix_fmt="yuv444p"),
    }
    found |= {f"H.264, turned by {turn}, MP4": film(clip, rotation=turn) for turn in (90, 180, 270)}
    return found
