"""Numbers as people in Québec type them: « 3,5 », « 1 250,75 », « −12 »."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms

_BLANKS = str.maketrans({" ": None, "\u00a0": None, "\u202f": None, "−": "-", ",": ".", "%": None})


class NumberField(forms.DecimalField):
    """A decimal number with a comma or a point, shown back with a comma."""

    def __init__(self, **kwargs: Any) -> None:
        widget = forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"})
        super().__init__(**{"max_digits": 15, "decimal_places": 2, "widget": widget, **kwargs})

    def to_python(self, value: Any) -> Decimal | None:
        return super().to_python(value.translate(_BLANKS) if isinstance(value, str) else value)

    def prepare_value(self, value: Any) -> Any:
        return format(value, "f").replace(".", ",") if isinstance(value, Decimal) else value


class PercentField(NumberField):
    """A share of 1 typed in per cent: « 3,5 » is 0.035."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"max_digits": 8, "decimal_places": 4, **kwargs})

    def clean(self, value: Any) -> Decimal | None:
        found = super().clean(value)
        return None if found is None else found / 100
