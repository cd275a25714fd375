"""The Fund's cash: authorities to draw, draw-downs and other receipts, and the rule about payments that the cash does not cover."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from fondsinnovation.kit.errors import DomainError, EnvelopeExceeded, Invalid, WrongState, act, on_constraint
from fondsinnovation.kit.money import ZERO, fiscal_year_of
from fondsinnovation.templatetags.typography import money_cents
from funding.enums import DRAW_AUTHORITY_MOVES, CashKind, CashMode, DrawAuthorityState
from funding.models import CashEntry, CashRule, DrawAuthority
from funding.policies import cash as policies
from projects.models import User
from projects.services.journal import canonical, money_clock, next_numbers, note, note_money, sha256, transition
from projects.services.locks import lock
from projects.services.outbox import queue


@act
def record_authority(*, law: str, article: str, ceiling: Decimal, actor: User, now: datetime, key: str | None = None) -> DrawAuthority:
    """Record an authority that is proposed: it allows nothing yet. `ceiling` is dollars. Raises NotAllowed, Invalid."""
    policies.record_authority(actor, now).require()
    errors = {}
    if not law.strip():
        errors["law"] = _("Inscrivez la loi ou le décret.")
    if not article.strip():
        errors["article"] = _("Inscrivez l’article.")
    if ceiling <= ZERO:
        errors["ceiling"] = _("Inscrivez un plafond plus grand que zéro.")
    if errors:
        raise Invalid(errors=errors)
    number = next_numbers(f"TIR-{timezone.localdate(now).year}", 1, width=3)[0]
    authority = DrawAuthority.objects.create(
        number=number, law=law.strip(), article=article.strip(), ceiling=ceiling, recorded_by=actor, recorded_at=now
    )
    note(authority, law=authority.law, article=authority.article, ceiling=ceiling)
    return authority


@act
def adopt_authority(*, authority_id: int, on: date, actor: User, now: datetime, key: str | None = None) -> DrawAuthority:
    """Say on what day the authority was adopted. Raises NotAllowed, WrongState, Invalid."""
    authority = lock(DrawAuthority, authority_id)
    policies.record_authority(actor, now).require()
    _past(on, now)
    changes: dict[str, Any] = {"adopted_on": on, "adopted_at": now, "adopted_by": actor}
    transition([authority], DrawAuthorityState.ADOPTED, moves=DRAW_AUTHORITY_MOVES, now=now, **changes)
    return authority


@act
def bring_authority_into_force(*, authority_id: int, on: date, actor: User, now: datetime, key: str | None = None) -> DrawAuthority:
    """Say from what day the authority is in force: draw-downs may begin. Raises NotAllowed, WrongState, Invalid."""
    known = money_clock(now)
    authority = lock(DrawAuthority, authority_id)
    policies.bring_into_force(actor, authority, now).require()
    _past(on, now)
    if authority.adopted_on and on < authority.adopted_on:
        raise Invalid(errors={"on": _("L’entrée en vigueur ne précède pas l’adoption.")})
    changes: dict[str, Any] = {"in_force_on": on, "in_force_at": known, "in_force_by": actor}
    transition([authority], DrawAuthorityState.IN_FORCE, moves=DRAW_AUTHORITY_MOVES, now=now, **changes)
    queue("money", now=now)
    return authority


@act
def record_cash(
    *,
    authority_id: int | None,
    amount: Decimal,
    source: str,
    reference: str,
    effective_on: date,
    actor: User,
    now: datetime,
    key: str | None = None,
) -> CashEntry:
    """Record a draw-down under an authority, or without one another receipt: `amount` dollars, above zero.

    Raises NotAllowed, Invalid, WrongState (the authority is not in force on that day), EnvelopeExceeded (its ceiling).
    """
    known = money_clock(now)
    policies.record_cash(actor, now).require()
    errors = {}
    if amount <= ZERO:
        errors["amount"] = _("Inscrivez un montant plus grand que zéro.")
    if not reference.strip():
        errors["reference"] = _("Inscrivez la référence.")
    if effective_on > timezone.localdate(now):
        errors["effective_on"] = _("La date d’effet ne peut pas être dans l’avenir.")
    if errors:
        raise Invalid(errors=errors)
    row = CashEntry(
        kind=CashKind.DRAW_DOWN if authority_id else CashKind.RECEIPT,
        authority_id=authority_id,
        amount=amount,
        fiscal_year=fiscal_year_of(effective_on),
        source=source.strip(),
        reference=reference.strip(),
        effective_on=effective_on,
    )
    return _write(row, actor, known, now)


@act
def reverse_cash(*, entry_id: int, actor: User, now: datetime, key: str | None = None) -> CashEntry:
    """Correct a draw-down or a receipt by the opposite row; the first one stays. Raises NotAllowed, WrongState."""
    known = money_clock(now)
    policies.record_cash(actor, now).require()
    wrong = CashEntry.objects.get(pk=entry_id)
    if wrong.reverses_id is not None or CashEntry.objects.filter(reverses=wrong).exists():
        raise WrongState(_("Cette rentrée est déjà corrigée."))
    names = ("kind", "authority_id", "fiscal_year", "source", "reference", "effective_on")
    row = CashEntry(amount=-wrong.amount, reverses=wrong, **{name: getattr(wrong, name) for name in names})
    return _write(row, actor, known, now)


@act
def set_cash_rule(*, mode: CashMode, valid_from: date, source: str, actor: User, now: datetime, key: str | None = None) -> CashRule:
    """From a day on, payments that the cash does not cover are refused, or only shown. Raises NotAllowed, Invalid."""
    policies.set_cash_rule(actor, now).require()
    if not source.strip():
        raise Invalid(errors={"source": _("Inscrivez l’autorité qui fonde cette règle.")})
    if valid_from < timezone.localdate(now):
        raise Invalid(errors={"valid_from": _("Une règle ne commence pas dans le passé.")})
    rule = CashRule.objects.create(mode=mode, valid_from=valid_from, source=source.strip(), recorded_at=now, recorded_by=actor)
    note(rule, mode=str(mode), valid_from=valid_from, source=rule.source)
    return rule


def _write(row: CashEntry, actor: User, known: datetime, now: datetime) -> CashEntry:
    row.recorded_by, row.recorded_at = actor, known
    row.sha256 = sha256(canonical(cash_facts(row)))
    row.save(force_insert=True)
    note(row, kind=str(row.kind), amount=row.amount, reference=row.reference)
    note_money([row])
    queue("money", now=now)
    return row


def cash_facts(row: CashEntry) -> dict[str, Any]:
    """What the SHA-256 of a row of cash covers."""
    names = ("kind", "authority_id", "amount", "fiscal_year", "source", "reference", "effective_on", "recorded_at", "reverses_id")
    return {name: str(row.kind) if name == "kind" else getattr(row, name) for name in names}


def _past(on: date, now: datetime) -> None:
    if on > timezone.localdate(now):
        raise Invalid(errors={"on": _("Cette date ne peut pas être dans l’avenir.")})


@on_constraint("draw_needs_authority_in_force")
def _no_authority(detail: dict[str, Any]) -> DomainError:
    return WrongState(_("Aucun tirage n’est possible sans une autorisation en vigueur à cette date."))


@on_constraint("draw_within_ceiling")
def _ceiling_passed(detail: dict[str, Any]) -> DomainError:
    said = {name: money_cents(Decimal(detail[name])) for name in ("margin", "asked")}
    return EnvelopeExceeded(_("Le plafond de l’autorisation laisse %(margin)s : %(asked)s demandés.") % said, **detail)


@on_constraint("cash_covers_payments")
def _not_covered(detail: dict[str, Any]) -> DomainError:
    said = {name: money_cents(Decimal(detail[name])) for name in ("margin", "asked")}
    return EnvelopeExceeded(_("L’encaisse du Fonds est de %(margin)s : %(asked)s demandés. Rien n’a été versé.") % said, **detail)


@on_constraint("cash_entry_reverses_id_key")
def _corrected_meanwhile(detail: dict[str, Any]) -> DomainError:
    return WrongState(_("Cette rentrée est déjà corrigée."))
