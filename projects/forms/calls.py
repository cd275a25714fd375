"""The form of a call for projects: its fields, its money by fiscal year, its objectives and its criteria."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.forms import BoundField
from django.forms.utils import ErrorDict, ErrorList
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from fondsinnovation.fields import InstantField, LongTextField, MoneyField
from fondsinnovation.templatetags.typography import fiscal_year, iso_date, typed_money
from projects.enums import EnvelopeCode
from projects.models import Call, TermsProfile
from projects.queries.calls import Content, terms_to_choose
from projects.services.calls import CallContent, CriterionRow, ObjectiveRow

_NUMBER = re.compile(r"[-\u2212]?[0-9]+(?:[.,][0-9]+)?")
MOST_ROWS = 20


class FigureInput(forms.TextInput):
    def format_value(self, value: Any) -> str | None:
        return typed_money(value) if isinstance(value, Decimal) else value


class FigureField(forms.DecimalField):
    """A measure as typed in Québec: « 1 250,5 », « -3 ». An exponent or a word is refused."""

    widget = FigureInput

    def __init__(self, **kwargs: Any) -> None:
        widget = FigureInput(attrs={"class": "money", "inputmode": "decimal", "autocomplete": "off"})
        super().__init__(max_digits=15, decimal_places=2, widget=widget, **kwargs)

    def to_python(self, value: Any) -> Decimal | None:
        if isinstance(value, Decimal):
            return value
        bare = re.sub(r"\s", "", str(value or ""))
        if bare and not _NUMBER.fullmatch(bare):
            raise ValidationError(_("inscrivez un nombre en chiffres, par exemple 12,5"), code="invalid")
        return super().to_python(bare.replace(",", ".").replace("\u2212", "-"))


def _weight() -> forms.IntegerField:
    return forms.IntegerField(label=_("Poids"), help_text=_("Un entier de 1 à 100"), min_value=1, max_value=100)


class ObjectiveForm(forms.Form):
    """One objective; a row that is left empty is no objective."""

    use_required_attribute = False
    indicator = forms.CharField(label=_("Indicateur"), max_length=200)
    unit = forms.CharField(label=_("Unité"), max_length=40, help_text=_("Par exemple : jours, %, dossiers"))
    baseline = FigureField(label=_("Situation de départ"))
    target = FigureField(label=_("Cible"))
    weight = _weight()


class CriterionForm(forms.Form):
    """One criterion of the grid; a row that is left empty is no criterion."""

    use_required_attribute = False
    title = forms.CharField(label=_("Critère"), max_length=120)
    guidance = forms.CharField(label=_("Repères de notation"), max_length=1000, required=False, widget=forms.Textarea(attrs={"rows": 3}))
    weight = _weight()


def _row_set(form: type[forms.Form]) -> type[forms.BaseFormSet]:
    return forms.formset_factory(form, extra=0, max_num=MOST_ROWS, validate_max=True, absolute_max=MOST_ROWS + 5)


ObjectiveSet, CriterionSet = _row_set(ObjectiveForm), _row_set(CriterionForm)


class CallForm(forms.Form):
    """Everything that the author of a call decides. A draft may be incomplete; what is typed must be right."""

    use_required_attribute = False
    title = forms.CharField(label=_("Titre"), max_length=160)
    purpose = LongTextField(label=_("Objet"), limit=4000, help_text=_("À qui l’appel s’adresse et ce qu’il veut changer"))
    envelope = forms.ChoiceField(label=_("Enveloppe"), choices=EnvelopeCode.choices)
    terms = forms.ModelChoiceField(
        TermsProfile.objects.none(), label=_("Modalités"), empty_label=_("Choisir"), help_text=_("En vigueur à l’ouverture de l’appel")
    )
    opens_at = InstantField(label=_("Ouverture"), help_text=_("Heure de l’Est (America/Toronto)"))
    closes_at = InstantField(
        label=_("Fermeture"), help_text=_("Heure de l’Est (America/Toronto); une demande qui arrive à cet instant est en retard")
    )
    version = forms.IntegerField(widget=forms.HiddenInput)
    key = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(self, data: Mapping[str, Any] | None = None, *, years: Iterable[int], today: date, **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        self.years = list(years)
        terms = self.fields["terms"]
        assert isinstance(terms, forms.ModelChoiceField)  # noqa: S101 — tells the type checker
        terms.queryset = terms_to_choose(today)
        for year in self.years:
            self.fields[f"amount_{year}"] = MoneyField(label=fiscal_year(year), required=False)
        self.objectives = self._rows(ObjectiveSet, "objectives")
        self.criteria = self._rows(CriterionSet, "criteria")

    def _rows(self, rows: type[forms.BaseFormSet], prefix: str) -> forms.BaseFormSet:
        """The rows typed, else the kept ones as if they were typed, else one empty row."""
        if self.is_bound:
            typed = self.data.copy()
            typed[f"{prefix}-INITIAL_FORMS"] = "0"  # so that a kept row may be emptied, which removes it
            return rows(typed, prefix=prefix)
        return rows(prefix=prefix, initial=self.initial.get(prefix) or [{}])

    def amounts(self) -> list[BoundField]:
        return [self[f"amount_{year}"] for year in self.years]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        opens, closes, terms = (cleaned.get(name) for name in ("opens_at", "closes_at", "terms"))
        if opens and closes and closes <= opens:
            self.add_error("closes_at", _("La fermeture doit suivre l’ouverture."))
        if opens and terms and not _in_force(terms, timezone.localdate(opens)):
            message = _("Ces modalités sont en vigueur du %(first)s au %(last)s : l’ouverture doit tomber dans cette période.")
            self.add_error("terms", message % {"first": iso_date(terms.valid_from), "last": iso_date(terms.valid_to)})
        if (over := len(cleaned.get("purpose") or "") - 4000) > 0:
            self.add_error("purpose", _("Le texte dépasse la limite de 4 000 caractères : retirez-en %(over)s.") % {"over": over})
        return cleaned

    def is_valid(self) -> bool:
        return all([super().is_valid(), self.objectives.is_valid(), self.criteria.is_valid()])

    def unjudged(self) -> CallForm:
        """The same form showing what was typed so far, without reproach."""
        for form in (self, *self.objectives.forms, *self.criteria.forms):
            form._errors = ErrorDict()
        for rows in (self.objectives, self.criteria):
            rows._errors, rows._non_form_errors = [], ErrorList()
        return self

    def content(self) -> CallContent:
        """The content of a valid form."""
        data = self.cleaned_data
        return CallContent(
            title=data["title"],
            purpose=data["purpose"],
            envelope=EnvelopeCode(data["envelope"]),
            terms_id=data["terms"].pk,
            opens_at=data["opens_at"],
            closes_at=data["closes_at"],
            budgets={year: amount for year in self.years if (amount := data[f"amount_{year}"])},
            objectives=[ObjectiveRow(**row) for row in self.objectives.cleaned_data if row],
            criteria=[CriterionRow(**row) for row in self.criteria.cleaned_data if row],
        )


def _in_force(terms: TermsProfile, day: date) -> bool:
    return terms.valid_from <= day and (terms.valid_to is None or day <= terms.valid_to)


def with_row(data: Any, prefix: str) -> Any:
    """The same answers with one more empty row, for a page without script."""
    more = data.copy()
    count = data.get(f"{prefix}-TOTAL_FORMS", "0")
    more[f"{prefix}-TOTAL_FORMS"] = str(min(int(count) if count.isdecimal() else 0, MOST_ROWS) + 1)
    return more


def initial_of(call: Call, content: Content) -> dict[str, Any]:
    """What the form of a call starts with."""
    own = {name: getattr(call, name) for name in ("title", "purpose", "envelope", "terms", "opens_at", "closes_at", "version")}
    rows = {"objectives": content.objectives, "criteria": content.criteria}
    fields = {"objectives": ObjectiveForm.base_fields, "criteria": CriterionForm.base_fields}
    return {
        **own,
        **{f"amount_{budget.fiscal_year}": budget.amount for budget in content.budgets},
        **{name: [{field: getattr(row, field) for field in fields[name]} for row in rows[name]] for name in rows},
    }


class ReturnForm(forms.Form):
    """The reason for which a call goes back to its author."""

    reason = forms.CharField(label=_("Motif du retour"), max_length=2000, widget=forms.Textarea(attrs={"rows": 4}))
    key = forms.CharField(widget=forms.HiddenInput, required=False)


class ConfirmForm(forms.Form):
    """Nothing to fill in: one key, so that a double click acts once."""

    key = forms.CharField(widget=forms.HiddenInput, required=False)
