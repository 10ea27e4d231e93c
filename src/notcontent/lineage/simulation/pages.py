"""One simulated public channel as its saved preview page, t.me/s/name: the newest posts, views, forwards, media."""

import base64
import json
from datetime import UTC, datetime
from html import escape

from notcontent.lineage.simulation.contents import Kind
from notcontent.lineage.simulation.messages import FILE_COLUMNS, file_name, signature
from notcontent.lineage.simulation.planning import Channel
from notcontent.lineage.simulation.world import World

SHOWN = 20
"""Posts of one page."""


def page_of(world: World, channel: Channel) -> str:
    """Write the page as it was served just after the channel's last seen post. The channel has a public name."""
    if channel.username is None:
        raise ValueError("only public channels have a page")
    rows = world.rows(channel)[-SHOWN:]
    served = int(world.posts["time"][rows[-1]]) + 3600
    posts = "\n".join(_post(world, channel, int(row), served) for row in rows)
    title, subscribers = escape(channel.titles[-1][1]), _rounded(40 * channel.posts)
    before = int(world.posts["number"][rows[0]])
    return f"""<!DOCTYPE html>
<html><head><meta charset="utf-8"><title>{title} – Telegram</title>
<link rel="prev" href="/s/{channel.username}?before={before}">
<link rel="canonical" href="/s/{channel.username}"></head><body class="widget_frame_base tgme_webpreview">
<div class="tgme_channel_info"><div class="tgme_channel_info_header">
<div class="tgme_channel_info_header_title"><span dir="auto">{title}</span></div>
<div class="tgme_channel_info_header_username"><a href="https://t.me/{channel.username}">@{channel.username}</a></div></div>
<div class="tgme_channel_info_counters"><div class="tgme_channel_info_counter">
<span class="counter_value">{subscribers}</span> <span class="counter_type">subscribers</span></div></div></div>
<section class="tgme_channel_history js-message_history">
<a href="/s/{channel.username}?before={before}" class="tme_messages_more" data-before="{before}"></a>
{posts}
</section></body></html>
"""


def _post(world: World, channel: Channel, row: int, served: int) -> str:
    post = world.posts[row]
    number, time, variant, ending = (int(post[name]) for name in ("number", "time", "variant", "ending"))
    address = f"{channel.username}/{number}"
    view = json.dumps({"c": -channel.number, "p": f"{number}g", "t": served, "h": "0"}, separators=(",", ":"))
    text = escape(world.wording.texts[post["text"]]) if post["text"] >= 0 else ""
    below = escape(world.wording.endings[ending]) if ending >= 0 else ""
    if below and not post["button"]:
        text += ("<br/><br/>" if text else "") + (f'<a href="{below}">{below}</a>' if "t.me/" in below else below)
    parts = [
        _forward(world, row),
        "" if variant < 0 else _medium(world, variant, address),
        f'<div class="tgme_widget_message_text js-message_text" dir="auto">{text}</div>' if text else "",
        _button(below) if post["button"] else "",
    ]
    author = f'<span class="tgme_widget_message_from_author">{signature(int(post["author"]))}</span>, '
    when = datetime.fromtimestamp(time, UTC)
    return f"""<div class="tgme_widget_message_wrap js-widget_message_wrap">
<div class="tgme_widget_message js-widget_message"
 data-post="{address}" data-view="{base64.urlsafe_b64encode(view.encode()).decode().rstrip("=")}">
<div class="tgme_widget_message_bubble">{"".join(parts)}
<div class="tgme_widget_message_footer"><div class="tgme_widget_message_info">
<span class="tgme_widget_message_views">{_rounded(30 * channel.posts + number)}</span>
<span class="tgme_widget_message_meta">{author if post["author"] >= 0 else ""}<a class="tgme_widget_message_date"
 href="https://t.me/{address}"><time datetime="{when.isoformat()}" class="time">{when:%H:%M}</time></a></span>
</div></div></div></div></div>"""


def _forward(world: World, row: int) -> str:
    """Name a forward's origin: with its address where it is public, else its title alone."""
    place = int(world.posts["origin"][row])
    if place < 0:
        return ""
    origin = world.channels[place]
    title = escape(origin.title_at(int(world.posts["time"][row])))
    name = f'<span class="tgme_widget_message_forwarded_from_name">{title}</span>'
    if origin.username is not None:
        href = f"https://t.me/{origin.username}/7"
        name = f'<a class="tgme_widget_message_forwarded_from_name" href="{href}"><span dir="auto">{title}</span></a>'
    return f'<div class="tgme_widget_message_forwarded_from accent_color">Forwarded from {name}</div>'


def _medium(world: World, variant: int, address: str) -> str:
    kind, width, height, size, seconds, name = world.files[list(FILE_COLUMNS)][variant].item()
    if kind == Kind.PHOTO:
        number = 5_200_000_000_000_000_000 + variant
        style = f"width:{min(800, width)}px;background-image:url('https://cdn.invalid/{number}.jpg')"
        return (
            f'<a class="tgme_widget_message_photo_wrap {number}" href="https://t.me/{address}" style="{style}">'
            f'<div class="tgme_widget_message_photo" style="padding-top:{100 * height / width:.6f}%"></div></a>'
        )
    if kind == Kind.VIDEO:
        duration = f"{seconds // 3600}:{seconds // 60 % 60:02d}:{seconds % 60:02d}" if seconds >= 3600 else ""
        duration = duration or f"{seconds // 60}:{seconds % 60:02d}"
        return (
            f'<a class="tgme_widget_message_video_player" href="https://t.me/{address}">'
            f'<i class="tgme_widget_message_video_thumb"></i><div class="tgme_widget_message_video_wrap" '
            f'style="width:{width}px;padding-top:{100 * height / width:.6f}%"></div>'
            f'<time class="message_video_duration js-message_video_duration">{duration}</time></a>'
        )
    if kind == Kind.FILE:
        return (
            f'<a class="tgme_widget_message_document_wrap" href="https://t.me/{address}">'
            f'<div class="tgme_widget_message_document_title" dir="auto">{file_name(name)}</div>'
            f'<div class="tgme_widget_message_document_extra" dir="auto">{size / 2**20:.1f} MB</div></a>'
        )
    return ""


def _button(address: str) -> str:
    return (
        '<div class="tgme_widget_message_inline_row"><a class="tgme_widget_message_inline_button url_button" '
        f'href="{address}"><span class="tgme_widget_message_inline_button_text">Open</span></a></div>'
    )


def _rounded(count: int) -> str:
    """Write a count as the page does."""
    if count < 1000:
        return str(count)
    return f"{count / 1000:.1f}".removesuffix(".0") + "K"
