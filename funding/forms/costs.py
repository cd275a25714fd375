"""Forms of the Secretariat's own costs: a new one over its fiscal years, an entry, a forecast, a decision."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from fondsinnovation.fields import DayField, MoneyField
from fondsinnovation.kit.money import ZERO
from fondsinnovation.templatetags.typography import fiscal_year, money_cents, typed_money
from funding.enums import CostKind, CostMoveKind
from funding.forms.payments import KeyForm
from funding.models import LedgerEntry
from funding.services.costs import CostPart, CostTerms

ENTRIES = [
    (CostMoveKind.COMMITMENT, _("Engagement : une somme de plus est réservée à cette dépense")),
    (CostMoveKind.PAYMENT, _("Paiement : une somme est versée")),
    (CostMoveKind.CORRECTION, _("Contre-écriture : une écriture est renversée, en tout ou en partie")),
]


class FteField(forms.DecimalField):
    """Full-time equivalents over a year: two decimals, a comma or a point."""

    def __init__(self, **kwargs: Any) -> None:
        widget = forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"})
        super().__init__(**{"min_value": 0, "max_digits": 7, "decimal_places": 2, "required": False, "widget": widget, **kwargs})

    def to_python(self, value: Any) -> Decimal | None:
        return super().to_python(value.replace(",", ".") if isinstance(value, str) else value)

    def prepare_value(self, value: Any) -> Any:
        return typed_money(value) if isinstance(value, Decimal) else value


class _TermsForm(KeyForm):
    """The reference, the reason and the day that every entry has."""

    def add_terms(self) -> None:
        self.fields["reference"] = forms.CharField(
            label=_("Référence"), max_length=60, help_text=_("Contrat, paie ou facture, comme au système comptable")
        )
        self.fields["effective_on"] = DayField(label=_("Date d’effet"))
        self.fields["reason"] = forms.CharField(label=_("Motif"), max_length=2000, widget=forms.Textarea(attrs={"rows": 3}))

    def terms(self) -> CostTerms:
        return CostTerms(*(self.cleaned_data[name] for name in ("reference", "reason", "effective_on")))


class CostForm(_TermsForm):
    """A new cost: what it is, and what it commits in each fiscal year; an empty year commits nothing."""

    kind = forms.TypedChoiceField(label=_("Type de dépense"), choices=CostKind.choices, coerce=CostKind, widget=forms.RadioSelect)
    title = forms.CharField(label=_("Objet"), max_length=200)
    supplier = forms.CharField(label=_("Fournisseur"), max_length=200, required=False, help_text=_("Pour un contrat"))

    def __init__(self, *args: Any, years: Sequence[int], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.years = years
        for year in years:
            label = fiscal_year(year)
            self.fields[f"amount_{year}"] = MoneyField(label=_("Engagement %(year)s") % {"year": label}, required=False)
            self.fields[f"fte_{year}"] = FteField(label=_("ETC %(year)s") % {"year": label})
        self.add_terms()

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if not self.errors and not self.parts():
            self.add_error(f"amount_{self.years[0]}", _("Inscrivez le montant d’au moins un exercice."))
        return cleaned

    def year_rows(self) -> list[tuple[str, list[forms.BoundField]]]:
        """The fields of each fiscal year under its name."""
        return [(fiscal_year(year), [self[f"amount_{year}"], self[f"fte_{year}"]]) for year in self.years]

    def parts(self) -> list[CostPart]:
        typed = ((year, self.cleaned_data.get(f"amount_{year}"), self.cleaned_data.get(f"fte_{year}")) for year in self.years)
        return [CostPart(year, amount or ZERO, fte or ZERO) for year, amount, fte in typed if amount or fte]


class CostEntryForm(_TermsForm):
    """One more commitment or payment of a cost, or the contra-entry of one of its rows."""

    kind = forms.TypedChoiceField(label=_("Écriture"), choices=ENTRIES, coerce=CostMoveKind, widget=forms.RadioSelect)
    fiscal_year = forms.TypedChoiceField(
        label=_("Exercice"), coerce=int, help_text=_("Une contre-écriture suit celui de ce qu’elle renverse")
    )
    amount = MoneyField(label=_("Montant"))
    fte = FteField(label=_("Équivalents temps complet"), help_text=_("Pour des salaires : 0,5 pour une personne pendant six mois"))
    reverses = forms.TypedChoiceField(
        label=_("Écriture à renverser"), coerce=int, empty_value=None, required=False, help_text=_("Pour une contre-écriture seulement")
    )

    def __init__(self, *args: Any, years: Sequence[int], rows: Sequence[tuple[LedgerEntry, Decimal]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["fiscal_year"].choices = [(str(year), fiscal_year(year)) for year in years]
        self.fields["reverses"].choices = [("", _("Aucune")), *((str(row.pk), _row_label(row, left)) for row, left in rows)]
        self.add_terms()

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("kind") == CostMoveKind.CORRECTION and "reverses" in cleaned and not cleaned["reverses"]:
            self.add_error("reverses", _("Choisissez l’écriture à corriger."))
        return cleaned

    def entry(self) -> dict[str, Any]:
        given = self.cleaned_data
        if given["kind"] == CostMoveKind.CORRECTION:
            return {"kind": given["kind"], "reverses_id": given["reverses"], "amount": given["amount"]}
        return {"kind": given["kind"], "part": CostPart(given["fiscal_year"], given["amount"], given["fte"] or ZERO)}


class CostForecastForm(KeyForm):
    """Each kind in each fiscal year, as it will be in all: paid, committed and still to come."""

    def __init__(self, *args: Any, years: Sequence[int], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.years = years
        for year in years:
            for kind in CostKind:
                said = {"kind": kind.label, "year": fiscal_year(year)}
                self.fields[f"{kind.value}_{year}"] = MoneyField(label=_("%(kind)s, %(year)s") % said, required=False)
            self.fields[f"fte_{year}"] = FteField(label=_("ETC, %(year)s") % {"year": fiscal_year(year)})
        self.fields["reason"] = forms.CharField(
            label=_("Motif"),
            max_length=2000,
            widget=forms.Textarea(attrs={"rows": 3}),
            help_text=_("Ce qui a changé depuis la version en vigueur"),
        )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        for year in self.years:
            if cleaned.get(f"fte_{year}") and not cleaned.get(f"{CostKind.SALARIES.value}_{year}"):
                self.add_error(f"fte_{year}", _("Inscrivez aussi les salaires que ces équivalents temps complet coûtent."))
        return cleaned

    def year_rows(self) -> list[tuple[str, list[forms.BoundField]]]:
        """The fields of each fiscal year under its name."""
        kinds = [kind.value for kind in CostKind]
        return [(fiscal_year(year), [self[f"{name}_{year}"] for name in (*kinds, "fte")]) for year in self.years]

    def parts(self) -> list[CostPart]:
        given = self.cleaned_data
        return [
            CostPart(year, amount, (given.get(f"fte_{year}") or ZERO) if kind == CostKind.SALARIES else ZERO, kind)
            for year in self.years
            for kind in CostKind
            if (amount := given.get(f"{kind.value}_{year}"))
        ]


class CostDecisionForm(KeyForm):
    """Approve, or refuse with a reason."""

    APPROVE, REFUSE = "approve", "refuse"
    decision = forms.ChoiceField(label=_("Décision"), choices=[(APPROVE, _("Approuver")), (REFUSE, _("Refuser"))], widget=forms.RadioSelect)
    reason = forms.CharField(label=_("Motif du refus"), max_length=2000, required=False, widget=forms.Textarea(attrs={"rows": 3}))

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("decision") == self.REFUSE and not (cleaned.get("reason") or "").strip():
            self.add_error("reason", _("Inscrivez le motif du refus."))
        return cleaned


def _row_label(row: LedgerEntry, left: Decimal) -> str:
    return f"{row.get_kind_display()} {fiscal_year(row.fiscal_year)}, {row.reference} – {money_cents(left)}"
