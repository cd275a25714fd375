"""The forms of one's own data."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _


class NameForm(forms.Form):
    """One's name as others read it."""

    name = forms.CharField(
        label=_("Nom"), max_length=120, help_text=_("Prénom et nom, comme sur vos documents de travail"),
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )  # fmt: skip
    key = forms.CharField(widget=forms.HiddenInput, required=False)


class EmailForm(forms.Form):
    """Another e-mail, and the proof that it is really the person who asks."""

    email = forms.EmailField(
        label=_("Nouveau courriel"), max_length=254, help_text=_("Un lien y est envoyé; rien ne change avant que vous l’ouvriez"),
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )  # fmt: skip
    password = forms.CharField(
        label=_("Votre mot de passe"), strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )  # fmt: skip
    key = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, has_password: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not has_password:  # signed in by another identity
            del self.fields["password"]


class ConfirmForm(forms.Form):
    key = forms.CharField(widget=forms.HiddenInput, required=False)
