"""The settings that an environment gives."""

import json
import os
import subprocess
import sys
from pathlib import Path

BASE_DIR = Path(__file__).resolve().parents[2]
OURS = {"TESTING", "DEBUG", "DEMO", "SECRET_KEY", "DATABASE_URL", "DATABASE_OWNER_URL", "DATABASE_NAME", "REDIS_URL", "FONDS_DB_ROLE"}
SERVERS = {"DATABASE_URL": "postgres://fonds_app:a@db/fonds", "REDIS_URL": "redis://broker:6379/0"}


def read(expression: str, **environment: str) -> object:
    """The value of an expression of the settings in a process that has this environment only."""
    script = f"import json; from fondsinnovation import settings as s; print(json.dumps({expression}, default=str))"
    inherited = {name: value for name, value in os.environ.items() if name not in OURS}
    done = subprocess.run([sys.executable, "-c", script], cwd=BASE_DIR, env={**inherited, **environment}, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_defaults_are_those_of_production():
    safe = read(
        "[s.DEBUG, s.SESSION_COOKIE_SECURE, s.CSRF_COOKIE_SECURE, s.CELERY_TASK_ALWAYS_EAGER, s.SECURE_HSTS_SECONDS > 0]", **SERVERS
    )
    assert safe == [False, True, True, False, True]


def test_two_addresses_give_each_role_its_own():
    urls = {**SERVERS, "DATABASE_OWNER_URL": "postgres://fonds_owner:o@db/fonds"}
    assert read("s.DATABASES['default']['USER']", **urls) == "fonds_app"
    assert read("s.DATABASES['default']['USER']", **urls, FONDS_DB_ROLE="owner") == "fonds_owner"


def test_one_address_takes_the_lesser_role():
    options = "s.DATABASES['default']['OPTIONS'].get('options', '')"
    assert read(options, **SERVERS).startswith("-c role=fonds_app ")
    assert read(options, **SERVERS, FONDS_DB_ROLE="owner") == ""


def test_pool_is_for_the_web_process_only():
    assert read("['pool' in s.DATABASES['default']['OPTIONS'], s.DATABASES['default']['CONN_MAX_AGE']]", **SERVERS) == [False, 60]
    pooled = read("['pool' in s.DATABASES['default']['OPTIONS'], s.DATABASES['default']['CONN_MAX_AGE']]", **SERVERS, DATABASE_POOL="1")
    assert pooled == [True, 0]


def test_nothing_starts_and_nothing_is_written_when_both_servers_are_given(tmp_path):
    state = tmp_path / "state"
    assert read("s.CELERY_BROKER_URL", **SERVERS, PORTAL_STATE_DIR=str(state)) == SERVERS["REDIS_URL"]
    assert not state.exists()


def test_content_policy_allows_nothing_from_elsewhere():
    policy = read("s.CONTENT_SECURITY_POLICY['DIRECTIVES']")
    assert {source for sources in policy.values() for source in sources} == {"'none'", "'self'"}
