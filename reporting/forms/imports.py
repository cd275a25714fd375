"""Forms of an import: the files of a package, and what is decided about one that was examined."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from funding.forms.payments import KeyForm


class FilesInput(forms.ClearableFileInput):
    allow_multiple_selected = True


class FilesField(forms.FileField):
    """One file or several."""

    widget = FilesInput

    def clean(self, data: Any, initial: Any = None) -> list[Any]:
        given = data if isinstance(data, list | tuple) else [data]
        return [super(FilesField, self).clean(each, initial) for each in given or [None]]


class PackageForm(KeyForm):
    files = FilesField(
        label=_("Fichiers du paquet"),
        help_text=_("Un ZIP de fichiers CSV, un classeur XLSX, ou plusieurs fichiers CSV; 50 Mo au maximum"),
        widget=FilesInput(attrs={"accept": ".zip,.xlsx,.csv", "multiple": True}),
        allow_empty_file=True,
        error_messages={"required": _("choisissez le ZIP, le classeur ou les fichiers CSV à importer")},
    )


class ConfirmForm(KeyForm):
    """`seen` is the examination that the page showed: another one is never confirmed unread."""

    seen = forms.CharField(widget=forms.HiddenInput, max_length=64)

    def clean_seen(self) -> str:
        seen: str = self.cleaned_data["seen"]
        if not seen.isalnum():
            raise ValidationError(_("Rechargez la page : l’examen lu n’est pas reconnu."))
        return seen
