"""The settings of the tests: those of the portal, on the test cluster, with traps that the portal does not need."""

import os

os.environ["TESTING"] = "1"
os.environ["DATABASE_STATEMENT_TIMEOUT"] = "60s"  # a query that never ends fails by its name
os.environ.pop("DEBUG", None)
os.environ.pop("DEMO", None)

from fondsinnovation.settings import *  # noqa: F403
from fondsinnovation.settings import TEMPLATES
from tests.traps import Undefined

CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
TEMPLATES[0]["OPTIONS"]["string_if_invalid"] = Undefined()
