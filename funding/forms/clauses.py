"""The form of a version of a clause."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from fondsinnovation.fields import DayField
from funding.clauses import faults
from funding.enums import AgreementKind
from funding.forms.payments import ReasonForm

_TALL = {"rows": 9}


class ClauseForm(ReasonForm):
    """A version in both languages; `after` is the version that was read, 0 for a new clause. A preview changes nothing."""

    after = forms.IntegerField(widget=forms.HiddenInput, min_value=0)
    kind = forms.ChoiceField(label=_("Type de convention"), choices=AgreementKind.choices)
    code = forms.SlugField(label=_("Code"), max_length=30, help_text=_("Court et stable : « versements », par exemple."))
    position = forms.IntegerField(label=_("Rang dans la convention"), min_value=1, max_value=999)
    valid_from = DayField(label=_("En vigueur du"))
    title = forms.CharField(label=_("Titre"), max_length=120)
    body = forms.CharField(label=_("Texte"), widget=forms.Textarea(attrs=_TALL), max_length=6000)
    title_en = forms.CharField(label=_("Titre anglais"), max_length=120)
    body_en = forms.CharField(label=_("Texte anglais"), widget=forms.Textarea(attrs=_TALL), max_length=6000)
    is_withdrawn = forms.BooleanField(label=_("Retirer cette clause à partir de ce jour"), required=False)
    field_order = (
        "after", "kind", "code", "position", "valid_from", "title", "body", "title_en", "body_en", "is_withdrawn", "reason", "key",
    )  # fmt: skip

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        for name in ("title", "body", "title_en", "body_en"):
            for fault in faults(data.get(name) or ""):
                self.add_error(name, str(fault))
        return data
