"""Django's name for this room."""

from django.apps import AppConfig


class BankConfig(AppConfig):
    """The room `bank`."""

    name = "notcontent.hub.bank"
    label = "bank"
