"""Form of the person who will accompany a file."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from funding.forms.reviews import KeyForm
from projects.models import User


class AdviserForm(KeyForm):
    """One person among those who may accompany the file."""

    person = forms.TypedChoiceField(
        label=_("Personne"), coerce=int, widget=forms.RadioSelect, error_messages={"required": _("Choisissez une personne.")}
    )

    def __init__(self, *args: Any, people: Iterable[User], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["person"]
        assert isinstance(field, forms.TypedChoiceField)  # noqa: S101 — tells the type checker
        field.choices = [(person.pk, person.name) for person in people]
