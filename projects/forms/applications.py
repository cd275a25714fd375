"""Forms of an application beside its sections: to start it, to attach a file, to submit it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from projects.enums import DocumentKind
from projects.models import Organisation
from projects.sections import ATTACHABLE


class StartForm(forms.Form):
    """In whose name the application is made."""

    organisation = forms.ModelChoiceField(
        queryset=Organisation.objects.none(), label=_("Organisme demandeur"), widget=forms.RadioSelect, empty_label=None
    )
    key = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, organisations: QuerySet[Organisation], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["organisation"]
        assert isinstance(field, forms.ModelChoiceField)  # noqa: S101 — tells the type checker
        field.queryset = organisations


class AttachForm(forms.Form):
    use_required_attribute = False

    kind = forms.ChoiceField(label=_("Type de document"), choices=[(kind.value, kind.label) for kind in ATTACHABLE])
    file = forms.FileField(
        label=_("Fichier"),
        help_text=_("PDF, DOCX, XLSX, ODS, PNG ou JPEG; 25 Mo au maximum"),
        error_messages={
            "required": _("Choisissez le fichier à joindre."),
            "empty": _("Ce fichier est vide : choisissez le fichier à joindre."),
        },
    )
    key = forms.CharField(widget=forms.HiddenInput, required=False)

    def clean_kind(self) -> DocumentKind:
        return DocumentKind(self.cleaned_data["kind"])


class KeyForm(forms.Form):
    """A page with one button."""

    key = forms.CharField(widget=forms.HiddenInput, required=False)
