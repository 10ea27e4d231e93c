"""What holds for the hub as a whole: migrations fit models, settings keep promises, rooms keep rules."""

import re
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings
from django.core.management import call_command
from django.db import models

from notcontent.hub import flows

HUB = Path(flows.__file__).parent
ROOMS = ("accounts", "audit", "bank", "cases", "feed", "lineage")


@pytest.mark.django_db
def test_the_migrations_make_what_the_models_say() -> None:
    call_command("makemigrations", "--check", "--dry-run", verbosity=0)


def test_django_finds_nothing_to_complain_about() -> None:
    call_command("check", "--fail-level", "WARNING", verbosity=0)


def test_there_is_no_signal_and_no_business_in_save() -> None:
    for room in ROOMS:
        for path in (HUB / room).glob("*.py"):
            text = path.read_text(encoding="utf-8")
            assert "django.dispatch" not in text, path.name
            assert "django.db.models.signals" not in text, path.name
            assert "def save(" not in text, path.name


def test_no_table_has_a_column_for_an_address_or_an_agent() -> None:
    suspicious = re.compile(r"(^|_)(ip|addr|address|agent|ua|referer|fingerprint)($|_)")
    for model in apps.get_models():
        for field in model._meta.get_fields():
            if isinstance(field, models.Field):
                assert not isinstance(field, models.GenericIPAddressField), (model.__name__, field.name)
                if model._meta.app_label in ROOMS:
                    assert not suspicious.search(field.column or ""), (model.__name__, field.name)


def test_hashes_have_no_column_of_their_own() -> None:
    """A value is sealed bytes or a keyed mark; nothing is 32 plain bytes or 64 digits of text."""
    entry = apps.get_model("bank", "Entry")
    kinds = {field.name: type(field).__name__ for field in entry._meta.get_fields()}
    assert {name for name, kind in kinds.items() if kind == "BinaryField"} == {"value_sealed", "value_index"}
    assert "TextField" not in kinds.values()


def test_cookies_belong_to_the_desk() -> None:
    assert settings.SESSION_COOKIE_PATH == settings.CSRF_COOKIE_PATH == "/desk/"
    assert settings.SESSION_COOKIE_HTTPONLY
    assert settings.SESSION_COOKIE_SAMESITE == "Strict"


def test_everything_that_faces_need_is_named_by_the_stories() -> None:
    for name in flows.__all__:
        assert getattr(flows, name).__doc__ or name == "CaseId", name
    assert sorted(set(flows.__all__)) == sorted(flows.__all__)
