"""What the application must not do, its role cannot do."""

import pytest
from django.conf import settings
from django.db import connection

from tests.databases import owner_connection

FORBIDDEN = ("UPDATE", "DELETE", "TRUNCATE", "TRIGGER", "REFERENCES")

pytestmark = pytest.mark.django_db


def privileges(role: str, table: str) -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT p FROM unnest(%s::text[]) AS p WHERE has_table_privilege(%s, %s, p)", [list(FORBIDDEN), role, table])
        return {name for (name,) in cursor.fetchall()}


def test_application_role_has_no_power_of_its_own():
    with connection.cursor() as cursor:
        cursor.execute("SELECT rolsuper, rolcreatedb, rolcreaterole, rolbypassrls FROM pg_roles WHERE rolname = %s", [settings.APP_ROLE])
        assert cursor.fetchone() == (False, False, False, False)


def test_application_role_is_a_member_of_no_other():
    with connection.cursor() as cursor:
        cursor.execute("SELECT rolname FROM pg_roles WHERE pg_has_role(%s, oid, 'MEMBER')", [settings.APP_ROLE])
        assert cursor.fetchall() == [(settings.APP_ROLE,)]


@pytest.mark.parametrize("table", settings.APPEND_ONLY_TABLES)
def test_application_role_only_adds_rows(table):
    assert privileges(settings.APP_ROLE, table) == set()


def test_application_role_owns_nothing():
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_class WHERE pg_get_userbyid(relowner) = %s", [settings.APP_ROLE])
        assert cursor.fetchone() == (0,)


def test_application_role_cannot_create_a_table():
    with connection.cursor() as cursor:
        cursor.execute("SELECT has_schema_privilege(%s, 'public', 'CREATE')", [settings.APP_ROLE])
        assert cursor.fetchone() == (False,)


def test_one_address_connects_as_the_lesser_role(committed_db):
    """With DATABASE_URL alone, the owner's connection takes the application's role by a libpq option."""
    from django.db.backends.postgresql.base import DatabaseWrapper

    one = {**settings.DATABASES["default"], "USER": settings.DATABASE_ROLES["owner"]["USER"], "NAME": committed_db}
    wrapper = DatabaseWrapper({**one, "OPTIONS": {"options": f"-c role={settings.APP_ROLE}"}})
    with wrapper.cursor() as cursor:
        cursor.execute("SELECT session_user, current_user")
        roles = cursor.fetchone()
    wrapper.close()
    assert roles == (settings.DATABASE_ROLES["owner"]["USER"], settings.APP_ROLE)


def test_owner_is_another_role(committed_db):
    with owner_connection(committed_db) as owner:
        assert owner.execute("SELECT current_user <> %s", [settings.APP_ROLE]).fetchall() == [(True,)]
