"""The web process: gunicorn fondsinnovation.wsgi."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "fondsinnovation.settings")
# Before anything reads the settings: this process alone pools its connections, and no page may take a minute.
os.environ.setdefault("DATABASE_POOL", "1")
os.environ.setdefault("DATABASE_STATEMENT_TIMEOUT", "30s")

from django.core.wsgi import get_wsgi_application

from fondsinnovation.checks import refuse_unsafe_start

application = get_wsgi_application()
refuse_unsafe_start()
