"""Django's name for this room."""

from django.apps import AppConfig


class FeedConfig(AppConfig):
    """The room `feed`."""

    name = "notcontent.hub.feed"
    label = "feed"
