"""The sections that are words and files: organisation, need and solution, documents, declaration."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from fondsinnovation.fields import LongTextField
from projects.enums import DocumentKind
from projects.sections.base import SectionForm, short_text

#: what an applicant attaches, and how the pages name it
ATTACHABLE = (DocumentKind.RESOLUTION, DocumentKind.QUOTE, DocumentKind.SUPPORT)


class OrganisationSection(SectionForm):
    """Who applies, and whom to reach."""

    presentation = LongTextField(
        label=_("Mission et services de l’organisme"),
        limit=1500,
        help_text=_("En quelques phrases, pour une personne qui ne vous connaît pas"),
    )
    contact_name = short_text(120, label=_("Personne à joindre"))
    contact_title = short_text(120, label=_("Fonction"))
    contact_email = forms.EmailField(label=_("Courriel"), widget=forms.EmailInput(attrs={"autocomplete": "email"}))
    contact_phone = short_text(40, label=_("Téléphone"), required=False, widget=forms.TextInput(attrs={"autocomplete": "tel"}))


class NeedSection(SectionForm):
    """What is wrong today, and what the project would do about it."""

    title = short_text(200, label=_("Titre du projet"), help_text=_("Une phrase courte, qui dit ce que le projet change"))
    need = LongTextField(label=_("Besoin"), limit=4000, help_text=_("Le problème, les personnes touchées et ce qui a déjà été tenté"))
    solution = LongTextField(label=_("Solution proposée"), limit=4000, help_text=_("Ce qui sera fait, et en quoi c’est nouveau"))
    public = LongTextField(label=_("Personnes et services qui en profiteront"), limit=1500)


class DocumentsSection(SectionForm):
    """The files: the resolution is required; without any other, the person says so."""

    nothing_else = forms.BooleanField(label=_("Je n’ai pas d’autre document à joindre"), required=False)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        kinds = {document.kind for document in self.facts.documents}
        if DocumentKind.RESOLUTION not in kinds:
            self.refuse(None, _("Joignez la résolution ou l’autorisation qui permet à l’organisme de déposer la demande."), code="required")
        if not kinds - {DocumentKind.RESOLUTION} and not cleaned.get("nothing_else"):
            self.refuse("nothing_else", _("Joignez un autre document, ou cochez cette case."), code="required")
        return cleaned


class DeclarationSection(SectionForm):
    """What the organisation declares when it submits."""

    exact = forms.BooleanField(label=_("Les renseignements de cette demande sont exacts et complets."))
    aid = forms.BooleanField(label=_("Toutes les aides publiques demandées ou reçues pour ce projet figurent dans le budget."))
    gains = forms.BooleanField(label=_("L’organisme mesurera les gains du projet, les déclarera au Fonds et en permettra la vérification."))
