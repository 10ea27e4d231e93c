"""Writes pages with the elements of Telegram's previews, as far as they are read."""

import base64
import html
import json
from pathlib import Path

from notcontent.lineage.marks import Marker
from notcontent.lineage.observations import Observation
from notcontent.lineage.readers.pages import SavedPages
from notcontent.lineage.report import Report

NOW = 1_764_000_000  # 2025-11-24
SERVED = NOW - 1_000
NUMBER = 1_234_567_890
MARKER = Marker(bytes(32))
PHOTO = "5310288489968500001"


def view(number: object = -NUMBER, served: object = SERVED, *, post: object = 1) -> str:
    """A message's data-view."""
    value = json.dumps({"c": number, "p": post, "t": served, "h": "00112233"}).encode()
    return base64.urlsafe_b64encode(value).decode().rstrip("=")


def message(
    post: str,
    inside: str = "",
    *,
    text: str = "",
    time: str = "2025-11-20T10:00:00+00:00",
    views: str = "",
    cls: str = "",
    data_view: str | None = None,
) -> str:
    """One message, with what every one has."""
    shown = view() if data_view is None else data_view
    words = f'<div class="tgme_widget_message_text js-message_text" dir="auto">{text}</div>' if text else ""
    seen = f'<span class="tgme_widget_message_views">{views}</span>' if views else ""
    return f"""<div class="tgme_widget_message_wrap js-widget_message_wrap">
<div class="tgme_widget_message text_not_supported_wrap {cls} js-widget_message" data-post="{post}" data-view="{shown}">
<div class="tgme_widget_message_user"><a href="https://t.me/{post.partition("/")[0]}"><i><img src="x.jpg"></i></a></div>
<div class="tgme_widget_message_bubble"><i class="tail"><svg viewBox="0 0 9 20"><g><path d="M6"/></g></svg></i>
<div class="tgme_widget_message_author accent_color"><a class="tgme_widget_message_owner_name"
 href="https://t.me/x"><span dir="auto">A channel</span></a></div>
{inside}{words}
<div class="tgme_widget_message_footer compact js-message_footer"><div class="tgme_widget_message_info">{seen}
<span class="tgme_widget_message_meta"><a class="tgme_widget_message_date" href="https://t.me/{post}">
<time datetime="{time}" class="time">10:00</time></a></span></div></div></div></div></div>"""


def header(name: str = "a_channel", title: str = "A channel", *, subscribers: str = "12.3K", about: str = "") -> str:
    """The box that describes the channel."""
    return f"""<section class="tgme_right_column"><div class="tgme_channel_info">
<div class="tgme_channel_info_header"><i class="tgme_page_photo_image"><img src="y.jpg"></i>
<div class="tgme_channel_info_header_title_wrap"><div class="tgme_channel_info_header_title">
<span dir="auto">{html.escape(title)}</span></div></div>
<div class="tgme_channel_info_header_username"><a href="https://t.me/{name}">@{name}</a></div></div>
<div class="tgme_channel_info_counters"><div class="tgme_channel_info_counter"><span class="counter_value">{subscribers}
</span> <span class="counter_type">subscribers</span></div><div class="tgme_channel_info_counter">
<span class="counter_value">532</span> <span class="counter_type">photos</span></div></div>
<div class="tgme_channel_info_description">{about}</div></div></section>"""


def page(*messages: str, head: str | None = None, comment: str = "") -> bytes:
    """A preview of a channel."""
    body = (header() if head is None else head) + "".join(messages)
    return f"<!DOCTYPE html>\n<html>{comment}<title>A – Telegram</title><body>{body}".encode()


def doorstep(
    extra: str, *, button: str = "tg://resolve?domain=a_channel", preview: bool = False, title: str = "A"
) -> bytes:
    """The page that asks to open Telegram."""
    link = '<div><a class="tgme_page_context_link" href="/s/a_channel">Preview channel</a></div>' if preview else ""
    return f"""<!DOCTYPE html><html><body><div class="tgme_page"><div class="tgme_page_title"><span>{title}</span></div>
<div class="tgme_page_extra">{extra}</div><div class="tgme_page_action">
<a class="tgme_action_button_new" href="{button}">View in Telegram</a></div>{link}</div></body></html>""".encode()


def saved(folder: Path, data: bytes, name: str = "page.html") -> Path:
    """Write a page, and give its path."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def read(path: Path, report: Report | None = None) -> list[Observation]:
    """Read a path to its end."""
    return list(SavedPages(path, MARKER, report or Report(), now=NOW))
