"""Forms of organisations and their members."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from projects.enums import APPLICANT_ROLES, UNIT_KINDS, Role
from projects.models import Call, Organisation, User


def _day(label: Any, *, required: bool = True, help_text: Any = "") -> forms.DateField:
    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    return forms.DateField(label=label, required=required, help_text=help_text, widget=widget)


class CallChoice(forms.ModelChoiceField):
    """A call to limit a role to, by its number and title."""

    def label_from_instance(self, obj: Any) -> str:
        return f"{obj.reference} – {obj.title}"


class DatesForm(forms.Form):
    """From a day to a day, or with no end in sight."""

    starts_on = _day(_("Du"))
    ends_on = _day(_("Au"), required=False, help_text=_("Facultatif : laissez vide si la fin n’est pas connue"))
    key = forms.CharField(widget=forms.HiddenInput, required=False)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        starts, ends = cleaned.get("starts_on"), cleaned.get("ends_on")
        if starts and ends and ends < starts:
            self.add_error("ends_on", _("La fin précède le début : inscrivez une date à partir du %(day)s.") % {"day": starts})
        return cleaned


class MembershipForm(DatesForm):
    """A role for a colleague who has an account, from a day to a day."""

    email = forms.EmailField(
        label=_("Courriel de la personne"), help_text=_("Celui de son compte. Si elle n’en a pas encore, invitez-la plutôt.")
    )
    role = forms.ChoiceField(label=_("Rôle"))
    call = CallChoice(
        label=_("Appel à projets"),
        queryset=Call.objects.none(),
        required=False,
        empty_label=_("Tous les appels"),
        help_text=_("Facultatif : limite le rôle aux demandes et aux projets d’un seul appel"),
    )
    field_order = ("email", "role", "call", "starts_on", "ends_on")

    def __init__(self, *args: Any, organisation: Organisation, calls: QuerySet[Call], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        unit = organisation.kind in UNIT_KINDS
        role, call = self.fields["role"], self.fields["call"]
        assert isinstance(role, forms.ChoiceField)  # noqa: S101 — tells the type checker
        assert isinstance(call, CallChoice)  # noqa: S101 — tells the type checker
        role.choices = [(role.value, role.label) for role in Role if (role in APPLICANT_ROLES) != unit]
        call.queryset = calls


class InvitationForm(MembershipForm):
    """The same role, offered to an address: whether it has an account makes no difference here."""

    email = forms.EmailField(label=_("Courriel de la personne"), help_text=_("Elle y recevra un lien, qui ne sert qu’une fois"))


class ChangeMembershipForm(DatesForm):
    """The days of a role; `version` tells whether somebody changed it in between."""

    version = forms.IntegerField(widget=forms.HiddenInput)


class EndMembershipForm(forms.Form):
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)
    key = forms.CharField(widget=forms.HiddenInput, required=False)


class ConfirmForm(forms.Form):
    """A button, and the key that makes a double click harmless."""

    key = forms.CharField(widget=forms.HiddenInput, required=False)


class AcceptForm(ConfirmForm):
    """A new person's name and password; the act says what is wrong with them."""

    name = forms.CharField(label=_("Votre nom"), max_length=120, widget=forms.TextInput(attrs={"autocomplete": "name"}))
    password = forms.CharField(
        label=_("Mot de passe"),
        help_text=_("Au moins 12 caractères"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    again = forms.CharField(
        label=_("Mot de passe, une seconde fois"), strip=False, widget=forms.PasswordInput(attrs={"autocomplete": "new-password"})
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("password") and cleaned.get("again") and cleaned["password"] != cleaned["again"]:
            self.add_error("again", _("Les deux mots de passe ne sont pas pareils."))
        return cleaned


class PersonChoice(forms.ModelChoiceField):
    def label_from_instance(self, obj: Any) -> str:
        return f"{obj.name} ({obj.email})"


class DelegationForm(forms.Form):
    """Who stands in, from a day to a day, and why."""

    delegate = PersonChoice(label=_("Personne qui remplace"), queryset=User.objects.none(), empty_label=_("Choisissez une personne"))
    starts_on = _day(_("Du"))
    ends_on = _day(_("Au"))
    reason = forms.CharField(label=_("Motif"), max_length=500, help_text=_("Par exemple : vacances, congé, formation"))
    key = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, colleagues: QuerySet[User], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["delegate"]
        assert isinstance(field, PersonChoice)  # noqa: S101 — tells the type checker
        field.queryset = colleagues


class RefusalForm(ConfirmForm):
    reason = forms.CharField(label=_("Motif du refus"), max_length=500)


class TransferForm(ConfirmForm):
    """The colleague to whom a draft is handed."""

    person = PersonChoice(label=_("Nouvelle personne responsable"), queryset=User.objects.none(), empty_label=_("Choisissez une personne"))

    def __init__(self, *args: Any, colleagues: QuerySet[User], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["person"]
        assert isinstance(field, PersonChoice)  # noqa: S101 — tells the type checker
        field.queryset = colleagues
