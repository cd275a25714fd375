"""The form of a new token."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from projects.enums import TokenScope


class TokenForm(forms.Form):
    """What a token is for, what it may read, and until when."""

    name = forms.CharField(label=_("À quoi sert ce jeton"), max_length=80, help_text=_("Par exemple : entrepôt de données"))
    scopes = forms.MultipleChoiceField(
        label=_("Ce qu’il permet de lire"),
        choices=TokenScope.choices,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Un jeton ne donne jamais accès à plus que vos propres rôles"),
    )
    expires_on = forms.DateField(
        label=_("Dernier jour"), help_text=_("Un an au plus"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    key = forms.CharField(widget=forms.HiddenInput, required=False)


class RevokeForm(forms.Form):
    key = forms.CharField(widget=forms.HiddenInput, required=False)
