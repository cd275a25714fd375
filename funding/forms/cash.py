"""Forms of the Fund's cash: authorities, draw-downs and receipts, the rule about what the cash does not cover."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from fondsinnovation.fields import DayField, MoneyField
from funding.enums import CashMode, DrawAuthorityState
from funding.forms.payments import KeyForm
from funding.models import DrawAuthority


class AuthorityForm(KeyForm):
    law = forms.CharField(label=_("Loi ou décret"), max_length=200)
    article = forms.CharField(label=_("Article"), max_length=60)
    ceiling = MoneyField(label=_("Plafond des tirages"))


class DayForm(KeyForm):
    on = DayField(label=_("Date"))


class CashForm(KeyForm):
    """A draw-down when an authority in force is chosen, else another receipt."""

    authority_id = forms.TypedChoiceField(
        label=_("Autorisation"), coerce=int, empty_value=None, required=False, help_text=_("Aucune : une autre rentrée qu’un tirage")
    )
    amount = MoneyField(label=_("Montant"))
    source = forms.CharField(label=_("Provenance"), max_length=200)
    reference = forms.CharField(
        label=_("Référence"), max_length=60, help_text=_("Celle du système comptable; une seule fois par référence")
    )
    effective_on = DayField(label=_("Date d’effet"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        found = DrawAuthority.objects.filter(state=DrawAuthorityState.IN_FORCE).order_by("pk")
        self.fields["authority_id"].choices = [("", _("Aucune")), *((str(one.pk), f"{one.number} – {one.law}") for one in found)]


class CashRuleForm(KeyForm):
    mode = forms.TypedChoiceField(label=_("Effet"), choices=CashMode.choices, coerce=CashMode, widget=forms.RadioSelect)
    valid_from = DayField(label=_("En vigueur du"))
    source = forms.CharField(label=_("Autorité"), max_length=200)
