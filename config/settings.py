"""Django settings, derived from :mod:`config.env`; nothing here reads the environment itself."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from corsheaders.defaults import default_headers

from config.broker import broker_url
from config.env import BASE_DIR, environment
from config.logs import configure_logging
from config.mail import mail_server
from config.memory import nothing_is_garbage_yet, one_heap

one_heap()
nothing_is_garbage_yet()
ENV = environment()
VERSION = "0.1.0"

DEBUG = False  # Django's own debug pages leak; ENV.debug only makes logs and mail friendlier.
SECRET_KEY = ENV.secret_key
ALLOWED_HOSTS = ["*"]  # the organization middleware answers 404 to hosts it does not know
ROOT_URLCONF = "config.urls"
PLATFORM_URLCONF = "config.urls_platform"
WSGI_APPLICATION = "config.wsgi.application"
ASGI_APPLICATION = "config.asgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
APPEND_SLASH = False

# --- apps: `public` holds organizations and dispatch; everything else lives in each organization's schema
SHARED_APPS = ["django_tenants", "apps.common", "apps.tenants", "apps.dispatch", "apps.mail"]
TENANT_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.admin",
    "guardian",
    "apps.common",
    "apps.events",
    "apps.accounts",
    "apps.executions",
    "apps.robots",
    "apps.portal",
]
INSTALLED_APPS = [
    "apps.common",  # before unfold, some of whose templates it replaces
    "unfold",
    "unfold.contrib.import_export",
    "import_export",
    *[
        "config.apps.BackOffice" if app == "django.contrib.admin" else app
        for app in TENANT_APPS
        if not app.startswith("apps.")
    ],
    "django.contrib.staticfiles",
    "apps.tenants",  # before django_tenants, whose commands it replaces
    "django_tenants",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "corsheaders",
    "channels",
    "django_countries",
    "apps.dispatch",
    "apps.events",
    "apps.mail",
    "apps.accounts",
    "apps.executions",
    "apps.robots",
    "apps.portal",
    "apps.isolation",  # no tables: it proves that the others keep organizations apart
    "config.apps.Started",  # the last
]

# --- tenancy
TENANT_MODEL = "tenants.Organization"
TENANT_DOMAIN_MODEL = "tenants.Domain"
PUBLIC_SCHEMA_NAME = "public"
TENANT_SYNC_ROUTER = "apps.tenants.routers.TenantRouter"
DATABASE_ROUTERS = [TENANT_SYNC_ROUTER]
TENANT_ROLES = ENV.tenant_roles == "on"
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
        "KEY_FUNCTION": "apps.tenants.cache.schema_key",  # whoever uses it, libraries included
    }
}


# Over TCP, a server that is gone is missed within half a minute; systems wait for hours, or a quarter of one.
TCP_OPTIONS = {"keepalives_idle": 10, "keepalives_interval": 5, "keepalives_count": 3, "tcp_user_timeout": 25_000}


def _database(url: str) -> dict[str, Any]:
    parts = urlsplit(url)
    options = {key: values[-1] for key, values in parse_qs(parts.query).items()}
    return {
        "ENGINE": "apps.tenants.postgresql",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": options.pop("host", "") or (parts.hostname or ""),
        "PORT": parts.port or options.pop("port", ""),
        "OPTIONS": TCP_OPTIONS | options | {"connect_timeout": 5, "application_name": "oficina"},
        "CONN_MAX_AGE": ENV.database_max_age,
        "CONN_HEALTH_CHECKS": True,
        "ATOMIC_REQUESTS": False,
    }


DATABASES = {"default": _database(ENV.database_url)}

# --- Redis: doorbells and fan-out, never the truth
REDIS_URL = ENV.redis_url
CHANNEL_PREFIX = "oficina"
CHANNEL_LAYERS = {
    "default": {
        "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
        "CONFIG": {"hosts": [ENV.redis_url], "prefix": CHANNEL_PREFIX},
    }
}

# --- HTTP
MIDDLEWARE = [
    "apps.common.middleware.TraceMiddleware",
    "apps.common.middleware.ClientAddressMiddleware",
    "apps.common.middleware.AccessMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "apps.common.middleware.SecurityHeadersMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "apps.common.middleware.CorsMiddleware",
    "apps.common.middleware.OptionalSlashMiddleware",
    "apps.common.middleware.BodyLimitMiddleware",
    "apps.tenants.middleware.OrganizationMiddleware",
    "apps.common.middleware.ProgramsMiddleware",  # what comes now is for pages, and for programs without credentials
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "apps.accounts.middleware.ActorMiddleware",
    "apps.accounts.middleware.SecondFactorMiddleware",
    "apps.accounts.middleware.LanguageMiddleware",
    "apps.accounts.middleware.ZoneMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
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
STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / ".data" / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
WHITENOISE_USE_FINDERS = True
FILE_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024


def _bucket(url: str) -> dict[str, Any]:
    from botocore.config import Config  # noqa: PLC0415  # takes half a second, which only those with a bucket spend

    parts = urlsplit(url)
    return {
        "bucket_name": parts.netloc,
        "location": parts.path.strip("/"),
        "max_memory_size": FILE_UPLOAD_MAX_MEMORY_SIZE,  # what is read beyond it goes to FILE_UPLOAD_TEMP_DIR
        "client_config": Config(connect_timeout=5, read_timeout=30, retries={"mode": "standard", "max_attempts": 2}),
    }


MEDIA_ROOT = ENV.data_dir / "storage"
STORAGES: dict[str, Any] = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": str(MEDIA_ROOT)}},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
if ENV.storage_url:
    STORAGES["default"] = {"BACKEND": "storages.backends.s3.S3Storage", "OPTIONS": _bucket(ENV.storage_url)}
FILE_UPLOAD_TEMP_DIR = ENV.data_dir / "uploads"  # beside the storage: /tmp may be small
FILE_UPLOAD_TEMP_DIR.mkdir(parents=True, exist_ok=True)
DATA_UPLOAD_MAX_MEMORY_SIZE = ENV.max_body_bytes
IMPORT_EXPORT_ESCAPE_ILLEGAL_CHARS_ON_EXPORT = True  # a spreadsheet takes no control characters; they are replaced
CORS_ALLOWED_ORIGINS = [] if ENV.debug else list(ENV.cors_allowed_origins)
CORS_ALLOW_ALL_ORIGINS = ENV.debug
CORS_URLS_REGEX = r"^/api/.*$"
CORS_ALLOW_CREDENTIALS = False  # browsers of other origins sign in with tokens; cookies are for our own pages
CORS_ALLOW_HEADERS = [
    *default_headers,
    "idempotency-key",
    "if-match",
    "if-none-match",
    "last-event-id",
    "range",
    "x-api-key",
    "x-organization",
    "x-request-id",
]
CORS_EXPOSE_HEADERS = [
    "Content-Disposition",
    "Content-Range",
    "Deprecated",
    "Deprecation",
    "ETag",
    "Idempotency-Replayed",
    "Link",
    "Location",
    "Retry-After",
    "Sunset",
    "X-Request-ID",
    "X-Total-Count",
]
CORS_PREFLIGHT_MAX_AGE = 600
# Browsers take a cookie of this name from this host alone, over TLS; neighbours below one domain cannot plant one.
COOKIE_PREFIX = "__Host-" if ENV.secure_cookies else ""
SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = f"{COOKIE_PREFIX}sessionid", f"{COOKIE_PREFIX}csrftoken"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = ENV.secure_cookies
SESSION_ENGINE = "apps.accounts.authentication.session_store"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"  # what pages tell is in no cookie
SECURE_SSL_REDIRECT = False  # the proxy in front redirects
SECURE_HSTS_SECONDS = 31_536_000 if ENV.secure_cookies else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = True  # organizations live there
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if ENV.trusted_proxies else None
X_FRAME_OPTIONS = "DENY"
CSRF_FAILURE_VIEW = "apps.common.api.fallback.csrf_failure"

# --- accounts
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["apps.accounts.backends.SessionBackend", "guardian.backends.ObjectPermissionBackend"]
PASSWORD_HASHERS = ["apps.accounts.passwords.PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "apps.accounts.passwords.CompositionValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "apps.accounts.passwords.ContextValidator"},
]
ANONYMOUS_USER_NAME = None
GUARDIAN_MONKEY_PATCH_USER = False
GUARDIAN_USER_OBJ_PERMS_MODEL = "accounts.UserGrant"
GUARDIAN_GROUP_OBJ_PERMS_MODEL = "accounts.GroupGrant"
LOGIN_URL = "/admin/login/"
LOGIN_REDIRECT_URL = "/admin/"
SILENCED_SYSTEM_CHECKS = [
    "auth.W004",  # addresses are unique whatever their case, which the check cannot see
    "security.W008",  # the proxy in front redirects to https
    "security.W021",  # whether a whole domain is for TLS only is the customer's decision
]

# --- API
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["apps.accounts.authentication.http.ActorAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["apps.common.api.permissions.DeclaredRight"],
    "DEFAULT_RENDERER_CLASSES": ["apps.common.api.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["apps.common.api.parsers.JSONParser"],
    "DEFAULT_THROTTLE_CLASSES": ["apps.common.api.throttling.ActorThrottle"],
    "DEFAULT_SCHEMA_CLASS": "apps.common.api.schema.OperationSchema",
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "apps.common.api.negotiation.DeclaredNegotiation",
    "URL_FORMAT_OVERRIDE": None,
    "EXCEPTION_HANDLER": "apps.common.api.exceptions.handle",
    "UNAUTHENTICATED_USER": None,
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
DOCUMENTED_ERRORS = {  # what stands before every view, or depends on who asks and not on what
    "everywhere": ["apps.tenants.errors.UnknownHost", "apps.tenants.errors.OrganizationInactive"],
    "with_credentials": [
        "apps.accounts.errors.InvalidCredentials",
        "apps.accounts.errors.SecondFactorMissing",
        "apps.accounts.errors.NotUnderSupport",
        "apps.common.errors.ReadOnlyPreview",
        "apps.tenants.errors.WrongOrganization",
    ],
    "changing": ["apps.accounts.errors.CsrfRefused"],
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Oficina",
    "DESCRIPTION": "Operations hub: robots, portal, live runs. Every error has a stable `error_code`.",
    "VERSION": "v1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "COMPONENT_SPLIT_REQUEST": True,  # files are bytes going in and addresses coming out
    "COMPONENT_SPLIT_PATCH": False,  # serializers say themselves what may be left out
    "GET_LIB_DOC_EXCLUDES": "apps.common.api.schema.undescribed",
    "POSTPROCESSING_HOOKS": ["apps.common.api.links.add_links"],
    "APPEND_COMPONENTS": {
        "securitySchemes": {
            "bearer": {
                "type": "http",
                "scheme": "bearer",
                "bearerFormat": "JWT",
                "description": "A token of ours, or of the organization's issuer; on the host that all organizations "
                "share, the latter needs the organization's slug in X-Organization beside it.",
            },
            "apiKey": {"type": "apiKey", "in": "header", "name": "X-Api-Key"},
        }
    },
}

# --- Celery: mails and ticks. Executions run in slots beside its pool; see apps.executions.worker.
CELERY_BROKER_URL = broker_url(ENV.redis_url)
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None  # for ever: a worker outlives Redis
CELERY_BROKER_CONNECTION_TIMEOUT = 2
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "socket_connect_timeout": 2,
    "socket_keepalive": True,
    "retry_on_timeout": True,
    "health_check_interval": 10,
    # A task that a request sends gives up quickly: what must not be lost stands in the database.
    "max_retries": 1,
    "interval_start": 0,
    "interval_step": 0.1,
    "interval_max": 0.1,
}
CELERY_TASK_PUBLISH_RETRY = False
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_STORE_EAGER_RESULT = False
CELERY_TASK_ACKS_LATE = False
CELERY_TASK_DEFAULT_QUEUE = "celery"
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_WORKER_POOL = "threads"
CELERY_WORKER_CONCURRENCY = 4  # short tasks; WORKER_SLOTS counts executions
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = False
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_REDIRECT_STDOUTS = False
CELERY_WORKER_ENABLE_REMOTE_CONTROL = True
CELERY_TIMEZONE = "UTC"
CELERY_BEAT_SCHEDULER = "celery.beat:Scheduler"  # in memory: ticks may come twice or late, so nothing needs keeping

# --- mail: rows of apps.mail are the truth; this is how they go out
_MAIL_SERVER = mail_server(ENV.email_url)
MAIL_DELIVERY = "server"
EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = SERVER_EMAIL = ENV.mail_from or f"Oficina <no-reply@{ENV.base_domain}>"
if _MAIL_SERVER is not None:
    EMAIL_HOST, EMAIL_PORT = _MAIL_SERVER.host, _MAIL_SERVER.port
    EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = _MAIL_SERVER.user, _MAIL_SERVER.password
    EMAIL_USE_TLS, EMAIL_USE_SSL = _MAIL_SERVER.encryption == "starttls", _MAIL_SERVER.encryption == "tls"
elif ENV.email_url or (ENV.debug and not ENV.secure_cookies):
    MAIL_DELIVERY = "outbox"  # printed, and kept for the platform's back-office
    EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"
else:
    MAIL_DELIVERY = "off"  # mails wait until a server is configured

# --- language, time, logs
LANGUAGE_CODE = ENV.language_code
LANGUAGES = [("en", "English"), ("pt-br", "Português (Brasil)")]
LANGUAGE_COOKIE_NAME = f"{COOKIE_PREFIX}django_language"
LANGUAGE_COOKIE_AGE = 365 * 24 * 3600  # what was chosen in a page is remembered
LANGUAGE_COOKIE_HTTPONLY, LANGUAGE_COOKIE_SAMESITE, LANGUAGE_COOKIE_SECURE = True, "Lax", ENV.secure_cookies
LOCALE_PATHS = [BASE_DIR / "locale"]
FORMAT_MODULE_PATH = "config.formats"
COUNTRIES_OVERRIDE = {"XK": "Kosovo"}  # its holidays are known, its code is not in ISO 3166-1 yet
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"
LOGGING_CONFIG = None
configure_logging(ENV.log_format, ENV.log_level)

# --- what the kernel asks of apps above it
ORGANIZATION_FROM_CREDENTIALS = "apps.accounts.tenancy.organization_from_credentials"
OBJECT_HISTORY = "apps.events.selectors.events_about"
EXPORT_NOTED = "apps.events.services.export_note"
RIGHT_REQUIRED = "apps.accounts.permissions.require"
PAGES_ASK_AGAIN = "apps.accounts.middleware.ask_again"
