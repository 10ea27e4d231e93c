"""Django's settings, made from hub.toml. No secret lives here; no address or agent is kept anywhere."""

from pathlib import Path
from urllib.parse import unquote, urlsplit

from django.utils.translation import gettext_lazy as _

from notcontent.hub.config import hub_config
from notcontent.hub.keys import create_key_ring, read_key_ring

config = hub_config()
DATA = Path(config.data_dir)
create_key_ring(DATA / "keys")
SECRET_KEY = read_key_ring(DATA / "keys").derive("django-secret").hex()

_public = urlsplit(config.public_url)
SECURE = _public.scheme == "https"
DEBUG = False
ALLOWED_HOSTS = [_public.hostname or "localhost"]
ROOT_URLCONF = "notcontent.hub.urls"
WSGI_APPLICATION = "notcontent.hub.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
TIME_ZONE = "UTC"
LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English"))]
SITE_ID = 1

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "notcontent.hub.audit",
    "notcontent.hub.accounts",
    "notcontent.hub.cases",
    "notcontent.hub.bank",
    "notcontent.hub.feed",
    "notcontent.hub.portal",
    "notcontent.hub.desk",
    "notcontent.hub.api",
]


def _database(url: str) -> dict[str, object]:
    """Read `postgresql://user:password@host:port/name`, or fall back to SQLite in the data folder."""
    if not url:
        options = {
            "transaction_mode": "IMMEDIATE",
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA secure_delete=ON;",
            "timeout": 20,
        }
        return {"ENGINE": "django.db.backends.sqlite3", "NAME": DATA / "hub.sqlite3", "OPTIONS": options}
    parts = urlsplit(url)
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": parts.path.lstrip("/"),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": unquote(parts.hostname or ""),
        "PORT": str(parts.port or ""),
        "OPTIONS": {k: v for k, v in (pair.split("=", 1) for pair in parts.query.split("&") if pair)},
        "CONN_MAX_AGE": 60,
    }


DATABASES = {"default": _database(config.database_url)}
