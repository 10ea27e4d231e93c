"""Django's name for this room."""

from django.apps import AppConfig


class AuditConfig(AppConfig):
    """The room `audit`."""

    name = "notcontent.hub.audit"
    label = "audit"
