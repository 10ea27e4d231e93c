"""Django's settings, made from hub.toml. No secret lives here; no address or agent is kept anywhere."""

from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

from django.utils.translation import gettext_lazy as _

from notcontent.hub.config import hub_config
from notcontent.hub.keys import hub_ring
from notcontent.hub.logs import logging_config

config = hub_config()
DATA = Path(config.data_dir)
SECRET_KEY = hub_ring().derive("django-secret").hex()

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
    "notcontent.hub.desk",  # before allauth: its pages stand in the place of allauth's
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "notcontent.hub.audit",
    "notcontent.hub.accounts",
    "notcontent.hub.cases",
    "notcontent.hub.bank",
    "notcontent.hub.feed",
    "notcontent.hub.lineage",  # no tables: channels lie in a book of their own
    "notcontent.hub.portal",
    "notcontent.hub.api",
]

MIDDLEWARE = [
    # Outermost: whatever goes wrong below /v1 is answered in the API's own form.
    "notcontent.hub.api.edge.api_edge",
    # Refuses forms from elsewhere and puts the strict headers on everything that is neither desk nor API.
    "notcontent.hub.portal.middleware.PortalGuard",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    # Sessions, messages and sign-in are the desk's; the portal and the API never touch them, so set no cookie.
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "notcontent.hub.desk.guard.DeskGuard",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "notcontent.hub.desk.context.desk",
            ],
        },
    },
]

# --- static files: plain names that an auditor can compare, short caches, no collecting step ------------------

STATIC_URL = "/static/"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},  # nobody uploads files here
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
STATICFILES_FINDERS = [
    "django.contrib.staticfiles.finders.AppDirectoriesFinder",
    "django.contrib.staticfiles.finders.FileSystemFinder",
]
# The look of families' drawings lies beside what draws them.
STATICFILES_DIRS = [Path(__file__).parents[1] / "lineage" / "drawing" / "static"]
WHITENOISE_USE_FINDERS = True
WHITENOISE_MAX_AGE = 300
WHITENOISE_ALLOW_ALL_ORIGINS = False

# --- headers, cookies, requests --------------------------------------------------------------------------------

SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "no-referrer"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
if SECURE:
    # The proxy that ends TLS says so (docs/how-to/run-a-hub.md); HSTS for a year.
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_HSTS_SECONDS = 365 * 86400
CSRF_TRUSTED_ORIGINS = [f"{_public.scheme}://{_public.netloc}"]
CSRF_COOKIE_PATH = SESSION_COOKIE_PATH = "/desk/"
CSRF_COOKIE_SECURE = SESSION_COOKIE_SECURE = SECURE
CSRF_COOKIE_HTTPONLY = SESSION_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = SESSION_COOKIE_SAMESITE = "Strict"
SESSION_COOKIE_AGE = 8 * 3600
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
DATA_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
FILE_UPLOAD_HANDLERS = ["django.core.files.uploadhandler.MemoryFileUploadHandler"]  # nothing touches the disk

# --- signing in (operators only) -------------------------------------------------------------------------------

# Sign-up, mail, confirmations, social and "trust this browser" are off; desk/account_urls.py mounts the few pages.
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = ["notcontent.hub.accounts.passwords.OperatorHasher"]
SESSION_COOKIE_NAME = "__Secure-desk" if SECURE else "desk"
CSRF_COOKIE_AGE = None  # like the session's, it ends with the browser
CSRF_COOKIE_NAME = "__Secure-desk-form" if SECURE else "desk-form"
# In the session: a cookie of messages would reach the portal.
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "desk:overview"
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_ADAPTER = "notcontent.hub.desk.sign_in.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_FORMS = {
    "login": "notcontent.hub.desk.sign_in_forms.SignInForm",
    "reauthenticate": "notcontent.hub.desk.sign_in_forms.ConfirmPasswordForm",
}
ACCOUNT_RATE_LIMITS = {"login": "30/m/ip", "login_failed": "10/m/ip,5/5m/key", "reauthenticate": "10/m/user"}
ALLAUTH_TRUSTED_PROXY_COUNT = config.trusted_proxies
MFA_ADAPTER = "notcontent.hub.desk.sign_in.SecondFactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_RECOVERY_CODES_SHOW_ONCE = True
MFA_TOTP_TOLERANCE = 1
MFA_RATE_LIMITS = {"webauthn_login": "30/m/ip"}
MFA_FORMS = {
    "authenticate": "notcontent.hub.desk.sign_in_forms.CodeForm",
    "reauthenticate": "notcontent.hub.desk.sign_in_forms.ConfirmCodeForm",
    "activate_totp": "notcontent.hub.desk.sign_in_forms.SetUpAppForm",
    "add_webauthn": "notcontent.hub.desk.sign_in_forms.AddPasskeyForm",
    "edit_webauthn": "notcontent.hub.desk.sign_in_forms.RenamePasskeyForm",
}
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]

# Rate limits live in this process's memory and nowhere else.
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}

LOGGING_CONFIG = "logging.config.dictConfig"
LOGGING = logging_config()


def _database(url: str) -> dict[str, object]:
    """Read `postgresql://user:password@host:port/name`, or fall back to SQLite in the data folder."""
    if not url:
        options = {
            # Writers queue from their first statement, so none fails half-way; readers are never kept waiting.
            "transaction_mode": "IMMEDIATE",
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA secure_delete=ON;",
            "timeout": 20,
        }
        return {"ENGINE": "django.db.backends.sqlite3", "NAME": DATA / "hub.sqlite3", "OPTIONS": options}
    parts = urlsplit(url)
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": unquote(parts.hostname or ""),
        "PORT": str(parts.port or ""),
        # Options as libpq names them, for example ?host=/run/postgresql or ?sslmode=verify-full.
        "OPTIONS": dict(parse_qsl(parts.query)),
        "CONN_MAX_AGE": 60,
    }


DATABASES = {"default": _database(config.database_url)}
