"""Settings of Tierdesk. What differs between installations comes from helpdesk/environment.py."""

from datetime import timedelta

import django_stubs_ext
import structlog
from celery.schedules import crontab
from csp.constants import NONE, SELF

from helpdesk import environment, logs

# Django's own classes cannot be written with a type, as in Field[int, int], without this.
django_stubs_ext.monkeypatch()

env = environment.read()
BASE_DIR = environment.BASE_DIR

# --- The house ---

INSTALLED_APPS = [
    "helpdesk",
    "accounts",
    "delivery",
    "tickets",
    "sla",
    "escalation",
    "knowledgebase",
    "intake",
    "insights",
    "allauth",
    "allauth.account",
    "allauth.usersessions",
    "django_filters",
    "django_htmx",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "rest_framework",
    "whitenoise.runserver_nostatic",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
]

MIDDLEWARE = [
    "helpdesk.logs.RequestLog",
    "django.middleware.gzip.GZipMiddleware",  # pads each page at random, so its length tells no secret
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "helpdesk.private.PrivatePages",
    "accounts.middleware.ViewerZone",
    "helpdesk.first_run.FirstRun",
    "django.contrib.messages.middleware.MessageMiddleware",
    "helpdesk.unsent.KeepUnsent",
    "helpdesk.portal.drafts.SentDrafts",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "allauth.usersessions.middleware.UserSessionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "helpdesk.refusals.RefusalMiddleware",
]

ROOT_URLCONF = "helpdesk.urls"
ASGI_APPLICATION = "helpdesk.asgi.application"
WSGI_APPLICATION = "helpdesk.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,  # Django caches compiled templates by itself
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "accounts.context_processors.desk",
                "helpdesk.desk.nav.context",
                "helpdesk.telling.unread.context",
            ],
        },
    }
]

FORM_RENDERER = "helpdesk.controls.Controls"

DEBUG = env.debug
# The demo company's passwords are in the README: nobody gets in with them where the desk is real.
ALLOW_DEMO_PASSWORDS = DEBUG

DESK_CACHE_SECONDS = 5  # a process shows a changed name, phone or opening time after so long at the latest

# --- Data ---

DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        **env.database_url,
        "CONN_MAX_AGE": 600,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {
            "application_name": "tierdesk",
            "connect_timeout": 5,
            **env.database_url["OPTIONS"],
        },
    }
}

CACHES = {
    "default": {
        "BACKEND": "helpdesk.cache.ForgivingRedisCache",
        "LOCATION": env.redis_url,
        "KEY_PREFIX": f"{env.redis_prefix}cache",
        "OPTIONS": {"socket_connect_timeout": 0.2, "socket_timeout": 0.2},
    }
}

WEBHOOK_INSIDE_HOSTS = frozenset(host.lower() for host in env.webhook_inside_hosts)

MEDIA_ROOT = env.media_root
# Attachments are handed out by views that ask who may see them; MEDIA_URL leads nowhere on purpose.
MEDIA_URL = "/media/"
ATTACHMENT_MAX_BYTES = 25 * 1024 * 1024
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024  # a form without its files
FILE_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024  # larger files wait on disk, not in memory
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2000
DATA_UPLOAD_MAX_NUMBER_FILES = 20
FILE_UPLOAD_PERMISSIONS = 0o600

# --- People ---

AUTH_USER_MODEL = "accounts.User"
# The address is unique whatever its case, by a constraint on Lower("email"), which this check cannot see.
SILENCED_SYSTEM_CHECKS = ["auth.W004"]
AUTHENTICATION_BACKENDS = ["accounts.backend.AuthenticationBackend"]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "account_login"

PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
AUTH_PASSWORD_VALIDATORS += [{"NAME": "accounts.passwords.NotTheDemoPassword"}]

ACCOUNT_ADAPTER = "delivery.adapter.AccountAdapter"
ACCOUNT_FORMS = {"signup": "accounts.signup.SignupForm"}
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
# Whom an administrator added need not: accounts.adapter.VerifyOwnAddress.
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = False
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_DEFAULT_HTTP_PROTOCOL = "https" if env.base_url.startswith("https") else "http"
ALLAUTH_TRUSTED_PROXY_COUNT = env.trusted_proxies
USERSESSIONS_TRACK_ACTIVITY = False  # would write a row with every request

SESSION_ENGINE = "django.contrib.sessions.backends.cached_db"
SESSION_COOKIE_NAME = "tierdesk_session"
SESSION_COOKIE_AGE = int(timedelta(days=14).total_seconds())
CSRF_COOKIE_NAME = "tierdesk_csrf"

# --- Words and times ---

LANGUAGE_CODE = env.language_code
# Each by its own name, for who does not read the others. A language is offered when its catalogue is whole: half
# of one reads worse than none.
LANGUAGES = [("en", "English"), ("de", "Deutsch")]
LANGUAGE_COOKIE_NAME = "tierdesk_language"
LANGUAGE_COOKIE_AGE = int(timedelta(days=365).total_seconds())
LOCALE_PATHS = [BASE_DIR / "locale"]
FORMAT_MODULE_PATH = "helpdesk.formats"
TIME_ZONE = env.time_zone
USE_TZ = True

# --- Static files ---

STATIC_URL = "/static/"
# While developing, files are served from where they are written.
STATIC_ROOT = None if DEBUG else BASE_DIR / "staticfiles"
# Only what was built: the sources name files that a browser cannot fetch.
STATICFILES_DIRS = [("dist", BASE_DIR / "static" / "dist")]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
WHITENOISE_USE_FINDERS = DEBUG
WHITENOISE_AUTOREFRESH = False
WHITENOISE_MAX_AGE = 0 if DEBUG else 60  # of names without a hash; those with one are kept for ever

# --- Safety ---

SECRET_KEY = env.secret_key
# The machine itself may always ask, for its health checks; links in mail start with BASE_URL, whoever asked.
ALLOWED_HOSTS = [*env.allowed_hosts, "127.0.0.1", "localhost", "[::1]"]
BASE_URL = env.base_url
CSRF_TRUSTED_ORIGINS = [BASE_URL, *env.trusted_origins]

SECURE_SSL_REDIRECT = not DEBUG
# The container's own health check speaks plain http to these two.
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if env.behind_proxy else None
SECURE_HSTS_SECONDS = 0 if DEBUG else env.hsts_seconds
SECURE_HSTS_INCLUDE_SUBDOMAINS = not DEBUG
SECURE_HSTS_PRELOAD = not DEBUG
SECURE_REFERRER_POLICY = "same-origin"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = not DEBUG
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
X_FRAME_OPTIONS = "DENY"

_live_origin = "/".join(env.live_url.split("/")[:3]) if "://" in env.live_url else ""
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        # data: are icons inside the kit's style sheet, blob: previews of pasted pictures.
        "img-src": [SELF, "data:", "blob:"],
        "font-src": [SELF],
        # The desk's own host holds for sockets too; the demo's live process has a port of its own.
        "connect-src": [SELF, *(["ws:"] if DEBUG else []), *filter(None, [_live_origin])],
        "manifest-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
        "object-src": [NONE],
    }
}

# --- Live updates ---

LIVE_CHANNEL = f"{env.redis_prefix}live"
# Where a page finds the live process: a path of the desk, a port of its host, or a whole address; nowhere when empty.
LIVE_ADDRESS = {"off": "", "": f":{env.live_port}" if DEBUG else "/live/"}.get(env.live_url, env.live_url)
LIVE_RECHECK_SECONDS = 60  # so soon an ended session or somebody who left hears no more

# --- Mail ---

EMAIL_BACKEND = env.email_url["EMAIL_BACKEND"]
globals().update(env.email_url)
DEFAULT_FROM_EMAIL = SERVER_EMAIL = env.mail_from

DELIVERY_MAX_ATTEMPTS = 16  # with pauses of 10 s, 20 s, 40 s ... 6 h: a mail server may be down for a day
UNDO_SECONDS = 10  # for how long a public reply can be taken back, where neither desk nor person has chosen
DELIVERY_LEASE_SECONDS = 120  # after so long a lost worker's delivery is taken by another
DELIVERY_RETENTION_DAYS = 30  # what is done; what was given up stays until it is replayed
MAIL_RETENTION_DAYS = 180  # what was sent
NOTICE_RETENTION_DAYS = 90
MAIL_ATTACH_UP_TO = env.mail_attach_up_to_mb * 2**20  # bytes of a reply's files; what is bigger is a link
MAIL_MAX_BYTES = 50 * 1024 * 1024  # of one message that comes in; what is larger is kept by its head alone
MAIL_RAW_DAYS = 90  # so long the bytes of what came in are kept
MAIL_MOST_AN_HOUR = 100  # messages of one sender; what is above waits in quarantine
MAIL_LOOP_MINUTES = 30  # within so many minutes one sender writes at most ...
MAIL_MOST_IN_A_TICKET = 20  # ... so many messages into one ticket
MAIL_MOST_AUTOMATIC = 5  # ... and so many automatic ones
TIMERS_LAG_LIMIT_SECONDS = env.timers_lag_limit_seconds

# --- Work behind the pages ---

# PostgreSQL is the only truth: a lost poke is swept up by the next tick, so nothing here waits for Redis.
CELERY_BROKER_URL = env.redis_url
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "global_keyprefix": env.redis_prefix,
    "socket_connect_timeout": 0.2,
    "socket_timeout": 0.2,
    "max_retries": 0,
    # Nobody needs a poke twice. And an acknowledgement that Redis is not there to take is never made up for:
    # its message would count as in hand, and a worker that takes one at a time would wait for ever.
    "ack_emulation": False,
}
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TASK_PUBLISH_RETRY = False
CELERY_TASK_IGNORE_RESULT = True
CELERY_RESULT_BACKEND = None
CELERY_TASK_DEFAULT_QUEUE = "default"
CELERY_TASK_CREATE_MISSING_QUEUES = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = False
CELERY_WORKER_SEND_TASK_EVENTS = False
CELERY_WORKER_ENABLE_REMOTE_CONTROL = False
CELERY_WORKER_CONCURRENCY = env.worker_concurrency
CELERY_BEAT_SCHEDULER = "celery.beat:Scheduler"  # all ticks are seconds apart: nothing to remember on disk
CELERY_BEAT_MAX_LOOP_INTERVAL = 1
CELERY_TIMEZONE = "UTC"
# A tick that waited is worthless, for the next one is there already. `timers` has its own worker process, so
# that no import or long delivery holds up a deadline.
CELERY_BEAT_SCHEDULE = {
    "delivery": {
        "task": "delivery.tasks.beat_tick",
        "schedule": timedelta(seconds=1),
        "options": {"queue": "timers", "expires": 5},
    },
    "prune deliveries": {
        "task": "delivery.tasks.prune",
        "schedule": crontab(minute=17),  # each hour a little: a beat that restarts daily misses none
    },
    "tidy up": {"task": "tickets.tasks.tidy_up", "schedule": crontab(minute=23)},
    "bytes of incoming mail": {"task": "intake.tasks.tidy_up", "schedule": crontab(minute=27)},
    "deadlines": {
        "task": "sla.tasks.timer_tick",
        "schedule": timedelta(seconds=1),
        "options": {"queue": "timers", "expires": 5},
    },
    "daily digest": {"task": "sla.tasks.daily_digest", "schedule": crontab(minute="*/5")},
    "tidy up deadlines": {"task": "sla.tasks.tidy_up", "schedule": crontab(minute=31)},
    "holidays of years to come": {"task": "sla.tasks.extend_holidays", "schedule": crontab(minute=43)},
    "articles to look at again": {
        "task": "knowledgebase.tasks.remind_owners",
        "schedule": crontab(minute=37),
    },
    "announcements to be read": {
        "task": "knowledgebase.tasks.remind_readers",
        "schedule": crontab(minute=39),
    },
    "published months": {"task": "insights.tasks.compare_months", "schedule": crontab(minute=11)},
    "exports of yesterday": {"task": "insights.tasks.tidy_up", "schedule": crontab(minute=33)},
    "searches of articles": {"task": "knowledgebase.tasks.tidy_up_searches", "schedule": crontab(minute=57)},
    "forms and what was suggested": {
        "task": "knowledgebase.tasks.tidy_up_forms",
        "schedule": crontab(minute=47),
    },
    "words of tickets": {"task": "knowledgebase.tasks.count_lexemes", "schedule": crontab(minute=3)},
    "views of articles": {"task": "knowledgebase.tasks.fold_views", "schedule": crontab(minute=52)},
    "arrivals against former weeks": {
        "task": "insights.tasks.watch_arrivals",
        "schedule": timedelta(minutes=5),
        "options": {"expires": 300},
    },
    "what comes again": {"task": "insights.tasks.look_for_repeats", "schedule": crontab(minute=11)},
    "tickets": {
        "task": "tickets.tasks.timer_tick",
        "schedule": timedelta(seconds=2),
        "options": {"queue": "timers", "expires": 5},
    },
    "mailboxes": {
        # One small statement, where a worker is never busy for long; and where no process `mail` runs, nothing
        # piles up in its queue.
        "task": "intake.tasks.fetch_due",
        "schedule": timedelta(seconds=5),
        "options": {"queue": "timers", "expires": 5},
    },
    "events for webhooks": {
        "task": "tickets.tasks.tell_webhooks",
        "schedule": timedelta(seconds=1),
        "options": {"expires": 5},
    },
    "facts": {
        "task": "insights.tasks.follow_facts",
        "schedule": timedelta(seconds=3),
        "options": {"expires": 5},
    },
    "rules that wait": {
        "task": "escalation.tasks.time_tick",
        "schedule": timedelta(seconds=5),
        "options": {"queue": "timers", "expires": 5},
    },
    "clocks that a publication has missed": {
        "task": "sla.tasks.judge_stragglers",
        "schedule": timedelta(minutes=1),
        "options": {"expires": 60},
    },
}

# --- The API ---

API_REQUESTS_PER_MINUTE = env.api_requests_per_minute
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "helpdesk.api.authentication.BearerToken",
        "helpdesk.api.authentication.PageSession",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["helpdesk.api.permissions.HasScope"],
    "DEFAULT_THROTTLE_CLASSES": ["helpdesk.api.throttling.PerMinute"],
    "DEFAULT_PARSER_CLASSES": ["helpdesk.api.parsing.StrictJSON"],
    "DEFAULT_RENDERER_CLASSES": ["helpdesk.api.rendering.CompactJSON"],
    "URL_FORMAT_OVERRIDE": None,
    "DEFAULT_SCHEMA_CLASS": "helpdesk.api.describing.Schema",
    "DEFAULT_METADATA_CLASS": None,
    "EXCEPTION_HANDLER": "helpdesk.api.problems.handle",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Tierdesk",
    "DESCRIPTION": "Everything that the desk can do, for programs. The guide is docs/api.md.",
    "VERSION": "1",
    "OAS_VERSION": "3.1.1",
    "SCHEMA_PATH_PREFIX": r"/api/v1",
    "SERVE_INCLUDE_SCHEMA": False,
    # A closed list stands where it is used: several lists have a member of the same name.
    "POSTPROCESSING_HOOKS": ["helpdesk.api.describing.finish"],
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    "DISABLE_ERRORS_AND_WARNINGS": False,
}

# --- Logs ---

LOGGING = logs.configuration(
    pretty=env.log_format == "pretty" or (env.log_format == "auto" and DEBUG), level=env.log_level
)
structlog.configure(**logs.STRUCTLOG)
