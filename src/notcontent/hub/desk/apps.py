"""Django's name for this room."""

from django.apps import AppConfig


class DeskConfig(AppConfig):
    """The room `desk`."""

    name = "notcontent.hub.desk"
    label = "desk"
