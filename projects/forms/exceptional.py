"""The forms of an exceptional access: to ask for one, to decide on it, to end it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from projects.services.exceptional import longest

#: the durations offered, in minutes
DURATIONS = ((15, _("15 minutes")), (30, _("30 minutes")), (60, _("1 heure")), (120, _("2 heures")), (240, _("4 heures")))


class ExceptionalRequestForm(forms.Form):
    """What to read, for how long, and why."""

    target = forms.CharField(
        label=_("Numéro du dossier ou de l’appel"),
        max_length=40,
        help_text=_("Par exemple : DEM-2026-00012, PRJ-2026-00003 ou AP-2026-04. Un seul à la fois"),
    )
    minutes = forms.TypedChoiceField(label=_("Pendant combien de temps"), coerce=int, help_text=_("Le temps compte à partir de l’accord"))
    reason = forms.CharField(
        label=_("Motif"),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("Au moins 20 caractères : le problème à régler, et pourquoi il faut lire ce dossier"),
    )
    key = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        most = longest().total_seconds() // 60
        field = self.fields["minutes"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 — tells the type checker
        field.choices = [(minutes, label) for minutes, label in DURATIONS if minutes <= most]


class ExceptionalDecisionForm(forms.Form):
    """Yes, or no with its reason."""

    decision = forms.ChoiceField(
        label=_("Votre décision"),
        choices=[("grant", _("Accorder l’accès : le temps compte dès maintenant")), ("refuse", _("Refuser"))],
        widget=forms.RadioSelect,
    )
    reason = forms.CharField(
        label=_("Motif du refus"),
        max_length=2000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Seulement pour un refus : la personne le lira"),
    )
    key = forms.CharField(widget=forms.HiddenInput, required=False)
