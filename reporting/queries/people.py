# ruff: noqa: S608 — the queries are made of constants of the code
"""The invariants about people, as queries made from the tables of the code: personal information (INV-28), separation of duties."""

from __future__ import annotations

from projects.policies.personal import NAMES, columns
from projects.policies.separation import SEPARATIONS


def unregistered_columns() -> str:
    """Columns of the database that look personal and that the registry does not know."""
    names = ", ".join(f"'{name}'" for name in sorted(NAMES))
    known = ", ".join(f"('{table}', '{column}')" for table, column in columns())
    return f"""SELECT c.table_name || '.' || c.column_name FROM information_schema.columns c
        JOIN pg_class t ON t.relname = c.table_name AND t.relkind = 'r' AND pg_table_is_visible(t.oid)
        WHERE c.table_schema = 'public' AND c.table_name <> 'django_migrations'
          AND (c.column_name IN ({names}) OR (c.column_name LIKE '%email%' AND c.column_name NOT LIKE '%_id') OR c.data_type = 'inet')
          AND (c.table_name, c.column_name) NOT IN ({known})"""


def incompatible_roles() -> str:
    """Two roles of one person that a separation of duties forbids, on at least one common day."""
    rules = ", ".join(
        f"('{rule.code}', '{one.value}', '{other.value}', {rule.same_organisation})" for rule in SEPARATIONS for one, other in rule.pairs()
    )
    return f"""SELECT s.code || ' : personne ' || a.person_id || ', ' || a.role || ' et ' || b.role
        FROM (VALUES {rules}) AS s (code, one, other, same)
        JOIN projects_membership a ON a.role = s.one
        JOIN projects_membership b ON b.role = s.other AND b.person_id = a.person_id AND b.id <> a.id
         AND (NOT s.same OR b.organisation_id = a.organisation_id)
         AND a.starts_on <= coalesce(b.ends_on, 'infinity') AND b.starts_on <= coalesce(a.ends_on, 'infinity')"""
