"""One file of settings. Everything that differs between installations comes from the environment (.env.example explains each variable)."""

import atexit
import logging
import os
from contextlib import ExitStack
from datetime import time, timedelta
from pathlib import Path

from celery.schedules import crontab
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured

from clinic.environment import Environment

BASE_DIR = Path(__file__).resolve().parent.parent

env = Environment(Path(os.environ.get("ENV_FILE") or BASE_DIR / ".env"))

# --- who we are -----------------------------------------------------------------------------------------------------
DEBUG = env("DEBUG")
SECRET_KEY = env("SECRET_KEY")
# Of its own, so that a new SECRET_KEY doesn't forget who said stop.
ADDRESS_HASH_KEY = env("ADDRESS_HASH_KEY") or SECRET_KEY
ALLOWED_HOSTS = env("ALLOWED_HOSTS")
PUBLIC_BASE_URL = env("PUBLIC_BASE_URL").rstrip("/")

ROOT_URLCONF = "clinic.urls"
WSGI_APPLICATION = "clinic.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

INSTALLED_APPS = [
    "clinic",
    "aftercare",
    "scheduling",
    "notifications",
    "clinic.apps.ClinicAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django.contrib.postgres",
    "csp",
    "django_htmx",
    "phonenumber_field",
    "django_otp",
    "django_otp.plugins.otp_totp",
    "django_otp.plugins.otp_static",
    "axes",
]

MIDDLEWARE = [
    "clinic.addresses.ClientAddressMiddleware",
    "clinic.ops.middleware.RequestMiddleware",
    # Around all that answers, so that no answer is without their headers.
    "clinic.headers.HeadersMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "clinic.limits.LimitsMiddleware",
    "clinic.uploads.BodySizeMiddleware",
    "clinic.middleware.HealthMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django_otp.middleware.OTPMiddleware",
    "clinic.signing_in.middleware.RenewMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    # The trail: whose a request's writes are, and what it showed of a patient.
    "clinic.on_the_trail.TrailMiddleware",
    "clinic.refusals.RefusalsMiddleware",
    "axes.middleware.AxesMiddleware",
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
            ],
        },
    },
]

# --- engines of our own, for development --------------------------------------------------------------------------------
LOCAL_DIR = Path(env("LOCAL_DIR") or BASE_DIR / ".local")
if MISSING := tuple(name for name in ("DATABASE_URL", "REDIS_URL") if not env(name)):
    from clinic.engines import EngineError, local_engines

    engines = ExitStack()
    atexit.register(engines.close)
    try:
        # Into the environment, so that child processes use the same ones and leave them alone.
        os.environ |= engines.enter_context(local_engines(LOCAL_DIR, MISSING))
    except EngineError as error:
        raise ImproperlyConfigured(str(error)) from error

# --- the truth: PostgreSQL ------------------------------------------------------------------------------------------
DATABASES = {"default": env("DATABASE_URL") | {"CONN_MAX_AGE": 60, "CONN_HEALTH_CHECKS": True}}

# A process that is frozen in the middle of a transaction would hold its locks, and an old snapshot, for ever.
# A server that is gone without a word would be waited for for a quarter of an hour. In seconds; tcp_user_timeout in milliseconds.
DATABASES["default"]["OPTIONS"] = {
    "connect_timeout": 5,
    "tcp_user_timeout": 30_000,
    "keepalives_idle": 30,
    "keepalives_interval": 10,
} | DATABASES["default"].get("OPTIONS", {})
DATABASES["default"]["OPTIONS"]["options"] = (
    f"{DATABASES['default']['OPTIONS'].get('options', '')} -c idle_in_transaction_session_timeout=60s".strip()
)
# A report or an export that takes longer is ended: it holds a snapshot open, and claims must look past it.
PAGE_SECONDS = 15
COMMAND_SECONDS = 60

# --- the wake-up call: Redis and Celery -----------------------------------------------------------------------------
REDIS_URL = env("REDIS_URL")
DISPATCH_EVERY_SECONDS = 5
RECONCILE_EVERY_SECONDS = 30
POLL_EVERY_SECONDS = 60
OFFER_EVERY_SECONDS = 30
ESCALATE_EVERY_SECONDS = 15
TELL_BY_EMAIL_EVERY_SECONDS = 15
RECALLS_EVERY_SECONDS = 60

CELERY_BROKER_URL = REDIS_URL
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None  # however long Redis is away
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 600,
    "unacked_restore_interval": 10,
    "socket_timeout": 10,
    "socket_connect_timeout": 3,
    "socket_keepalive": True,
    "health_check_interval": 15,
    # Of a wake-up call: with Redis gone, a booking would wait six seconds for each. A worker's reconnecting is another setting.
    "max_retries": 0,
}
# Touched by a worker, or by beat, for as long as it goes on: whoever started it can see that it does.
ALIVE_FILE = env("ALIVE_FILE")
HEARTBEAT_SECONDS = 15
WATCH_EVERY_SECONDS = 60
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_SOFT_TIME_LIMIT = 90
CELERY_TASK_TIME_LIMIT = 120
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_MAX_TASKS_PER_CHILD = 1000
CELERY_WORKER_MAX_MEMORY_PER_CHILD = 300_000  # kB
CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT = 30
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TIMEZONE = "UTC"
CELERY_BEAT_SCHEDULE = {
    # A tick that nobody took before the next one is due is worth nothing: `expires` drops it.
    "dispatch-due": {
        "task": "notifications.tasks.dispatch_due",
        "schedule": DISPATCH_EVERY_SECONDS,
        "options": {"expires": DISPATCH_EVERY_SECONDS - 1},
    },
    "reconcile": {
        "task": "notifications.tasks.reconcile",
        "schedule": RECONCILE_EVERY_SECONDS,
        "options": {"expires": RECONCILE_EVERY_SECONDS - 1},
    },
    # In the small hours of the clinics' night, and not between 23:00 and 24:00 UTC, where a day begins.
    "forget": {"task": "clinic.tasks.forget", "schedule": crontab(hour=8, minute=40), "options": {"expires": 3600}},
    "forget-files": {"task": "scheduling.tasks.forget_files", "schedule": 600, "options": {"expires": 590}},
    "poll": {"task": "notifications.tasks.poll", "schedule": POLL_EVERY_SECONDS, "options": {"expires": POLL_EVERY_SECONDS - 5}},
    "offer-openings": {
        "task": "scheduling.tasks.offer_openings",
        "schedule": OFFER_EVERY_SECONDS,
        "options": {"expires": OFFER_EVERY_SECONDS - 1},
    },
    "escalate": {
        "task": "aftercare.tasks.escalate",
        "schedule": ESCALATE_EVERY_SECONDS,
        "options": {"expires": ESCALATE_EVERY_SECONDS - 1},
    },
    "tell-by-email": {
        "task": "aftercare.tasks.tell_by_email",
        "schedule": TELL_BY_EMAIL_EVERY_SECONDS,
        "options": {"expires": TELL_BY_EMAIL_EVERY_SECONDS - 1},
    },
    "tell-recalls": {
        "task": "aftercare.tasks.tell_recalls",
        "schedule": RECALLS_EVERY_SECONDS,
        "options": {"expires": RECALLS_EVERY_SECONDS - 5},
    },
    "send-digest": {"task": "aftercare.tasks.send_digest", "schedule": 300, "options": {"expires": 290}},
    "follow-recalls": {
        "task": "aftercare.tasks.follow_recalls",
        "schedule": RECALLS_EVERY_SECONDS,
        "options": {"expires": RECALLS_EVERY_SECONDS - 5},
    },
}

# --- messages -------------------------------------------------------------------------------------------------------
SMS_BACKEND = env("SMS_BACKEND")
TWILIO_ACCOUNT_SID = env("TWILIO_ACCOUNT_SID")
TWILIO_AUTH_TOKEN = env("TWILIO_AUTH_TOKEN")
TWILIO_MESSAGING_SERVICE_SID = env("TWILIO_MESSAGING_SERVICE_SID")
TWILIO_FROM_NUMBER = env("TWILIO_FROM_NUMBER")
TWILIO_API_BASE_URL = env("TWILIO_API_BASE_URL").rstrip("/")

DEFAULT_FROM_EMAIL = env("DEFAULT_FROM_EMAIL")
mail_server = env("EMAIL_URL") or {}
globals().update(mail_server)
EMAIL_TIMEOUT = 10

# The local demo: text messages, and emails where no mail server is named, end on a page instead of with a patient.
DEMO = DEBUG and SMS_BACKEND == "demo"
CHANNELS = {"sms": SMS_BACKEND, "email": "demo" if DEMO and not mail_server else "email"}

QUIET_HOURS = (time(21), time(8))  # in the patient's own time zone
DISPATCH_BATCH_SIZE = 100
DISPATCH_IN_FLIGHT = env("DISPATCH_IN_FLIGHT")
DISPATCH_RUN_SECONDS = 20  # then a worker that is to stop has its chance; another run goes on
DISPATCH_LEASE_SECONDS = 120  # whoever hasn't said by then what became of a message is taken for lost
LOOK_AFTER_SECONDS = 120  # the first look for a message of which nobody knows, and then, nothing found, the second
SECOND_LOOK_SECONDS = 600
BACKOFF_FIRST_SECONDS = 30
TWILIO_TIMEOUT_SECONDS = 10
# 0: as many as the provider takes.
SMS_PER_SECOND = env("SMS_PER_SECOND")
SMS_DAILY_CAP = env("SMS_DAILY_CAP")
# In US dollars: what a press that sends many says beforehand.
SMS_SEGMENT_PRICE = env("SMS_SEGMENT_PRICE")
# By when somebody has seen to a concern: an urgent one at any hour, another one in the location's opening hours.
ACKNOWLEDGE_URGENT_MINUTES = env("ACKNOWLEDGE_URGENT_MINUTES")
ACKNOWLEDGE_SOON_MINUTES = env("ACKNOWLEDGE_SOON_MINUTES")
# They are written to when a message is so much later than it could have gone; what waits on purpose isn't late.
LATE_AFTER_MINUTES = env("LATE_AFTER_MINUTES")
OPERATOR_EMAILS = env("OPERATOR_EMAILS") or []

# --- how long what is kept ------------------------------------------------------------------------------------------
# In days; 0: for ever. What has been kept for longer goes in the night (docs/privacy.md says why so long).
KEEP_DAYS = {
    "messages": env("KEEP_MESSAGES_DAYS"),
    "replies": env("KEEP_REPLIES_DAYS"),
    "receipts": env("KEEP_RECEIPTS_DAYS"),
    "trail": env("KEEP_TRAIL_DAYS"),
    "exports": env("KEEP_EXPORTS_DAYS"),
    "failures": env("KEEP_FAILURES_DAYS"),
}
FORGET_RUN_SECONDS = 60  # then a worker that is to stop has its chance; another run goes on

# --- words and times ------------------------------------------------------------------------------------------------
LANGUAGE_CODE = "en-us"
LANGUAGES = [("en-us", "English")]  # of the interface; LocaleMiddleware would otherwise hand out foreign date orders
PATIENT_LANGUAGES = [("en", "English"), ("es", "Spanish")]
TIME_ZONE = env("TIME_ZONE")
USE_TZ = True
USE_I18N = True
FORMAT_MODULE_PATH = ["clinic.formats"]
PHONENUMBER_DEFAULT_REGION = "US"
PHONENUMBER_DEFAULT_FORMAT = "NATIONAL"
PHONENUMBER_DB_FORMAT = "E164"

# --- the web --------------------------------------------------------------------------------------------------------
STATIC_URL = "static/"
STATIC_ROOT = BASE_DIR / "static"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "img-src": [SELF, "data:"],
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "upgrade-insecure-requests": not DEBUG,
    }
}
# What a page says names patients: it stays in the session, and not in a cookie that outlives the sign-out.
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
CSRF_FAILURE_VIEW = "clinic.forgeries.csrf_failure"
CSRF_COOKIE_HTTPONLY = True
# Whoever asks for this from inside has no HTTPS.
SECURE_REDIRECT_EXEMPT = [r"^(healthz|readyz|metrics)$"]
# How many proxies of ours stand in front: so many of the addresses in X-Forwarded-For, from its right, aren't merely claimed.
TRUSTED_PROXIES = env("TRUSTED_PROXIES")
if not DEBUG:
    SECURE_SSL_REDIRECT = True
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if TRUSTED_PROXIES else None
    # With this beginning a browser takes them over HTTPS only, and from this very host.
    SESSION_COOKIE_NAME = "__Host-sessionid"
    CSRF_COOKIE_NAME = "__Host-csrftoken"
    SECURE_HSTS_SECONDS = 31_536_000
    SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    SECURE_HSTS_PRELOAD = True
    SESSION_COOKIE_SECURE = True
    CSRF_COOKIE_SECURE = True

# How often one address, or one IPv6 customer, may ask for what is open without a sign-in, with all that begins so. A whole clinic is one
# address, and so may be many of a carrier's patients.
RATE_LIMITS = {
    "POST /admin/login/": "30/minute",
    "/admin/login/": "200/minute",
    "POST /admin/second-factor/": "30/minute",
    "/calendar/": "120/minute",
    "/emails/": "120/minute",
    "/healthz": "240/minute",
    "/readyz": "240/minute",
    "/metrics": "60/minute",
}
# And how often it may be refused, where what is right about its signature is never too often.
REFUSAL_LIMITS = {"/webhooks/": "60/minute"}

# In memory, of which the first one takes no more than a list of patients may have: on the disk it would outlive a process that is killed.
FILE_UPLOAD_HANDLERS = ["clinic.uploads.LimitedUploadHandler", "django.core.files.uploadhandler.MemoryFileUploadHandler"]
FILE_UPLOAD_MAX_MEMORY_SIZE = 50_000_000  # as large as a request may be
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2000  # a practitioner's page has four for each absence
DATA_UPLOAD_MAX_NUMBER_FILES = 1

# --- signing in -----------------------------------------------------------------------------------------------------
# docs/security.md says why each is as it is. None of them comes from the environment: nobody is to switch one off in a hurry.
SECOND_FACTOR = not DEMO
OTP_TOTP_ISSUER = "Afterglow"  # how the app calls it

LOGIN_REDIRECT_URL = "admin:index"

IDLE_MINUTES = 0 if DEMO else 15  # 0: a session doesn't end by itself
LONGEST_SESSION_HOURS = 12
SESSION_ENGINE = "clinic.signing_in.sessions"
SESSION_COOKIE_AGE = LONGEST_SESSION_HOURS * 3600
SESSION_EXPIRE_AT_BROWSER_CLOSE = not DEMO

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}", "OPTIONS": options}
    for name, options in {
        "MinimumLengthValidator": {"min_length": 12},
        "UserAttributeSimilarityValidator": {},
        "CommonPasswordValidator": {},
        "NumericPasswordValidator": {},
    }.items()
] + [{"NAME": "clinic.signing_in.passwords.KnownWordsValidator"}]

# Who has failed so often waits for a quarter of an hour: with one name from one address, with it from anywhere, with any name from there.
AXES_FAILURE_LIMIT = 5
SIGN_IN_FAILURES_BY_NAME = 20
SIGN_IN_FAILURES_BY_ADDRESS = 50
AXES_CLIENT_IP_CALLABLE = "clinic.signing_in.lockout.address_of"
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"], "username", "ip_address"]
AXES_HANDLER = "clinic.signing_in.lockout.Lockout"
AXES_LOCKOUT_CALLABLE = "clinic.signing_in.lockout.refuse"
AXES_RESET_ON_SUCCESS = True
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_ENABLE_ADMIN = False
AXES_DISABLE_ACCESS_LOG = True  # the trail has it
AXES_VERBOSE = False
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "django.contrib.auth.backends.ModelBackend"]

# --- what is written down, and told --------------------------------------------------------------------------------------
# Without it there are no metrics, and /readyz says only whether it is.
METRICS_TOKEN = env("METRICS_TOKEN")
# Without it errors are in the log alone.
SENTRY_DSN = env("SENTRY_DSN")

logging.captureWarnings(not DEBUG)
logging.raiseExceptions = DEBUG  # a line that can't be written is dropped: Python would write what was to be put into it
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "text": {"()": "clinic.ops.logs.TextLines", "format": "{levelname:<7} {name}: {message}", "style": "{"},
        "json": {"()": "clinic.ops.logs.JsonLines"},
        "request": {"()": "django.utils.log.ServerFormatter", "format": "[{server_time}] {message}", "style": "{"},
    },
    "filters": {
        "secret_addresses": {"()": "clinic.masking.SecretAddresses"},
        "unsaid_errors": {"()": "clinic.masking.UnsaidErrors"},
        "first_lines": {"()": "clinic.masking.FirstLines"},
    },
    "handlers": {
        "console": {"class": "logging.StreamHandler", "formatter": "text" if DEBUG else "json", "filters": ["secret_addresses"]},
        "requests": {"class": "logging.StreamHandler", "formatter": "request", "filters": ["secret_addresses"]},
    },
    "root": {"handlers": ["console"], "level": "INFO"},
    "loggers": {
        # Django's own handlers would write each line a second time, in development, and unmasked.
        "django": {"handlers": [], "level": "INFO"},
        # Django's own, of the development server, but for addresses that are secrets.
        "django.server": {"handlers": ["requests"], "level": "INFO", "propagate": False},
        # Whoever calls us by a wrong name is told so; with a traceback each, anybody could fill the log.
        "django.security.DisallowedHost": {"level": "CRITICAL"},
        # In development that line is there already; in production ours has the 404s, too.
        "clinic.request": {"level": "WARNING" if DEBUG else "INFO"},
        "django.request": {"level": "WARNING" if DEBUG else "ERROR"},
        # At INFO the SDK logs each look-up's query, and with it the patient's number.
        "twilio": {"level": "WARNING"},
        # A line a tick, twelve ticks a minute, tells nobody anything.
        "celery.beat": {"level": "WARNING"},
        "django.utils.autoreload": {"level": "WARNING"},
        "celery.app.trace": {"level": "WARNING", "filters": ["unsaid_errors"]},
        "asyncio": {"filters": ["first_lines"]},
        "celery.worker.strategy": {"level": "WARNING"},
        # At INFO it says four things of each sign-in, and at WARNING ours a second time.
        "axes": {"level": "ERROR"},
    },
}
