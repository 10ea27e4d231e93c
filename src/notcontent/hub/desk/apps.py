"""Django's name for this room."""

from django.apps import AppConfig


class DeskConfig(AppConfig):
    """The room `desk`."""

    name = "notcontent.hub.desk"
    label = "desk"

    def ready(self) -> None:
        """Start writing sign-ins to the audit trail."""
        from notcontent.hub.desk import watch  # noqa: PLC0415 (models are not loaded before this)

        watch.connect()
