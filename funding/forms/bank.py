"""Forms of bank details. Numbers are typed twice by two people; what was typed never comes back on the page."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.validators import RegexValidator
from django.utils.translation import gettext_lazy as _

from funding.forms.payments import KeyForm


class DigitsField(forms.CharField):
    """A number whose zeros count: spaces and hyphens are left aside, anything else is refused."""

    def __init__(self, pattern: str, message: Any, **kwargs: Any) -> None:
        widget = forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off", "class": "short"})
        super().__init__(**{"widget": widget, "max_length": 20, "validators": [RegexValidator(pattern, message)], **kwargs})

    def to_python(self, value: Any) -> str:
        return super().to_python(value).replace(" ", "").replace("\u00a0", "").replace("-", "")


class NumbersForm(KeyForm):
    """The three numbers that a void cheque shows."""

    use_required_attribute = False
    transit = DigitsField(r"^[0-9]{5}\Z", _("inscrivez les cinq chiffres du transit"), label=_("Transit"), help_text=_("Cinq chiffres"))
    institution = DigitsField(
        r"^[0-9]{3}\Z",
        _("inscrivez les trois chiffres de l’institution"),
        label=_("Institution"),
        help_text=_("Trois chiffres, par exemple 815"),
    )
    number = DigitsField(
        r"^[0-9]{5,12}\Z",
        _("inscrivez de cinq à douze chiffres, sans le transit ni l’institution"),
        label=_("Numéro de compte"),
        help_text=_("De cinq à douze chiffres, comme sur le spécimen de chèque"),
    )


class BankForm(NumbersForm):
    holder = forms.CharField(label=_("Titulaire du compte"), max_length=120, help_text=_("Tel que l’institution l’écrit"))
    field_order = ("holder", "transit", "institution", "number")
