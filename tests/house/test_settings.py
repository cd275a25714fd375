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


def test_content_policy_lets_forms_leave_for_the_configured_identity_provider_alone():
    policy = read("s.CONTENT_SECURITY_POLICY['DIRECTIVES']", OIDC_ISSUER="https://identite.exemple.quebec:8443/royaume/")
    assert policy.pop("form-action") == ["'self'", "https://identite.exemple.quebec:8443"]
    assert {source for sources in policy.values() for source in sources} == {"'none'", "'self'"}


def test_sessions_and_second_factor_have_safe_defaults_that_an_environment_changes():
    asked = "[s.SESSION_IDLE, s.SESSION_LONGEST, s.SESSION_COOKIE_AGE, s.SECOND_FACTOR_GRACE_DAYS, s.MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN]"
    assert read(asked, **SERVERS) == ["0:30:00", "8:00:00", 28_800, 14, False]
    given = {"SESSION_IDLE_MINUTES": "10", "SESSION_HOURS": "4", "SECOND_FACTOR_GRACE_DAYS": "0"}
    assert read(asked, **SERVERS, **given) == ["0:10:00", "4:00:00", 14_400, 0, False]


def test_demonstration_accounts_work_at_once():
    assert read("s.SECOND_FACTOR_GRACE_DAYS > 30_000", DEMO="1") is True


def test_old_keys_come_from_the_environment():
    assert read("s.SECRET_KEY_FALLBACKS", **SERVERS, SECRET_KEY_FALLBACKS="a,b") == ["a", "b"]
