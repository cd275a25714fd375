"""What stops a server of production from starting, and what it says to set."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.checks import run_checks
from django.core.management.base import SystemCheckError

from fondsinnovation.checks import refuse_unsafe_start

BASE_DIR = Path(__file__).resolve().parents[2]


@pytest.fixture
def production(settings):
    """Settings that production accepts."""
    settings.TESTING = settings.DEMO = settings.DEBUG = False
    settings.SECRET_KEY = "k" * 60
    settings.SESSION_COOKIE_SECURE = settings.CSRF_COOKIE_SECURE = True
    if settings.DATABASE_ROLES["app"]["USER"] != settings.APP_ROLE:
        pytest.skip("one DATABASE_URL only: its role owns the schema, which production refuses")
    return settings


def found() -> list[str]:
    return [message.id for message in run_checks(tags=["fonds"], include_deployment_checks=True, databases=["default"])]


@pytest.mark.django_db
def test_safe_production_starts(production):
    assert (refuse_unsafe_start(), found()) == (None, [])


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("setting", "value", "check"),
    [
        ("SECRET_KEY", "trop courte", "fonds.E001"),
        ("DEBUG", True, "fonds.E002"),
        ("CELERY_TASK_ALWAYS_EAGER", True, "fonds.E003"),
        ("SESSION_COOKIE_SECURE", False, "fonds.E004"),
        ("CSRF_COOKIE_SECURE", False, "fonds.E004"),
        ("OIDC_ISSUER", "http://identite.exemple.quebec", "fonds.E006"),
        ("OIDC_ISSUER", "https://identite.exemple.quebec", "fonds.E006"),
    ],
)
def test_unsafe_setting_stops_the_start(production, setting, value, check):
    setattr(production, setting, value)
    with pytest.raises(SystemCheckError, match=check):
        refuse_unsafe_start()
    assert found() == [check]


@pytest.mark.django_db
def test_whole_identity_provider_over_https_is_accepted(production):
    production.OIDC_ISSUER = "https://identite.exemple.quebec"
    production.OIDC_CLIENT_ID, production.OIDC_CLIENT_SECRET = "portail", "secret"
    assert found() == []


@pytest.mark.django_db
def test_development_key_stops_the_start(production):
    production.SECRET_KEY = production.DEVELOPMENT_SECRET_KEY
    assert found() == ["fonds.E001"]


def test_owner_connection_stops_the_start(production, committed_db):
    """A web process that connects as the owner, or as a role that can become it, could rewrite the ledger."""
    from django.db import connection

    connection.close()
    connection.settings_dict["USER"], user = production.DATABASE_ROLES["owner"]["USER"], connection.settings_dict["USER"]
    try:
        with pytest.raises(SystemCheckError, match=r"fonds\.E005") as refusal:
            refuse_unsafe_start()
    finally:
        connection.close()
        connection.settings_dict["USER"] = user
    assert all(table in str(refusal.value) for table in production.APPEND_ONLY_TABLES)


def start(module: str, **environment: str) -> subprocess.CompletedProcess:
    inherited = {name: value for name, value in os.environ.items() if name not in {"DEBUG", "DEMO", "SECRET_KEY"}}
    inherited |= {"TESTING": "0", "DJANGO_SETTINGS_MODULE": "fondsinnovation.settings", **environment}
    command = [sys.executable, "-c", f"import {module}"]
    return subprocess.run(command, cwd=BASE_DIR, env=inherited, capture_output=True, text=True)


def test_web_process_says_everything_that_is_missing(committed_db, settings):
    host = settings.DATABASE_ROLES["app"]["HOST"]
    url = f"postgres://fonds_app@/{host}/{committed_db}"
    done = start("fondsinnovation.wsgi", DATABASE_URL=url, REDIS_URL="redis://localhost", DEBUG="1", COOKIE_SECURE="0")
    ids = [check for check in ("E001", "E002", "E003", "E004", "E005") if f"fonds.{check}" in done.stderr]
    assert (done.returncode, ids, "Définissez SECRET_KEY" in done.stderr) == (1, ["E001", "E002", "E004"], True)
