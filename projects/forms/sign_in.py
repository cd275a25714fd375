"""The form of a passkey."""

from __future__ import annotations

from typing import Any

from allauth.mfa.webauthn.forms import AddWebAuthnForm
from django import forms
from django.utils.translation import gettext_lazy as _


class PasskeyForm(AddWebAuthnForm):
    """A name for the key, and what the device answered."""

    name = forms.CharField(label=_("Nom de la clé"), max_length=80, required=False, help_text=_("Par exemple : portable du bureau"))
    #: checked by the library against what the device says: it must have verified its person
    passwordless = forms.BooleanField(widget=forms.HiddenInput, initial=True)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["credential"].error_messages["required"] = _("La clé n’a pas répondu : recommencez.")
