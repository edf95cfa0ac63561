"""Every setting, read from the environment (`.env` in development).

`.env.example` lists the variables. What is missing or wrong stops the start with its name.
"""

import base64
import hashlib
import ipaddress
import json
import os
import re
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from cryptography.fernet import Fernet, MultiFernet
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured

from config import openapi, queues
from config.environment import Environment
from config.limits import check_limits
from config.logs import LEVELS, logging_config

BASE_DIR = Path(__file__).resolve().parent.parent
env = Environment()
if env.bool("READ_DOT_ENV", default=True):
    Environment.read_env(BASE_DIR / ".env")

DEBUG = env.bool("DEBUG", default=False)
DATA_DIR = Path(env.str("DATA_DIR", default=str(BASE_DIR / "data")))


def in_production(name: str, development: str) -> str:
    """A variable that has a default in development only."""
    return str(env.str(name, default=development) if DEBUG else env.str(name))


# ---- Django -------------------------------------------------------------------------------------

SECRET_KEY = in_production("SECRET_KEY", "development-only-not-a-secret-0123456789abcdefghijklmnopqrstuvwxyz")
PUBLIC_BASE_URL = in_production("PUBLIC_BASE_URL", "http://localhost:8000").rstrip("/")
PUBLIC_HOST = urlsplit(PUBLIC_BASE_URL)
if PUBLIC_HOST.scheme not in {"http", "https"} or not PUBLIC_HOST.hostname:
    raise ImproperlyConfigured("PUBLIC_BASE_URL must be an address such as https://connect.example.com")
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["*"] if DEBUG else [PUBLIC_HOST.hostname])
CSRF_TRUSTED_ORIGINS = env.list(
    "CSRF_TRUSTED_ORIGINS", default=[f"{PUBLIC_HOST.scheme}://{PUBLIC_HOST.netloc}"]
)

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "csp",
    "api",
    "vault",
    "organizations",
    "journal",
    "wabas",
    "webhooks",
    "phones",
    "onboarding",
    "inbox",
    "shared_inbox",
    "meta_events",
    "backoffice",
    *(["development"] if DEBUG else []),
]

MIDDLEWARE = [
    "api.request_id.RequestIdMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    # The API has no session, no form and no page: what follows would only cost it time.
    "config.middleware.Sessions",
    "config.middleware.Locales",
    "config.middleware.Csrf",
    "config.middleware.Authentication",
    "config.middleware.Messages",
    "config.middleware.Frames",
    "config.middleware.ContentSecurityPolicy",
    "config.middleware.NotKept",
    # The last one: its refusal has all of the above.
    "config.middleware.Hosts",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
APPEND_SLASH = False
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]

# ---- Database -----------------------------------------------------------------------------------

if not DEBUG and not env.str("DATABASE_URL", default=""):
    raise ImproperlyConfigured("Set the DATABASE_URL environment variable: PostgreSQL in production")
DATABASES: dict[str, dict[str, Any]] = {
    "default": env.database("DATABASE_URL", default=f"sqlite:///{DATA_DIR / 'gangway.sqlite3'}")
}
DATABASE = DATABASES["default"]
# Behind PgBouncer's mode `transaction` a connection is another one after each, and keeps nothing.
DATABASE_TRANSACTION_POOLING = env.bool("DATABASE_TRANSACTION_POOLING", default=False)
# A connection per request costs three times the wall time of a kept one.
DATABASE["CONN_MAX_AGE"] = 600
# One that died with its server is noticed before a request runs into it.
DATABASE["CONN_HEALTH_CHECKS"] = True
if DATABASE["ENGINE"].endswith("sqlite3"):
    DATA_DIR.mkdir(parents=True, exist_ok=True)
    DATABASE["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL;PRAGMA synchronous=NORMAL;PRAGMA mmap_size=134217728;"
        "PRAGMA journal_size_limit=27103364;PRAGMA cache_size=2000;",
    }
else:
    DATABASE.setdefault("OPTIONS", {})
    prepare_threshold = None if DATABASE_TRANSACTION_POOLING else 5
    DATABASE["OPTIONS"] |= {"server_side_binding": True, "prepare_threshold": prepare_threshold}
    DATABASE["DISABLE_SERVER_SIDE_CURSORS"] = DATABASE_TRANSACTION_POOLING
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# ---- Redis: broker, cache, rate limits -----------------------------------------------------------

REDIS_URL = env.redis("REDIS_URL")
if not DEBUG and not REDIS_URL:
    raise ImproperlyConfigured("Set the REDIS_URL environment variable: it is required where DEBUG is false")
# Nothing that waits for Redis may wait longer than this, in seconds.
REDIS_TIMEOUT = 0.5
CACHES: dict[str, dict[str, Any]] = {
    "default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}
    if not REDIS_URL
    else {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": "gangway",
        "OPTIONS": {"socket_timeout": REDIS_TIMEOUT, "socket_connect_timeout": REDIS_TIMEOUT},
    }
}

CELERY_BROKER_URL = REDIS_URL or "memory://localhost"
CELERY_BROKER_TRANSPORT_OPTIONS = queues.broker_options(redis=bool(REDIS_URL), timeout=REDIS_TIMEOUT)
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
# A doorbell that cannot be rung at once is not rung: the sweep finds the row.
CELERY_TASK_PUBLISH_RETRY_POLICY = {"max_retries": 0}
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = False
CELERY_TASK_SERIALIZER = "json"
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TASK_DEFAULT_QUEUE = "maintenance"
CELERY_TASK_QUEUES = queues.QUEUES
CELERY_TASK_ROUTES = queues.ROUTES
SWEEP_SECONDS = env.float("SWEEP_SECONDS", default=1.0)
SELF_SWEEP_SECONDS = env.float("SELF_SWEEP_SECONDS", default=10.0)
CELERY_BEAT_SCHEDULE = queues.beat_schedule(sweep_seconds=SWEEP_SECONDS)
# Nothing runs less often than every few seconds: there is no schedule to remember in a file.
CELERY_BEAT_SCHEDULER = "celery.beat:Scheduler"

# ---- Secrets at rest ------------------------------------------------------------------------------

FIELD_ENCRYPTION_KEYS = env.list("FIELD_ENCRYPTION_KEYS", default=[])
if not FIELD_ENCRYPTION_KEYS and not DEBUG:
    raise ImproperlyConfigured(
        "Set the FIELD_ENCRYPTION_KEYS environment variable: Fernet keys, newest first"
    )
if not FIELD_ENCRYPTION_KEYS:
    FIELD_ENCRYPTION_KEYS = [base64.urlsafe_b64encode(hashlib.sha256(SECRET_KEY.encode()).digest()).decode()]
try:
    MultiFernet([Fernet(key) for key in FIELD_ENCRYPTION_KEYS])
except ValueError as wrong:
    raise ImproperlyConfigured(f"FIELD_ENCRYPTION_KEYS: {wrong}") from None

# ---- Meta -----------------------------------------------------------------------------------------

SANDBOX = env.bool("SANDBOX", default=DEBUG)
SANDBOX_URL = env.str("SANDBOX_URL", default="http://localhost:8100").rstrip("/")
SANDBOX_STATE = env.str("SANDBOX_STATE", default=str(DATA_DIR / "sandbox.json"))
SANDBOX_IN_PRODUCTION = env.bool("SANDBOX_IN_PRODUCTION", default=False)
if SANDBOX and not DEBUG and not SANDBOX_IN_PRODUCTION:
    raise ImproperlyConfigured(
        "SANDBOX is the fake Meta: with DEBUG false it also takes SANDBOX_IN_PRODUCTION"
    )


def meta(name: str, real: str, sandbox: str) -> str:
    """A variable of Meta's whose default is the sandbox's where the sandbox runs."""
    return str(env.str(name, default=sandbox if SANDBOX else real))


META_GRAPH_URL = meta("META_GRAPH_URL", "https://graph.facebook.com", SANDBOX_URL).rstrip("/")
META_SDK_URL = meta(
    "META_SDK_URL", "https://connect.facebook.net/{locale}/sdk.js", SANDBOX_URL + "/{locale}/sdk.js"
)
META_MESSAGE_ORIGINS = env.list(
    "META_MESSAGE_ORIGINS",
    default=[SANDBOX_URL]
    if SANDBOX
    else ["https://www.facebook.com", "https://web.facebook.com", "https://business.facebook.com"],
)
META_GRAPH_VERSION = env.str("META_GRAPH_VERSION", default="v25.0")
META_APP_ID = meta("META_APP_ID", "", "670000000000001")
META_APP_SECRET = meta("META_APP_SECRET", "", "sandbox-app-secret")
# Signs what Meta sends us too; the secrets before it are accepted while Meta changes over.
META_PREVIOUS_APP_SECRETS = env.list("META_PREVIOUS_APP_SECRETS", default=[])
META_CONFIG_ID = meta("META_CONFIG_ID", "", "780000000000001")
META_BUSINESS_ID = meta("META_BUSINESS_ID", "", "100000000000001")
META_SYSTEM_USER_ID = meta("META_SYSTEM_USER_ID", "", "100000000000002")
META_SYSTEM_USER_TOKEN = meta("META_SYSTEM_USER_TOKEN", "", "sandbox-system-user-token")
# New customers' businesses that Meta lets us onboard in 7 days: 10 at first, 200 after its reviews.
META_ONBOARDING_LIMIT = env.int("META_ONBOARDING_LIMIT", default=10)
# Solution Partners: the credit line that pays for customers' WABAs, and which of Meta's two ways shares it.
META_CREDIT_LINE_ID = env.str("META_CREDIT_LINE_ID", default="")
META_CREDIT_METHOD = env.str("META_CREDIT_METHOD", default="share_and_attach")
if META_CREDIT_METHOD not in {"share_and_attach", "share_then_attach"}:
    raise ImproperlyConfigured("META_CREDIT_METHOD must be share_and_attach or share_then_attach")
META_WEBHOOK_VERIFY_TOKEN = meta("META_WEBHOOK_VERIFY_TOKEN", "", "sandbox-verify-token")
META_WEBHOOK_OVERRIDE = env.bool("META_WEBHOOK_OVERRIDE", default=False)
META_REQUEST_TIMEOUT = env.float("META_REQUEST_TIMEOUT", default=10.0)
try:
    META_SIGNUP_EXTRAS: dict[str, Any] = json.loads(
        env.str("META_SIGNUP_EXTRAS", default='{"setup":{},"sessionInfoVersion":"3","version":"v4"}')
    )
except ValueError as wrong:
    raise ImproperlyConfigured("META_SIGNUP_EXTRAS must be a JSON object") from wrong

# ---- The product ------------------------------------------------------------------------------------

API_RATE_LIMIT = env.str("API_RATE_LIMIT", default="600/minute")
if not re.fullmatch(r"[1-9][0-9]*/(second|minute|hour|day)", API_RATE_LIMIT):
    raise ImproperlyConfigured("API_RATE_LIMIT must be like 600/minute")
PAGE_RATE_LIMIT_PER_LINK = env.int("PAGE_RATE_LIMIT_PER_LINK", default=240)
PAGE_RATE_LIMIT_PER_ADDRESS = env.int("PAGE_RATE_LIMIT_PER_ADDRESS", default=600)
# The shared inbox: calls a minute of one open page, and links that one address may open in a minute.
SHARED_INBOX_RATE_LIMIT = env.int("SHARED_INBOX_RATE_LIMIT", default=240)
SHARED_INBOX_OPENINGS = env.int("SHARED_INBOX_OPENINGS", default=30)
# Pictures that are fetched for the branding of one organization in an hour.
LOGO_FETCHES_PER_HOUR = env.int("LOGO_FETCHES_PER_HOUR", default=60)
TRUSTED_PROXY_COUNT = env.int("TRUSTED_PROXY_COUNT", default=0)
ONBOARDING_LINK_TTL = (
    timedelta(seconds=env.int("ONBOARDING_LINK_TTL")) if env.str("ONBOARDING_LINK_TTL", default="") else None
)
PRIVACY_URL = env.str("PRIVACY_URL", default="")
TERMS_URL = env.str("TERMS_URL", default="")
SUPPORT_URL = env.str("SUPPORT_URL", default="")
ALLOW_HTTP_URLS = env.bool("ALLOW_HTTP_URLS", default=DEBUG)
try:
    WEBHOOK_ALLOWED_NETWORKS = tuple(
        ipaddress.ip_network(network)
        for network in env.list(
            "WEBHOOK_ALLOWED_NETWORKS", default=["127.0.0.0/8", "::1/128"] if DEBUG else []
        )
    )
except ValueError as wrong:
    raise ImproperlyConfigured(f"WEBHOOK_ALLOWED_NETWORKS: {wrong}") from wrong

# How long a claimed step or delivery may stay silent before somebody else takes it up, in seconds.
STEP_LEASE_SECONDS = env.float("STEP_LEASE_SECONDS", default=60.0)
DELIVERY_LEASE_SECONDS = env.float("DELIVERY_LEASE_SECONDS", default=60.0)
STEP_BACKOFF_SECONDS = env.list("STEP_BACKOFF_SECONDS", cast=float, default=[2, 5, 15, 30, 60, 120, 300, 900])
STEP_GIVE_UP_AFTER = timedelta(hours=env.float("STEP_GIVE_UP_AFTER_HOURS", default=48.0))
RESUME_AFTER_SECONDS = env.float("RESUME_AFTER_SECONDS", default=900.0)
DELIVERY_BACKOFF_SECONDS = env.list("DELIVERY_BACKOFF_SECONDS", cast=float, default=[60, 300, 900, 3600])
DELIVERY_SECONDS = env.float("DELIVERY_SECONDS", default=10.0)
DELIVERY_ORGANIZATION_CAP = env.int("DELIVERY_ORGANIZATION_CAP", default=16)
# What Meta sends: how long a worker may have a change, the pauses between its tries, and how long it is kept.
META_EVENT_LEASE_SECONDS = env.float("META_EVENT_LEASE_SECONDS", default=60.0)
META_EVENT_BACKOFF_SECONDS = env.list("META_EVENT_BACKOFF_SECONDS", cast=float, default=[5, 60, 600, 3600])
META_EVENT_RETENTION_DAYS = env.float("META_EVENT_RETENTION_DAYS", default=14.0)
# What we asked of Meta about links, numbers and accounts, for support.
GRAPH_CALL_RETENTION_DAYS = env.float("GRAPH_CALL_RETENTION_DAYS", default=30.0)
# How long a request with an Idempotency-Key may be silent before the same key runs it again.
IDEMPOTENCY_LEASE_SECONDS = env.float(
    "IDEMPOTENCY_LEASE_SECONDS", default=max(60.0, 4 * META_REQUEST_TIMEOUT)
)
# Messages to Meta: what a number may send in a second, and to one person (one in so many seconds, after a
# burst); how long a request waits for Meta, and how long a worker may have what it has not begun to send; the
# pauses after Meta put one off, and when it is given up; how many one worker sends at once.
MESSAGE_THROUGHPUT = env.int("MESSAGE_THROUGHPUT", default=80)
MESSAGE_THROUGHPUT_COEXISTENCE = env.int("MESSAGE_THROUGHPUT_COEXISTENCE", default=20)
MESSAGE_THROUGHPUT_HIGH = env.int("MESSAGE_THROUGHPUT_HIGH", default=1000)
MESSAGE_PAIR_SECONDS = env.float("MESSAGE_PAIR_SECONDS", default=6.0)
MESSAGE_PAIR_BURST = env.int("MESSAGE_PAIR_BURST", default=45)
MESSAGE_REQUEST_SECONDS = env.float("MESSAGE_REQUEST_SECONDS", default=5.0)
MESSAGE_LEASE_SECONDS = env.float("MESSAGE_LEASE_SECONDS", default=30.0)
MESSAGE_BACKOFF_SECONDS = env.list("MESSAGE_BACKOFF_SECONDS", cast=float, default=[1, 2, 5, 15, 30, 60])
MESSAGE_GIVE_UP_SECONDS = env.float("MESSAGE_GIVE_UP_SECONDS", default=600.0)
MESSAGE_SENDERS = env.int("MESSAGE_SENDERS", default=24)
MEDIA_STREAMS = env.int("MEDIA_STREAMS", default=3)
# Days; None: messages are kept.
MESSAGE_RETENTION_DAYS = (
    env.float("MESSAGE_RETENTION_DAYS") if env.str("MESSAGE_RETENTION_DAYS", default="") else None
)
METRICS_TOKEN = env.str("METRICS_TOKEN", default="")
if 0 < len(METRICS_TOKEN) < 16:
    raise ImproperlyConfigured("METRICS_TOKEN must be 16 characters at least")
METRICS_PORT = env.int("METRICS_PORT", default=0)
METRICS_ADDRESS = env.str("METRICS_ADDRESS", default="127.0.0.1")
PAGE_SILENT_SECONDS = env.float("PAGE_SILENT_SECONDS", default=120.0)
PHONE_CHECK_SECONDS = env.float("PHONE_CHECK_SECONDS", default=3600.0)
# A signup that finished at Meta and whose code did not come; see onboarding/recovery.py.
RECOVERY_SILENCE_SECONDS = env.float("RECOVERY_SILENCE_SECONDS", default=10.0)
RECOVERY_UNSEEN_SECONDS = env.float("RECOVERY_UNSEEN_SECONDS", default=90.0)
RECOVERY_PATIENCE_SECONDS = env.float("RECOVERY_PATIENCE_SECONDS", default=60.0)
RECOVERY_WINDOW = timedelta(minutes=env.float("RECOVERY_WINDOW_MINUTES", default=60.0))
RECOVERY_BY_TIME_ALONE = env.bool("RECOVERY_BY_TIME_ALONE", default=True)

# ---- The API ----------------------------------------------------------------------------------------

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [],
    "DEFAULT_PERMISSION_CLASSES": [],
    "DEFAULT_RENDERER_CLASSES": ["api.renderers.EnvelopeRenderer"],
    "DEFAULT_PARSER_CLASSES": ["api.parsers.StrictJSONParser"],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "api.renderers.AlwaysJSON",
    "DEFAULT_PAGINATION_CLASS": "api.pagination.PagePagination",
    "DEFAULT_SCHEMA_CLASS": "api.schema.ContractSchema",
    "EXCEPTION_HANDLER": "api.errors.exception_handler",
    "DATETIME_FORMAT": "%Y-%m-%dT%H:%M:%S.%fZ",
    "UNAUTHENTICATED_USER": None,
    "COERCE_DECIMAL_TO_STRING": False,
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024

SPECTACULAR_SETTINGS = openapi.spectacular_settings(server=PUBLIC_BASE_URL)

# ---- Pages ------------------------------------------------------------------------------------------

LANGUAGE_CODE = "en"
# What end-users see; the admin and the API are in English. A language is listed when its catalogue is whole.
LANGUAGES = [
    ("en", "English"),
    ("es", "Español"),
    ("pt", "Português"),
    ("he", "עברית"),
    ("ar", "العربية"),
    ("fr", "Français"),
]
LOCALE_PATHS = [BASE_DIR / "locale"]
TIME_ZONE = "UTC"
USE_TZ = True
STATIC_URL = "static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
WHITENOISE_USE_FINDERS = WHITENOISE_AUTOREFRESH = DEBUG

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CONTENT_TYPE_NOSNIFF = True
if PUBLIC_HOST.scheme == "https":
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if TRUSTED_PROXY_COUNT else None
    SECURE_SSL_REDIRECT = env.bool("SECURE_SSL_REDIRECT", default=not DEBUG)
    # Where links lead anyway; the name that was asked for is nobody's word.
    SECURE_SSL_HOST = PUBLIC_HOST.netloc
    # Asked from within, by address and over plain HTTP.
    SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$", r"^metrics$"]
    SECURE_HSTS_SECONDS = env.int("SECURE_HSTS_SECONDS", default=31536000)
    SECURE_HSTS_INCLUDE_SUBDOMAINS = env.bool("SECURE_HSTS_INCLUDE_SUBDOMAINS", default=False)
    SECURE_HSTS_PRELOAD = env.bool("SECURE_HSTS_PRELOAD", default=False)
    SESSION_COOKIE_SECURE = True
    CSRF_COOKIE_SECURE = True
    # Browsers take these names from this very host over https only: no neighbour can plant one.
    SESSION_COOKIE_NAME = "__Host-gangway-session"
    CSRF_COOKIE_NAME = "__Host-gangway-csrf"
SESSION_COOKIE_HTTPONLY = True
# The pages carry the token; no script reads the cookie.
CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"

# ---- Staff ------------------------------------------------------------------------------------------

SESSION_COOKIE_AGE = int(env.float("STAFF_SESSION_HOURS", default=12.0) * 3600)
# In a quarter of an hour; `backoffice/staff_login.py`.
STAFF_LOGIN_ATTEMPTS_PER_NAME = env.int("STAFF_LOGIN_ATTEMPTS_PER_NAME", default=10)
STAFF_LOGIN_ATTEMPTS_PER_ADDRESS = env.int("STAFF_LOGIN_ATTEMPTS_PER_ADDRESS", default=50)
check_limits(globals())
VALIDATORS = "django.contrib.auth.password_validation"
AUTH_PASSWORD_VALIDATORS: list[dict[str, Any]] = [
    {"NAME": f"{VALIDATORS}.UserAttributeSimilarityValidator"},
    {"NAME": f"{VALIDATORS}.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": f"{VALIDATORS}.CommonPasswordValidator"},
    {"NAME": f"{VALIDATORS}.NumericPasswordValidator"},
]
SILENCED_SYSTEM_CHECKS = [
    # Looked for by name; ours are subclasses of both. tests/config/test_headers.py holds what they do.
    "security.W002",
    "security.W003",
    # Other hosts of the domain are not ours to bind: SECURE_HSTS_INCLUDE_SUBDOMAINS and SECURE_HSTS_PRELOAD.
    "security.W005",
    "security.W021",
]

# ---- Logs -------------------------------------------------------------------------------------------

LOG_FORMAT = env.str("LOG_FORMAT", default="console" if DEBUG else "json")
if LOG_FORMAT not in {"console", "json"}:
    raise ImproperlyConfigured("LOG_FORMAT must be console or json")
LOG_LEVEL = env.str("LOG_LEVEL", default="INFO").upper()
if LOG_LEVEL not in LEVELS:
    raise ImproperlyConfigured(f"LOG_LEVEL must be one of {', '.join(LEVELS)}")

# ---- Figures and reports -----------------------------------------------------------------------------

# The library reads this variable itself, as soon as it is imported, and an empty one would not do.
PROMETHEUS_MULTIPROC_DIR = env.str("PROMETHEUS_MULTIPROC_DIR", default="")
if PROMETHEUS_MULTIPROC_DIR:
    Path(PROMETHEUS_MULTIPROC_DIR).mkdir(parents=True, exist_ok=True)
else:
    os.environ.pop("PROMETHEUS_MULTIPROC_DIR", None)

SENTRY_DSN = env.str("SENTRY_DSN", default="")
SENTRY_ENVIRONMENT = env.str("SENTRY_ENVIRONMENT", default="development" if DEBUG else "production")
SENTRY_RELEASE = env.str("SENTRY_RELEASE", default="")
REPORTING = None
if SENTRY_DSN:
    # Where it is not configured the package is not even loaded.
    from config import sentry

    sentry.start(SENTRY_DSN, environment=SENTRY_ENVIRONMENT, release=SENTRY_RELEASE)
    REPORTING = sentry.report

LOGGING = logging_config(LOG_FORMAT, level=LOG_LEVEL, report=REPORTING)
