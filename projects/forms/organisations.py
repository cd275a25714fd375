"""Forms of the register of organisations."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from fondsinnovation.fields import DayField
from projects.enums import FiscalCalendar, OrganisationKind
from projects.models import Organisation
from projects.models.organisations import NEQ
from projects.queries.organisations import named, region_names
from projects.services.organisation_changes import OrganisationFacts

#: homonyms named in an error
SHOWN = 5


class OrganisationField(forms.CharField):
    """An organisation that has not ended, by its code or its name. Several of one name ask for the code."""

    def prepare_value(self, value: Any) -> Any:
        return value.code if isinstance(value, Organisation) else value

    def clean(self, value: Any) -> Organisation | None:
        text = super().clean(value)
        if not text:
            return None
        found = list(named(text, timezone.localdate())[: SHOWN + 1])
        if len(found) == 1:
            return found[0]
        if not found:
            raise ValidationError(_("Aucun organisme n’a ce code ni ce nom."), code="unknown")
        codes = ", ".join(f"{one.code} ({one.region_id})" if one.region_id else one.code for one in found[:SHOWN])
        raise ValidationError(_("Plusieurs organismes ont ce nom : inscrivez le code (%(codes)s).") % {"codes": codes}, code="several")


class KeyForm(forms.Form):
    use_required_attribute = False
    key = forms.CharField(widget=forms.HiddenInput, required=False)


class ChangeForm(KeyForm):
    """A change to an organisation as it was when the page was opened."""

    version = forms.IntegerField(widget=forms.HiddenInput)


class FactsForm(KeyForm):
    """What is known of an organisation beside its code and its name."""

    kind = forms.ChoiceField(label=_("Type"), choices=[("", _("Choisir un type")), *OrganisationKind.choices])
    region = forms.ChoiceField(label=_("Région"), required=False)
    mrc = forms.CharField(
        label=_("MRC"), max_length=80, required=False, help_text=_("D’une municipalité, telle que le répertoire officiel l’écrit")
    )
    population = forms.IntegerField(label=_("Population"), required=False, min_value=0, max_value=99_999_999)
    fiscal_calendar = forms.ChoiceField(label=_("Exercice financier"), choices=FiscalCalendar.choices)
    neq = forms.CharField(
        label=_("NEQ"),
        required=False,
        max_length=10,
        help_text=_("Numéro d’entreprise du Québec : 10 chiffres"),
        validators=[RegexValidator(rf"\A{NEQ}\Z", _("Un NEQ a 10 chiffres et commence par 11, 22, 33 ou 88."))],
        widget=forms.TextInput(attrs={"inputmode": "numeric"}),
    )
    parent = OrganisationField(
        label=_("Organisme de rattachement"), max_length=200, required=False, help_text=_("Son code, ou son nom tel quel")
    )
    valid_from = DayField(label=_("En vigueur du"), required=False, help_text=_("Facultatif : laissez vide si la date n’est pas connue"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        region = self.fields["region"]
        assert isinstance(region, forms.ChoiceField)  # noqa: S101 — tells the type checker
        region.choices = [("", _("Aucune ou toutes")), *region_names().items()]

    def facts(self) -> OrganisationFacts:
        data, parent = self.cleaned_data, self.cleaned_data["parent"]
        return OrganisationFacts(
            kind=OrganisationKind(data["kind"]),
            fiscal_calendar=FiscalCalendar(data["fiscal_calendar"]),
            region_id=data["region"] or None,
            mrc=data["mrc"],
            population=data["population"],
            neq=data["neq"] or None,
            parent_id=parent.pk if parent else None,
            valid_from=data["valid_from"],
        )


class DistinctForm(KeyForm):
    """A name, and the word that another organisation of the same name is not this one: asked for when there is one."""

    name = forms.CharField(label=_("Nom"), max_length=200, error_messages={"required": _("Inscrivez le nom de l’organisme.")})
    distinct = forms.BooleanField(label=_("C’est un autre organisme"), required=False)
    distinct_reason = forms.CharField(
        label=_("En quoi il diffère"), max_length=200, required=False, help_text=_("Par exemple : municipalité homonyme d’une autre MRC")
    )

    def distinct_from_others(self) -> str | None:
        """Why it is another organisation; None when nothing is said of it."""
        return self.cleaned_data["distinct_reason"] if self.cleaned_data["distinct"] else None


class CreateForm(DistinctForm, FactsForm):
    code = forms.CharField(
        label=_("Code"),
        max_length=40,
        help_text=_("Code géographique de 5 chiffres d’une municipalité, sigle d’un organisme; il ne change plus"),
        error_messages={"required": _("Inscrivez le code de l’organisme.")},
    )
    field_order = ("name", "distinct", "distinct_reason", "code", "kind")


def _reason() -> forms.CharField:
    return forms.CharField(
        label=_("Motif"),
        max_length=200,
        help_text=_("Décret, loi, avis ou source"),
        error_messages={"required": _("Inscrivez le motif, par exemple le décret ou la source.")},
    )


def _effective_on(help_text: Any) -> DayField:
    return DayField(
        label=_("Date d’effet"),
        help_text=help_text,
        error_messages={"required": _("Inscrivez la date d’effet."), "invalid": _("Inscrivez une date.")},
    )


class RenameForm(DistinctForm, ChangeForm):
    effective_on = _effective_on(_("Premier jour du nouveau nom"))
    reason = _reason()
    field_order = ("name", "distinct", "distinct_reason", "effective_on", "reason")


class CorrectForm(FactsForm, ChangeForm):
    reason = _reason()


class MergeForm(ChangeForm):
    successor = OrganisationField(
        label=_("Organisme qui succède"),
        max_length=200,
        help_text=_("Son code, ou son nom tel quel"),
        error_messages={"required": _("Inscrivez l’organisme qui succède.")},
    )
    effective_on = _effective_on(_("Premier jour où l’organisme n’existe plus"))
    reason = _reason()


class AbolishForm(MergeForm):
    successor = OrganisationField(
        label=_("Organisme qui reprend ses fonctions"),
        max_length=200,
        required=False,
        help_text=_("Facultatif : son code, ou son nom tel quel"),
    )
