"""A file's name -> the name that somebody chose, or nothing where a camera or a program made it."""

import re
import unicodedata

_LONGEST = 255
_LEAST_LETTERS = 4
_COPY = re.compile(r"[ _]?\((?:\d{1,4}|copy)\)$")
_TOKEN = re.compile(r"[^\W\d_]+")
_HEX = re.compile(r"[0-9a-f]{8}(?:[0-9a-f-]{0,64})")
_KEY = re.compile(r"(?=\S*[0-9])[A-Za-z0-9_=-]{16,}", re.ASCII)
_MADE = frozenset({
    *("img", "image", "images", "pic", "picture", "photo", "photos", "foto", "video", "videos", "vid", "mov", "movie"),
    *("clip", "dsc", "dscn", "dscf", "dcim", "pxl", "mvimg", "pano", "burst", "cover", "portrait", "night", "hdr"),
    *("audio", "voice", "record", "recording", "rec", "sound", "music", "track", "ptt", "aud", "file", "doc"),
    *("document", "scan", "screenshot", "screen", "screenrecorder", "rpreplay", "final", "snapchat", "whatsapp"),
    *("telegram", "viber", "signal", "instagram", "tiktok", "ssstik", "io", "snaptik", "savetik", "inshot", "capcut"),
    *("lv", "fb", "received", "gif", "giphy", "animation", "sticker", "round", "message", "story", "unknown"),
    *("new", "output", "download", "export", "edit", "edited", "copy", "at", "am", "pm", "wa", "of", "the", "from"),
    *("compressed", "converted", "trim", "trimmed", "mp", "camera", "original", "hd", "sd", "p", "full", "size", "x"),
    *("фото", "видео", "аудио", "документ", "файл", "изображение", "снимок", "экрана", "запись",
      "图片", "视频", "微信", "untitled"),
})  # fmt: skip
"""Words of which cameras and programs make names."""


def chosen_name(name: str) -> str | None:
    """Give the name in one form, or None when it says nothing of who named it: IMG_2023, photo_1@01-01-2024, a UUID."""
    whole = unicodedata.normalize("NFKC", name[:_LONGEST].replace("\\", "/").rpartition("/")[2]).strip()
    stem, dot, ending = whole.rpartition(".")
    if not dot or not 1 <= len(ending) <= 5:
        stem, dot, ending = whole, "", ""
    stem = _COPY.sub("", stem).strip()
    if _HEX.fullmatch(stem.casefold()) or _KEY.fullmatch(stem):
        return None
    words = [word for word in _TOKEN.findall(stem.casefold()) if word not in _MADE]
    if sum(map(len, words)) < _LEAST_LETTERS:
        return None
    return f"{stem}{dot}{ending}".casefold()
