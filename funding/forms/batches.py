"""Forms of batches and return files."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from fondsinnovation.templatetags.typography import money
from funding.forms.payments import KeyForm
from funding.models import Payment
from funding.returns import LARGEST, decode


class BatchForm(KeyForm):
    """The orders to send, all of them unless the person leaves one aside."""

    orders = forms.TypedMultipleChoiceField(
        label=_("Ordres à transmettre"),
        coerce=int,
        widget=forms.CheckboxSelectMultiple,
        error_messages={
            "required": _("choisissez au moins un ordre"),
            "invalid_choice": _("un des ordres choisis n’est plus à transmettre; la liste ci-dessous est à jour"),
        },
    )

    def __init__(self, *args: Any, ready: Iterable[Payment], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [
            (one.pk, f"{one.order_number} · {one.instalment.agreement.project.organisation.name} · {money(one.amount)}") for one in ready
        ]
        self.fields["orders"].choices = choices  # type: ignore[attr-defined]
        self.fields["orders"].initial = [pk for pk, _label in choices]


class ReturnForm(KeyForm):
    """A return file, or the text of the one that was just examined."""

    file = forms.FileField(label=_("Fichier de retour"), required=False, help_text=_("CSV du système comptable, 2 Mo au maximum"))
    name = forms.CharField(required=False, max_length=200, widget=forms.HiddenInput)
    content = forms.CharField(required=False, widget=forms.HiddenInput, strip=False)
    confirmed = forms.BooleanField(required=False, widget=forms.HiddenInput)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if file := data.get("file"):
            if file.size > LARGEST:
                raise ValidationError({"file": _("ce fichier dépasse 2 Mo : ce n’est pas un fichier de retour")})
            try:
                data |= {"name": file.name[:200], "content": decode(file.read()), "confirmed": False}
            except ValueError as bad:
                raise ValidationError({"file": _("ce fichier n’est pas un texte UTF-8")}) from bad
        elif not data.get("content"):
            raise ValidationError({"file": _("choisissez le fichier de retour du système comptable")})
        return data
