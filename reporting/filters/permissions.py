"""The filter of « Qui peut faire quoi »."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from projects.enums import Role


class RoleForm(forms.Form):
    """One role, or all of them."""

    role = forms.ChoiceField(label=_("Rôle"), required=False, choices=[("", _("Tous les rôles")), *Role.choices])

    def chosen(self) -> Role | None:
        """The role asked for; None for all of them, or for one that does not exist."""
        code = self.cleaned_data.get("role") if self.is_valid() else ""
        return Role(code) if code else None
