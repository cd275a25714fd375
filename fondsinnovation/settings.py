"""Every setting, read from the environment, with safe defaults. `checks.py` says what production must set."""

import os
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import environ
from csp.constants import NONE, SELF
from django.utils.translation import gettext_lazy as _

from fondsinnovation.embedded import socket_dir, state_dir
from fondsinnovation.embedded.servers import DATABASE, OWNER, VALKEY_SOCKET

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()

# What this process is. A server that is neither a demonstration nor a test is held to the checks of production.
DEBUG = env.bool("DEBUG", default=False)
DEMO = env.bool("DEMO", default=False)
TESTING = env.bool("TESTING", default=False)
LOCAL = DEBUG or DEMO or TESTING

DEVELOPMENT_SECRET_KEY = "clef-de-developpement-sans-valeur-ne-jamais-utiliser-en-production"  # noqa: S105
SECRET_KEY = env.str("SECRET_KEY", default=DEVELOPMENT_SECRET_KEY)
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])  # still read what the old keys encrypted and signed
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])

INSTALLED_APPS = [
    "fondsinnovation",
    "projects",
    "funding",
    "reporting",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.sessions",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.forms",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.usersessions",
    "csp",
    "django_filters",
    "django_htmx",
    "django_structlog",
    "django_tables2",
    "drf_spectacular",
    "pghistory",
    "pgtrigger",
    "rest_framework",
]

MIDDLEWARE = [
    "projects.middleware.ArrivalMiddleware",  # first: the instant that counts is the arrival
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "fondsinnovation.language.ChosenLanguageMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "allauth.usersessions.middleware.UserSessionsMiddleware",
    "projects.middleware.ExceptionalAccessMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "projects.middleware.SessionLifetimeMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "django_structlog.middlewares.RequestMiddleware",
    "projects.middleware.SecondFactorMiddleware",
    "fondsinnovation.kit.views.ReadOnlyGetMiddleware",
    "fondsinnovation.kit.views.DomainErrorMiddleware",
]

ROOT_URLCONF = "fondsinnovation.urls"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"

TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "projects.context_processors.portal",
            ],
        },
    }
]

# ── Database: one alias, two roles ───────────────────────────────────────────────────────────────────────────────────
# The owner migrates. Everything else connects as the application's role, which cannot change a ledger, the journal or
# their history. manage.py sets FONDS_DB_ROLE=owner for the commands that change the schema.

APP_ROLE = "fonds_app"
EMBEDDED_KIND = "test" if TESTING else "demo"


def _databases() -> dict[str, dict[str, Any]]:
    """The connection of each role: from the environment, or to the embedded server."""
    if not os.environ.get("DATABASE_URL"):
        server = {"ENGINE": "django.db.backends.postgresql", "NAME": DATABASE, "HOST": str(socket_dir(EMBEDDED_KIND))}
        return {"owner": {**server, "USER": OWNER}, "app": {**server, "USER": APP_ROLE}}
    app = env.db("DATABASE_URL", engine="django.db.backends.postgresql")
    if os.environ.get("DATABASE_OWNER_URL"):
        return {"owner": env.db("DATABASE_OWNER_URL", engine="django.db.backends.postgresql"), "app": app}
    # One URL only: that role owns the schema, and the application takes the lesser role once connected.
    return {"owner": app, "app": {**app, "OPTIONS": {**app.get("OPTIONS", {}), "options": f"-c role={APP_ROLE}"}}}


DATABASE_ROLES = _databases()


def _connection(role: str) -> dict[str, Any]:
    database = DATABASE_ROLES[role]
    options = dict(database.get("OPTIONS", {}))
    database = {**database, "NAME": env.str("DATABASE_NAME", default=database["NAME"])}
    if role == "app":
        timeout = env.str("DATABASE_STATEMENT_TIMEOUT", default="15min")
        # jit=off: compiling a query costs more than any page's query takes
        limits = f"-c statement_timeout={timeout} -c lock_timeout=10s -c idle_in_transaction_session_timeout=60s -c jit=off"
        options["options"] = f"{options.get('options', '')} {limits}".strip()
    if env.bool("DATABASE_POOL", default=False):  # the web process only: Celery closes pools at every task
        options["pool"] = {"min_size": 1, "max_size": env.int("DATABASE_POOL_SIZE", default=8), "timeout": 10}
        return {**database, "OPTIONS": options, "CONN_MAX_AGE": 0}
    return {**database, "OPTIONS": options, "CONN_MAX_AGE": 60, "CONN_HEALTH_CHECKS": True}


# What the application's role must not be able to change: `checks.py` proves it before a server starts.
APPEND_ONLY_TABLES = [
    "journal", "journal_link", "ledger_entry", "gain", "cofunding", "projects_applicationversion", "projects_interestdeclaration",
    "projects_recusal", "projects_forecastgain", "funding_adviser", "funding_allotment", "funding_approval", "funding_signature",
    "projects_callevent", "projects_membershipevent", "projects_organisationevent", "projects_termsprofileevent",
    "funding_delegationruleevent", "projects_organisationchange", "projects_delegationevent",
    "funding_agreementstep",
    "funding_clausetemplate", "funding_agreementtext", "funding_agreementseal",
    "projects_userevent", "projects_signin", "projects_inactivityrule", "projects_incidentevent",
    "funding_paymentrule", "funding_returnfile", "funding_returnline",
    "funding_milestonechange", "funding_paymenttermsevent", "funding_milestoneevent",
    "funding_creditline", "cash_entry", "cash_rule",
    "imported_cost",
    "line_contest", "reporting_overlap", "reporting_overlapresolution",
    "baseline_version", "baseline_decision", "gain_measure", "indicator_measure",
    "reporting_gainsharing", "reporting_gainshare", "shared_gain", "shared_gain_part",
    "shared_gain_correction", "shared_correction_part",
    "funding_amendmentstep", "funding_amendmentrule",
    "funding_recoverypart", "funding_recoveryreceipt", "funding_recoverycredit",
    "funding_secretariatcost", "funding_costline",
    "reporting_objectiveresult", "reporting_varianceexplanation", "reporting_discountrate", "reporting_priceindex",
    "reporting_renewalweights", "reporting_renewalstep",
    "funding_agreementrisk", "funding_followupfact", "funding_followuptermsevent",
    "reporting_followupversion", "reporting_followupreminder",
    "reporting_gainverification", "reporting_gainsample", "reporting_gainsampleitem", "reporting_gainsamplecheck",
]  # fmt: skip

DATABASES = {"default": _connection(env.str("FONDS_DB_ROLE", default="app"))}

# ── Broker and cache ─────────────────────────────────────────────────────────────────────────────────────────────────
REDIS_PREFIX = env.str("REDIS_PREFIX", default="fonds:")  # lets several test runs share one server
CELERY_BROKER_URL = os.environ.get("REDIS_URL") or f"redis+socket://{socket_dir(EMBEDDED_KIND) / VALKEY_SOCKET}"
CACHE_URL = CELERY_BROKER_URL.replace("redis+socket://", "unix://")  # the cache writes a socket's address otherwise

CACHES: dict[str, dict[str, Any]] = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": CACHE_URL,
        "KEY_PREFIX": f"{REDIS_PREFIX}cache",
        "OPTIONS": {"socket_timeout": 2, "socket_connect_timeout": 1},
    }
}

CELERY_TASK_ALWAYS_EAGER = env.bool("CELERY_TASK_ALWAYS_EAGER", default=False)
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_PUBLISH_RETRY = False  # the outbox is the truth and beat sweeps it: a broker that is down must not hold a page
CELERY_TIMEZONE = "America/Toronto"
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "global_keyprefix": REDIS_PREFIX,
    "visibility_timeout": 3600,  # longer than the longest task: a task given twice is harmless but wasteful
    "socket_timeout": 5,
    "socket_connect_timeout": 1,
    "max_retries": 1,
}

# ── People, sessions, passwords ──────────────────────────────────────────────────────────────────────────────────────
AUTH_USER_MODEL = "projects.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "projects:workspace"
LOGOUT_REDIRECT_URL = ACCOUNT_LOGOUT_REDIRECT_URL = "/"

ACCOUNT_ADAPTER = "projects.adapters.AccountAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_SESSION_REMEMBER = False
# Each address and each account, whether or not the account exists; a code of the second factor counts as a sign-in of its account.
ACCOUNT_RATE_LIMITS = {
    "login": "30/m/ip",
    "login_failed": "10/m/ip,5/5m/key",
    "reset_password": "20/m/ip,5/h/key",
    "reset_password_from_key": "20/m/ip",
    "reauthenticate": "10/m/user",
    "change_password": "5/m/user",
}
ALLAUTH_TRUSTED_PROXY_COUNT = 1 if env.bool("BEHIND_PROXY", default=False) else 0
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = True  # the same work and the same answer, whether or not an account has that address
ACCOUNT_REAUTHENTICATION_TIMEOUT = 60 * env.int("CONFIRMATION_MINUTES", default=15)  # how long a sign-in covers dangerous acts

MFA_ADAPTER = "projects.adapters.SecondFactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = LOCAL  # http://localhost
MFA_TOTP_ISSUER = env.str("TOTP_ISSUER", default="Fonds pour l’innovation publique")
# Days that a person has to set one up, from their first role that needs it; 0: at once. A demonstration's accounts work at once.
SECOND_FACTOR_GRACE_DAYS = env.int("SECOND_FACTOR_GRACE_DAYS", default=36_500 if LOCAL else 14)

# A government identity, by OpenID Connect. Without an issuer there is no button, and its addresses do not exist.
OIDC_ISSUER = env.str("OIDC_ISSUER", default="").rstrip("/")
OIDC_CLIENT_ID = env.str("OIDC_CLIENT_ID", default="")
OIDC_CLIENT_SECRET = env.str("OIDC_CLIENT_SECRET", default="")
OIDC_NAME = env.str("OIDC_NAME", default="Authentification gouvernementale")
SOCIALACCOUNT_ADAPTER = "projects.adapters.IdentityAdapter"

# Invitations to take a role: a link that works once, within this delay; how many one person sends in 24 hours.
INVITATION_DAYS = env.int("INVITATION_DAYS", default=7)
INVITATIONS_PER_DAY = env.int("INVITATIONS_PER_DAY", default=50)

SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = env.bool("COOKIE_SECURE", default=not LOCAL)
LANGUAGE_COOKIE_SECURE = SESSION_COOKIE_SECURE
SESSION_IDLE = timedelta(minutes=env.int("SESSION_IDLE_MINUTES", default=30))
SESSION_LONGEST = timedelta(hours=env.int("SESSION_HOURS", default=8))  # a working day
SESSION_COOKIE_AGE = int(SESSION_LONGEST.total_seconds())
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"

# The longest exceptional access of a technical administrator, in hours; the database refuses more than four.
EXCEPTIONAL_ACCESS_HOURS = env.int("EXCEPTIONAL_ACCESS_HOURS", default=4)

# ── Security headers ─────────────────────────────────────────────────────────────────────────────────────────────────
SECURE_SSL_REDIRECT = env.bool("SECURE_SSL_REDIRECT", default=False)
SECURE_HSTS_SECONDS = env.int("SECURE_HSTS_SECONDS", default=0 if LOCAL else 31_536_000)
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
if env.bool("BEHIND_PROXY", default=False):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF],
        "font-src": [SELF],
        "connect-src": [SELF],
        # the form that leaves for the government identity is answered by a redirection, which the policy follows
        "form-action": [SELF, *(["{0.scheme}://{0.netloc}".format(urlsplit(OIDC_ISSUER))] if OIDC_ISSUER else [])],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}

# ── Language and time ────────────────────────────────────────────────────────────────────────────────────────────────
LANGUAGE_CODE = "fr-ca"
LANGUAGES = [("fr-ca", _("Français")), ("en-ca", _("English"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
TIME_ZONE = "America/Toronto"
USE_TZ = True

# ── Files ────────────────────────────────────────────────────────────────────────────────────────────────────────────
STATIC_URL = "/static/"
STATIC_ROOT = None if LOCAL else env.str("STATIC_ROOT", default=str(BASE_DIR / "staticfiles"))
WHITENOISE_USE_FINDERS = LOCAL  # no collectstatic needed
WHITENOISE_AUTOREFRESH = DEBUG

# Documents are private: they have no URL, and leave through a view that asks the policies.
MEDIA_ROOT = env.str("MEDIA_ROOT", default=str(state_dir(EMBEDDED_KIND) / "media" if LOCAL else BASE_DIR / "media"))
MEDIA_URL = ""
MAX_UPLOAD_SIZE = 25 * 1024 * 1024
FILE_UPLOAD_PERMISSIONS = 0o600
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2_000

_static = "django.contrib.staticfiles.storage.StaticFilesStorage"
_hashed_static = "whitenoise.storage.CompressedManifestStaticFilesStorage"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": _static if LOCAL else _hashed_static},
}

# ── Mail ─────────────────────────────────────────────────────────────────────────────────────────────────────────────
EMAIL_CONFIG = env.email_url("EMAIL_URL", default="consolemail://" if LOCAL else "smtp://localhost:25")
vars().update(EMAIL_CONFIG)
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="Fonds pour l’innovation publique <ne-pas-repondre@exemple.quebec>")

# ── Interface for programs ───────────────────────────────────────────────────────────────────────────────────────────
REST_FRAMEWORK = {
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_AUTHENTICATION_CLASSES": [],  # each view names its own: one that forgets is closed to everybody
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    "DEFAULT_PAGINATION_CLASS": "rest_framework.pagination.PageNumberPagination",
    "DEFAULT_SCHEMA_CLASS": "projects.api.schema.DescribedSchema",
    "PAGE_SIZE": 50,
    "COERCE_DECIMAL_TO_STRING": True,
    "UNAUTHENTICATED_USER": None,
    "EXCEPTION_HANDLER": "projects.api.base.answer_error",
    "DEFAULT_THROTTLE_RATES": {
        "token": env.str("API_RATE", default="600/min"),
        "anonymous": env.str("API_RATE_ANONYMOUS", default="60/min"),
    },
    "NUM_PROXIES": 1 if env.bool("BEHIND_PROXY", default=False) else 0,  # an address that the client writes itself counts for nothing
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Portail du Fonds pour l’innovation publique",
    "DESCRIPTION": "Lecture, avec les droits de la personne à qui le jeton appartient, de ce que montrent les pages du portail.",
    "VERSION": "1.0.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "ENUM_NAME_OVERRIDES": {
        name: f"{module}.enums.{name}"
        for module, names in {
            "projects": ("CallState", "ApplicationState", "ProjectState", "Modality", "Nature", "EnvelopeCode"),
            "funding": ("AwardState", "AgreementState", "AgreementKind", "PaymentState"),
            "reporting": ("GainReportState",),
        }.items()
        for name in names
    },
}
DJANGO_TABLES2_TEMPLATE = "components/table.html"

# ── Logs: one line of JSON per event, on standard error ──────────────────────────────────────────────────────────────
LOG_LEVEL = env.str("LOG_LEVEL", default="WARNING" if LOCAL else "INFO")
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"json": {"()": "fondsinnovation.logs.formatter"}},
    "handlers": {"standard_error": {"class": "logging.StreamHandler", "formatter": "json"}},
    "root": {"handlers": ["standard_error"], "level": LOG_LEVEL},
    "loggers": {"django.server": {"handlers": ["standard_error"], "level": LOG_LEVEL, "propagate": False}},
}

DJANGO_STRUCTLOG_IP_LOGGING_ENABLED = False  # `user_id` suffices to find who it was; an address says more than a log needs

# ── What a deployment calls itself ───────────────────────────────────────────────────────────────────────────────────
PORTAL_URL = env.str("PORTAL_URL", default="http://127.0.0.1:8000").rstrip("/")  # what links in e-mails begin with
CONTACT_EMAIL = env.str("CONTACT_EMAIL", default="fonds@exemple.quebec")
#: the PKCS#12 certificate that seals signed agreements; without it nothing is sealed, and the pages say so
SEAL_CERTIFICATE = env.str("SEAL_CERTIFICATE", default="")
SEAL_CERTIFICATE_PASSWORD = env.str("SEAL_CERTIFICATE_PASSWORD", default="")
GOVERNMENT_SIGNATURE = env.str("GOVERNMENT_SIGNATURE", default="Gouvernement du Québec")

# ── The hooks of fondsinnovation.kit ─────────────────────────────────────────────────────────────────────────────────
ACT_KEY_MODEL = "projects.ActKey"
FOLLOW_UP_SCHEDULE = "reporting.tables.follow_ups.schedule_of"  # what the page of an agreement shows of its reports
ACT_JOURNAL = "projects.services.journal.write_entry"
