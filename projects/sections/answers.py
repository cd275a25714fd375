"""What was answered, as text to read again: the check page, the receipt and the PDF copy."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django import forms
from django.utils.translation import gettext as _

from fondsinnovation.fields import MoneyField, RateField
from fondsinnovation.templatetags.typography import long_date, money_cents, number, percent
from projects.sections.base import SectionForm, TypedForm
from projects.sections.budget import BudgetSection
from projects.sections.gain_rows import QuantityField
from projects.sections.gains import GainsSection


@dataclass(frozen=True, slots=True)
class Answer:
    label: str
    text: str


def answers(form: SectionForm) -> list[Answer]:
    """Each question of a section and what was typed, in order; amounts left empty are not questions."""
    form.is_valid()
    found = list(_answers(form, ""))
    noun = _("Ligne de gain") if isinstance(form, GainsSection) else _("Jalon")
    if form.rows is not None:
        for index, row in enumerate(form.rows.filled(), start=1):
            found += _answers(row, f"{noun} {index}, ")
    if isinstance(form, BudgetSection):
        balance = form.balance()
        found += [Answer(_("Coût total"), money_cents(balance.cost)), Answer(_("Montant demandé au Fonds"), money_cents(balance.asked))]
    return found


def _answers(form: TypedForm, before: str) -> Iterator[Answer]:
    for bound in form.visible_fields():
        text = _text(bound)
        optional_amount = isinstance(bound.field, MoneyField) and not bound.field.required
        if not text and (optional_amount or not bound.field.required):
            continue
        label = _("gain prévu en %(year)s") % {"year": bound.label} if bound.name.startswith("forecast_") else str(bound.label)
        yield Answer(f"{before}{label[:1].lower()}{label[1:]}" if before else label, text)


def _text(bound: forms.BoundField) -> str:
    cleaned = getattr(bound.form, "cleaned_data", {}) if bound.form.is_bound else {}
    value = cleaned.get(bound.name)
    if isinstance(bound.field, forms.BooleanField):
        return _("Oui") if value else ""
    if isinstance(bound.field, forms.ChoiceField):
        return next((str(label) for code, label in bound.field.choices if code and code == value), "")  # type: ignore[union-attr]
    if isinstance(value, Decimal) and isinstance(bound.field, RateField):
        return percent(value)
    if isinstance(value, Decimal):
        return number(value, 0 if value % 1 == 0 else 2) if isinstance(bound.field, QuantityField) else money_cents(value)
    if isinstance(value, date):
        return long_date(value)
    return str(bound.value() or "")
