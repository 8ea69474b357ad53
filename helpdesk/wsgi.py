"""The web process: `gunicorn helpdesk.wsgi`."""

import os
from importlib import import_module

from django.core.wsgi import get_wsgi_application

from helpdesk import environment

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "helpdesk.settings")
# Nobody waits longer for a page. Migrations, imports and workers may take their time: this is the web alone.
os.environ.setdefault("PGOPTIONS", f"-c statement_timeout={environment.read().db_statement_timeout_ms}")

application = get_wsgi_application()

# With every page loaded before the server forks: its processes start quicker, and share the memory.
import_module("helpdesk.urls")
