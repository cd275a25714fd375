"""What the database refuses by itself: one raw statement of the application's role."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from fondsinnovation.kit.errors import domain_error


def refusal(statement: str, *given: Any) -> str:
    """The name of the constraint or trigger that refuses a statement, deferred ones included, or the right that the role lacks."""
    with pytest.raises(DatabaseError) as refused, transaction.atomic():
        _run(statement, given)
    cause: Any = refused.value.__cause__
    return cause.diag.constraint_name or cause.diag.message_primary


def said(statement: str, *given: Any) -> str:
    """What a person reads of the refusal of a statement."""
    with pytest.raises(DatabaseError) as refused, transaction.atomic():
        _run(statement, given)
    error = domain_error(refused.value)
    assert error is not None
    return error.message


def _run(statement: str, given: tuple[Any, ...]) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user")
        assert cursor.fetchone() == ("fonds_app",)
        cursor.execute(statement, given)
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
