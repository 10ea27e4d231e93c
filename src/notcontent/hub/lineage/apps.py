"""Django's entry for the room."""

from django.apps import AppConfig


class LineageConfig(AppConfig):
    """Channels and where they come from. No tables here: they lie in the hub's book."""

    name = "notcontent.hub.lineage"
    label = "lineage"
