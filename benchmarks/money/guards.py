"""The guards of the money, taken out of a copy of the database: without them the same race must break something."""

from __future__ import annotations

import psycopg
from psycopg import sql

#: table → constraints that refuse an overrun or a double
CONSTRAINTS = {
    "envelope_year": ("envelope_year_within_authorised",),
    "envelope_total": ("envelope_total_within_ceiling",),
    "call_year": ("call_year_within_reserved",),
    "award_year": ("award_year_within_reserved",),
    "agreement_balance": ("agreement_balance_within_committed",),
    "instalment_balance": ("instalment_balance_within_scheduled",),
    "draw_authority_balance": ("draw_within_ceiling",),
    "recovery_balance": ("recovery_within_due",),
}
#: unique keys that are indexes with a condition
INDEXES = (
    "payment_one_live_per_instalment", "ledger_payment_reference_unique", "batch_order_once", "cash_entry_reference_unique",
    "amendment_one_per_version",
)  # fmt: skip
#: table → triggers that hold a rule across rows
TRIGGERS = {
    "ledger_entry": ("ledger_post_reverses", "ledger_post_keeps_recoveries", "recovery_has_its_receipt"),
    "funding_payment": ("payment_is_due", "payment_moves", "instalment_is_live"),
    "funding_batchorder": ("batch_order_is_payable",),
    "funding_agreement": ("agreement_moves_when_due", "agreement_above_what_is_paid"),
    "funding_instalment": ("instalment_is_replaced_once",),
}


def remove(owner: psycopg.Connection) -> int:
    """Drop every guard, as the owner of the schema: how many there were. One that does not exist any more is an error."""
    statements = [
        sql.SQL("ALTER TABLE {} DROP CONSTRAINT {}").format(sql.Identifier(table), sql.Identifier(name))
        for table, names in CONSTRAINTS.items()
        for name in names
    ]
    statements += [sql.SQL("DROP INDEX {}").format(sql.Identifier(name)) for name in INDEXES]
    statements += [
        sql.SQL("DROP TRIGGER {} ON {}").format(sql.Identifier(name), sql.Identifier(table))
        for table, names in TRIGGERS.items()
        for name in names
    ]
    for statement in statements:
        owner.execute(statement)
    return len(statements)
