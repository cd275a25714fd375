"""Form fields that read what a person in Québec types, and show it back as it was typed."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from fondsinnovation.kit.money import BadAmount, typed_amount
from fondsinnovation.templatetags.typography import typed_money


class MoneyInput(forms.TextInput):
    """A right-aligned amount; the field's template writes the dollar sign after it."""

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__({"class": "money", "inputmode": "decimal", "autocomplete": "off", **(attrs or {})})

    def format_value(self, value: Any) -> str | None:
        return typed_money(value) if isinstance(value, Decimal | int) else value


class MoneyField(forms.Field):
    """Dollars to the cent, as typed: « 1 250 000,50 $ ». An exponent, a sign or a third decimal is refused, never rounded."""

    widget = MoneyInput
    default_error_messages = {
        "required": _("inscrivez un montant, par exemple 45 000"),
        "number": _("inscrivez un montant en chiffres, par exemple 45 000 ou 45 000,50"),
        "sign": _("inscrivez un montant positif ou nul"),
        "decimals": _("inscrivez au plus deux chiffres après la virgule"),
        "large": _("le montant est trop grand : inscrivez au plus 10 milliards de dollars"),
    }

    def to_python(self, value: Any) -> Decimal | None:
        if isinstance(value, Decimal):
            return value
        try:
            return typed_amount(str(value or ""))
        except BadAmount as bad:
            if bad.code == "empty":
                return None
            raise ValidationError(self.error_messages[bad.code], code=bad.code) from bad

    def has_changed(self, initial: Any, data: Any) -> bool:
        try:
            return self.to_python(initial) != self.to_python(data)
        except ValidationError:
            return True


class RateField(forms.Field):
    """A percentage as typed, « 33,33 » or « 40 % », read as a share of 1 with at most 6 digits."""

    def __init__(self, **kwargs: Any) -> None:
        attrs = {"inputmode": "decimal", "autocomplete": "off", "class": "num"}
        super().__init__(widget=forms.TextInput(attrs=attrs), **kwargs)

    def to_python(self, value: Any) -> Decimal | None:
        bare = re.sub(r"[\s\u00a0\u202f%]", "", str(value or "")).replace(",", ".")
        if not bare:
            return None
        try:
            rate = Decimal(bare)
        except InvalidOperation as bad:
            raise ValidationError(_("Inscrivez un pourcentage en chiffres, par exemple 40 ou 33,33.")) from bad
        if not rate.is_finite() or not 0 <= rate <= 100 or rate.as_tuple().exponent < -4:  # type: ignore[operator]
            raise ValidationError(_("Inscrivez un pourcentage de 0 à 100, avec au plus quatre décimales."))
        return rate / 100


class LongText(forms.Textarea):
    """A text area that counts and never cuts: what is too long is kept, and the page says by how much."""

    def __init__(self, limit: int, attrs: dict[str, Any] | None = None) -> None:
        super().__init__({"rows": 6, **(attrs or {})})
        self.limit = limit


class LongTextField(forms.CharField):
    """A text with a length to respect when the form is completed, not when a draft is saved: `too_long_by` says where it stands."""

    def __init__(self, *, limit: int, **kwargs: Any) -> None:
        super().__init__(widget=LongText(limit), **kwargs)
        self.limit = limit

    def too_long_by(self, value: str) -> int:
        return max(len(value) - self.limit, 0)


#: beyond these a day is a slip of the keyboard, and fiscal years soon have no number
FIRST_DAY, LAST_DAY = date(1900, 1, 1), date(2100, 12, 31)


class DayField(forms.DateField):
    """A calendar day of a believable year, in the browser's own date picker."""

    default_error_messages = {"unbelievable": _("Écrivez un jour de 1900 à 2100.")}

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"), **kwargs)

    def validate(self, value: date | None) -> None:
        super().validate(value)
        if value is not None and not FIRST_DAY <= value <= LAST_DAY:
            raise ValidationError(self.error_messages["unbelievable"], code="unbelievable")


class InstantField(forms.DateTimeField):
    """A day and an hour in Eastern time, in the browser's own picker."""

    def __init__(self, **kwargs: Any) -> None:
        widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
        super().__init__(widget=widget, input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"], **kwargs)
