"""What the portal's templates ask of the hub's settings."""

from urllib.parse import urlsplit

from django import template

from notcontent.hub.config import hub_config
from notcontent.hub.portal.session import IDLE_S

register = template.Library()


@register.simple_tag
def hub_name() -> str:
    """Give the name of the organisation that runs this hub."""
    return hub_config().name


@register.simple_tag
def exit_host() -> str:
    """Give the host that the quick exit leads to."""
    return urlsplit(hub_config().quick_exit_url).hostname or ""


@register.simple_tag
def idle_seconds() -> int:
    """Give the seconds after which an untouched case closes itself."""
    return IDLE_S


@register.simple_tag
def shred_days() -> int:
    """Give the days after which a gate that hears nothing from the hub forgets every entry."""
    return -(-hub_config().shred_after_s // 86_400)
