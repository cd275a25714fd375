"""Forms of organisations and their members."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from projects.enums import APPLICANT_ROLES, OrganisationKind, Role
from projects.models import Organisation


class MembershipForm(forms.Form):
    """A role for a colleague, from a day to a day."""

    email = forms.EmailField(label=_("Courriel de la personne"), help_text=_("Celui de son compte dans le portail"))
    role = forms.ChoiceField(label=_("Rôle"))
    starts_on = forms.DateField(label=_("Du"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    ends_on = forms.DateField(
        label=_("Au"),
        required=False,
        help_text=_("Facultatif : laissez vide si la fin n’est pas connue"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    key = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, organisation: Organisation, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        unit = organisation.kind in (OrganisationKind.UNIT, OrganisationKind.PARTNER)
        field = self.fields["role"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 — tells the type checker
        field.choices = [(role.value, role.label) for role in Role if (role in APPLICANT_ROLES) != unit]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        starts, ends = cleaned.get("starts_on"), cleaned.get("ends_on")
        if starts and ends and ends < starts:
            self.add_error("ends_on", _("La fin précède le début : inscrivez une date à partir du %(day)s.") % {"day": starts})
        return cleaned


class EndMembershipForm(forms.Form):
    key = forms.CharField(widget=forms.HiddenInput, required=False)
