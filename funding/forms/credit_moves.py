"""The form of a move of credit: from where, to where, how much, on what authority."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from fondsinnovation.fields import DayField, MoneyField
from fondsinnovation.templatetags.typography import fiscal_year, money_cents
from funding.enums import CreditMoveKind
from funding.forms.payments import KeyForm
from funding.models import Envelope
from funding.queries.year_end import UnpaidLine
from funding.services.credit_moves import Account, Terms
from funding.services.year_end import Choices

KINDS = [
    (CreditMoveKind.TRANSFER, _("Virement vers un autre exercice ou une autre enveloppe")),
    (CreditMoveKind.FREEZE, _("Gel : le crédit ne peut plus être engagé")),
    (CreditMoveKind.THAW, _("Dégel de ce qui a été gelé")),
    (CreditMoveKind.REINVESTMENT, _("Réinvestissement : de l’argent revient au Fonds")),
]


class CreditMoveForm(KeyForm):
    """One form for the four moves; where the credit goes is asked for a transfer only."""

    kind = forms.TypedChoiceField(label=_("Mouvement"), choices=KINDS, widget=forms.RadioSelect, coerce=CreditMoveKind)
    envelope = forms.ChoiceField(label=_("Enveloppe"))
    fiscal_year = forms.TypedChoiceField(label=_("Exercice"), coerce=int)
    to_envelope = forms.ChoiceField(label=_("Enveloppe qui reçoit"), required=False, help_text=_("Pour un virement seulement"))
    to_year = forms.TypedChoiceField(
        label=_("Exercice qui reçoit"), coerce=int, empty_value=None, required=False, help_text=_("Pour un virement seulement")
    )
    amount = MoneyField(label=_("Montant"))
    authority = forms.CharField(
        label=_("Autorité"), max_length=200, help_text=_("Ce qui le permet : loi et article, décret, C.T., décision et sa date")
    )
    effective_on = DayField(label=_("Date d’effet"))
    reason = forms.CharField(label=_("Motif"), max_length=2000, widget=forms.Textarea(attrs={"rows": 4}))

    def __init__(self, *args: Any, years: Sequence[int], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        envelopes = [(str(one.pk), one.get_code_display()) for one in Envelope.objects.order_by("pk")]
        labels = [(str(year), fiscal_year(year)) for year in years]
        self.fields["envelope"].choices, self.fields["fiscal_year"].choices = envelopes, labels
        nowhere = [("", _("Aucun"))]
        self.fields["to_envelope"].choices, self.fields["to_year"].choices = [*nowhere, *envelopes], [*nowhere, *labels]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("kind") == CreditMoveKind.TRANSFER:
            for name in ("to_envelope", "to_year"):
                if name in cleaned and not cleaned[name]:
                    self.add_error(name, _("Un virement va quelque part : faites un choix."))
        return cleaned

    def account(self) -> Account:
        return Account(int(self.cleaned_data["envelope"]), self.cleaned_data["fiscal_year"])

    def to(self) -> Account | None:
        envelope, year = self.cleaned_data["to_envelope"], self.cleaned_data["to_year"]
        return Account(int(envelope), year) if envelope and year else None

    def terms(self) -> Terms:
        return Terms(*(self.cleaned_data[name] for name in ("authority", "reason", "effective_on")))


class YearEndForm(KeyForm):
    """What is carried of the free credit, and which unpaid commitments are released instead of moved."""

    carried = MoneyField(label=_("Crédit libre à reporter"), help_text=_("Le reste périme. Les engagements non payés s’y ajoutent."))
    released = forms.TypedMultipleChoiceField(
        label=_("Engagements à libérer"),
        coerce=int,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Les autres passent à l’exercice suivant; leur convention garde son engagement."),
    )
    authority = forms.CharField(
        label=_("Autorité"), max_length=200, help_text=_("Ce qui le permet : loi et article, décret, C.T., décision et sa date")
    )
    effective_on = DayField(label=_("Date d’effet"))
    reason = forms.CharField(label=_("Motif"), max_length=2000, widget=forms.Textarea(attrs={"rows": 4}))

    def __init__(self, *args: Any, lines: Sequence[UnpaidLine], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if lines:
            self.fields["released"].choices = [(str(one.agreement.pk), f"{one.agreement} – {money_cents(one.unpaid)}") for one in lines]
        else:
            del self.fields["released"]

    def choices(self) -> Choices:
        return Choices(self.cleaned_data["carried"], frozenset(self.cleaned_data.get("released", ())))

    def terms(self) -> Terms:
        return Terms(*(self.cleaned_data[name] for name in ("authority", "reason", "effective_on")))
