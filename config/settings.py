"""Settings: the only reader of the environment."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import environ

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()
if (BASE_DIR / ".env").is_file():
    env.read_env(str(BASE_DIR / ".env"))

VERSION = "0.1.0"
BUILD = env.str("NESSY_BUILD", default="")
DEBUG = env.bool("DEBUG", default=False)
DATA_FOLDER = Path(env.str("NESSY_DATA", default=str(BASE_DIR / ".nessy"))).resolve()
# Set by `manage.py up` when it runs PostgreSQL and Valkey itself.
IS_EMBEDDED = env.bool("NESSY_EMBEDDED", default=False)
WEB_WORKERS = env.int("NESSY_WEB_WORKERS", default=2)
PORT = env.int("PORT", default=8000)

SECRET_KEY = env.str("SECRET_KEY", default="")
if not SECRET_KEY and (DATA_FOLDER / "secret_key").is_file():
    SECRET_KEY = (DATA_FOLDER / "secret_key").read_text().strip()
# Numbered, so that a new pepper can be added while keys made with an old one live on: "1:secret,2:secret".
KEY_PEPPERS = {
    int(number): pepper
    for number, _, pepper in (
        entry.partition(":") for entry in env.list("NESSY_KEY_PEPPERS", default=[f"1:{SECRET_KEY}"])
    )
}
# The first one encrypts, all decrypt.
ENCRYPTION_SECRETS = env.list("NESSY_ENCRYPTION_SECRETS", default=[SECRET_KEY])

ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
TRUSTED_PROXIES = env.list("TRUSTED_PROXIES", default=[])
ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
APPEND_SLASH = False
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.staticfiles",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "config",
    "tenants",
    "webhooks_app",
    "billing",
    "sessions_app",
]
MIDDLEWARE = [
    "config.middleware.RequestContext",
    "whitenoise.middleware.WhiteNoiseMiddleware",
]
TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "OPTIONS": {"context_processors": ["django.template.context_processors.request"]},
    }
]


def _running(variable: str, default: str) -> str:
    # Commands beside a running `manage.py up` find its servers in the file that it keeps.
    kept = DATA_FOLDER / "services.json"
    told: dict[str, str] = json.loads(kept.read_text()) if kept.is_file() else {}
    return str(env.str(variable, default=told.get(variable, default)))


def _database(variable: str) -> dict[str, Any]:
    url = _running(variable, env.str("DATABASE_URL", default="postgres://nessy_app@localhost/nessy"))
    database: dict[str, Any] = env.db_url_config(url)
    database["CONN_MAX_AGE"] = None
    database["CONN_HEALTH_CHECKS"] = True
    database.setdefault("OPTIONS", {})
    database["OPTIONS"] |= {
        "connect_timeout": 3,
        # A server whose network has gone away answers no statement and no time limit of its own.
        "tcp_user_timeout": 20000,
        # A stuck statement must become a 503 while the client still listens.
        "options": "-c statement_timeout=15000 -c lock_timeout=5000"
        " -c idle_in_transaction_session_timeout=60000",
        "application_name": "nessy",
        # Off behind a pooler that gives a connection to another client after each transaction.
        "prepare_threshold": 5 if env.bool("DATABASE_PREPARED_STATEMENTS", default=True) else None,
    }
    return database


# Three roles (see tenants/rls.py): the app is neither owner nor superuser and cannot bypass
# row-level security; `owner` runs migrations; `system` works across tenants.
DATABASES = {
    "default": _database("DATABASE_URL"),
    "owner": _database("DATABASE_OWNER_URL"),
    "system": _database("DATABASE_SYSTEM_URL"),
}
# A migration may rewrite a large table.
DATABASES["owner"]["OPTIONS"]["options"] = "-c lock_timeout=20000"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
AUTH_USER_MODEL = "tenants.User"
# The e-mail address is unique whatever its case, by a constraint that this check does not know.
SILENCED_SYSTEM_CHECKS = ["auth.E003"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]

REDIS_URL = _running("REDIS_URL", "redis://localhost:6379/0")

STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
# No collected copy: the files are served from where they are.
STATIC_ROOT = None
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = DEBUG

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("cs", "Čeština")]
LOCALE_PATHS = [BASE_DIR / "config" / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"

# One MiB of JSON is far beyond any real request; more is refused before it is read.
MAX_BODY_BYTES = 1024 * 1024
DATA_UPLOAD_MAX_MEMORY_SIZE = MAX_BODY_BYTES
SESSION_IDLE_HOURS = env.int("NESSY_SESSION_IDLE_HOURS", default=24)
SELF_TOPUP = env.bool("BILLING_SELF_TOPUP", default=False)

EMAIL_BACKEND = "config.mail.FolderBackend" if IS_EMBEDDED else "django.core.mail.backends.smtp.EmailBackend"
MAIL_FOLDER = DATA_FOLDER / "mail"
if env.str("EMAIL_URL", default="") and not IS_EMBEDDED:
    _email = env.email_url("EMAIL_URL")
    EMAIL_HOST, EMAIL_PORT = _email["EMAIL_HOST"], _email["EMAIL_PORT"]
    EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = _email["EMAIL_HOST_USER"], _email["EMAIL_HOST_PASSWORD"]
    EMAIL_USE_TLS = bool(_email.get("EMAIL_USE_TLS"))
    EMAIL_USE_SSL = bool(_email.get("EMAIL_USE_SSL"))
EMAIL_TIMEOUT = 10
# Where readers of a mail find this instance.
PUBLIC_URL = str(env.str("NESSY_PUBLIC_URL", default=f"http://localhost:{PORT}")).rstrip("/")
DEFAULT_FROM_EMAIL = env.str("NESSY_MAIL_FROM", default="Nessy <nessy@localhost>")

LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"json": {"()": "config.logs.JsonFormatter"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json"}},
    "root": {"handlers": ["stderr"], "level": env.str("NESSY_LOG_LEVEL", default="INFO")},
    # Django's own request lines repeat the URL with its query; ours do not.
    "loggers": {"django.request": {"level": "CRITICAL"}, "django.security": {"level": "ERROR"}},
}

REST_FRAMEWORK: dict[str, Any] = {
    "UNAUTHENTICATED_USER": None,
    "EXCEPTION_HANDLER": "config.errors.handle_exception",
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
}
SPECTACULAR_SETTINGS: dict[str, Any] = {
    "TITLE": "Nessy API",
    "VERSION": VERSION,
    "OAS_VERSION": "3.1.1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    "PATH_CONVERTER_OVERRIDES": {"id": {"type": "string", "format": "uuid"}},
    # A text that may not be blank has one character at least.
    "ENFORCE_NON_BLANK_FIELDS": True,
    # Two fields named `status`: any of a session's, and the one that finalize gives.
    "ENUM_NAME_OVERRIDES": {
        "SessionStatusEnum": "sessions_app.sessions.models.STATUSES",
        "FinalizedStatusEnum": ["finalized"],
    },
    "DESCRIPTION": (
        "Create a session from a chief complaint, answer its questions, read red flags, triage level and a "
        "ranked differential.\n\nSend your key as `Authorization: Bearer nsy_live_…`; `nsy_test_…` keys cost "
        "nothing and keep to their own data. Every refusal has one shape: `error.code`, `error.message`, "
        "`error.request_id`, `error.detail`. Send an `Idempotency-Key` with every POST that you may have to "
        "repeat."
    ),
    "TAGS": [
        {"name": name}
        for name in ("Sessions", "Patients", "Account", "API keys", "Billing and limits", "Audit")
    ],
}
