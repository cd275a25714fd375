"""The form that settles an overlap."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from funding.forms.payments import KeyForm
from reporting.enums import OverlapOutcome
from reporting.models import Overlap

#: choice of the form → what the act is given: the outcome, and the side that is withdrawn
DECISIONS: dict[str, tuple[OverlapOutcome, str | None]] = {
    "both": (OverlapOutcome.BOTH_REAL, None),
    "first": (OverlapOutcome.WITHDRAWN, "second_id"),
    "second": (OverlapOutcome.WITHDRAWN, "first_id"),
}


class OverlapForm(KeyForm):
    decision = forms.ChoiceField(label=gettext_lazy("Décision"), widget=forms.RadioSelect)
    reason = forms.CharField(
        label=gettext_lazy("Motif"),
        widget=forms.Textarea(attrs={"rows": 5}),
        max_length=4000,
        help_text=gettext_lazy("Dites ce que montrent les pièces. Le motif reste au registre et au journal."),
    )

    def __init__(self, *args: Any, overlap: Overlap, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.overlap = overlap
        kept = _("%(project)s, %(line)s garde ses gains; l’autre ligne est retirée")
        sides = ((overlap.first_project, overlap.first), (overlap.second_project, overlap.second))
        names = [kept % {"project": project.reference, "line": line.code} for project, line in sides]
        both = _("Deux dépenses différentes : les deux lignes gardent leurs gains")
        self.fields["decision"].choices = [("both", both), ("first", names[0]), ("second", names[1])]  # type: ignore[attr-defined]

    @property
    def decided(self) -> dict[str, Any]:
        """What the act is given."""
        outcome, side = DECISIONS[self.cleaned_data["decision"]]
        return {"outcome": outcome, "withdrawn_id": getattr(self.overlap, side) if side else None}
