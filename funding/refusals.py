"""What the constraints and triggers of the money say to a person: one sentence each, with the amounts that a trigger gives."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from functools import partial
from typing import Any

from django.utils.functional import Promise

from fondsinnovation.kit.errors import DomainError, on_constraint
from fondsinnovation.templatetags.typography import money_cents


def say(said: Mapping[str, str | Promise], error: type[DomainError]) -> None:
    """Make each constraint's refusal an `error` with its sentence; `room` and `asked` of the trigger's detail are dollars."""
    for name, text in said.items():
        on_constraint(name)(partial(_refused, text, error))


def _refused(text: str | Promise, error: type[DomainError], detail: dict[str, Any]) -> DomainError:
    amounts = {key: money_cents(Decimal(detail[key])) for key in ("room", "asked") if key in detail}
    return error(str(text) % amounts if amounts else str(text), **detail)
