"""SQL that the guard migrations of several apps share: the application's role, and append-only tables."""

from __future__ import annotations

from django.db import migrations

APP_ROLE = "fonds_app"

CREATE_ROLE = f"""
DO $$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{APP_ROLE}') THEN
    CREATE ROLE {APP_ROLE} LOGIN;
  END IF;
EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;  -- another clone created it this instant
END $$;
GRANT {APP_ROLE} TO CURRENT_USER;
GRANT USAGE ON SCHEMA public TO {APP_ROLE};
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {APP_ROLE};
GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {APP_ROLE};
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {APP_ROLE};
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO {APP_ROLE};
"""


def append_only(*tables: str) -> migrations.RunSQL:
    """Rows are written once: the application's role has neither UPDATE nor DELETE nor TRUNCATE, and a trigger stops anyone else."""
    return migrations.RunSQL(
        "\n".join(
            f"""REVOKE UPDATE, DELETE, TRUNCATE ON {table} FROM {APP_ROLE};
            CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION append_only();
            CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} FOR EACH STATEMENT EXECUTE FUNCTION append_only();"""
            for table in tables
        ),
        "\n".join(
            f"""DROP TRIGGER {table}_append_only ON {table}; DROP TRIGGER {table}_no_truncate ON {table};
            GRANT UPDATE, DELETE ON {table} TO {APP_ROLE};"""
            for table in tables
        ),
    )


def read_only(*tables: str) -> migrations.RunSQL:
    """Tables that the database's own triggers write; the application reads them."""
    names = ", ".join(tables)
    return migrations.RunSQL(
        f"REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON {names} FROM {APP_ROLE};",
        f"GRANT INSERT, UPDATE, DELETE ON {names} TO {APP_ROLE};",
    )
