"""Forms of the steps of an agreement, and of its draft written again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from fondsinnovation.fields import DayField, MoneyField
from fondsinnovation.kit.money import ZERO
from fondsinnovation.templatetags.typography import fiscal_year
from funding.enums import WITHOUT_MILESTONE, InstalmentKind, RecoveryBasis, TerminationCause
from funding.forms.outcomes import OutcomeTermsForm
from funding.forms.payments import KeyForm, ReasonForm
from funding.queries.agreements import DraftMilestone, PlannedInstalment
from funding.services.recoveries import RecoveryTerms, Schedule

#: empty rows offered below those of the draft
MORE_MILESTONES, MORE_INSTALMENTS = 2, 3


class ReviewForm(KeyForm):
    """A favourable review of the document shown above, whose SHA-256 comes along."""

    document_sha256 = forms.CharField(widget=forms.HiddenInput, max_length=64)
    comment = forms.CharField(
        label=_("Commentaire (facultatif)"), widget=forms.Textarea(attrs={"rows": 3}), max_length=2000, required=False
    )


class TerminationForm(ReasonForm):
    """The cause, and what was paid and is to be returned, if anything: another person will claim it."""

    cause = forms.ChoiceField(label=_("Cause"), choices=TerminationCause.choices, widget=forms.RadioSelect)
    amount = MoneyField(
        label=_("Montant à recouvrer (facultatif)"),
        required=False,
        help_text=_("De ce qui est payé; une autre personne le réclamera à l’organisme"),
    )
    first_due_on = DayField(label=_("Échéance du recouvrement"), required=False)
    field_order = ("cause", "reason", "amount", "first_due_on", "key")

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("amount") and not data.get("first_due_on") and "first_due_on" not in self.errors:
            self.add_error("first_due_on", _("Inscrivez l’échéance du recouvrement."))
        return data

    def recovery(self) -> RecoveryTerms | None:
        """What is to be returned, for the reason of the termination."""
        data = self.cleaned_data
        if not data["amount"]:
            return None
        return RecoveryTerms(data["amount"], RecoveryBasis.TERMINATION, data["reason"], Schedule(data["first_due_on"]))


class RedraftForm(OutcomeTermsForm):
    """Dates, then each milestone and each instalment; a milestone without a title, or an instalment without an amount, is left out.

    `milestones` and `instalments` are those of the draft; `years` those of the decision.
    """

    version = forms.IntegerField(widget=forms.HiddenInput)
    starts_on = DayField(label=_("Début du projet"))
    ends_on = DayField(label=_("Fin du projet"))

    def __init__(
        self,
        *args: Any,
        milestones: Sequence[DraftMilestone],
        instalments: Sequence[PlannedInstalment],
        years: Sequence[int],
        is_prize: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.is_prize = is_prize
        self.milestone_rows = range(1, len(milestones) + MORE_MILESTONES + 1)
        self.instalment_rows = range(1, len(instalments) + MORE_INSTALMENTS + 1)
        for index in self.milestone_rows:
            one = milestones[index - 1] if index <= len(milestones) else None
            self._add_milestone(index, one)
        unlocks = [("", _("Aucun (avance)")), *[(str(n), _("Jalon %(number)s") % {"number": n}) for n in self.milestone_rows]]
        for index in self.instalment_rows:
            planned = instalments[index - 1] if index <= len(instalments) else None
            self._add_instalment(index, planned, unlocks, [(year, fiscal_year(year)) for year in years])

    def _add_milestone(self, index: int, one: DraftMilestone | None) -> None:
        self.fields[f"title_{index}"] = forms.CharField(
            label=_("Titre du jalon %(number)s") % {"number": index}, max_length=200, required=False, initial=one.title if one else ""
        )
        self.fields[f"evidence_{index}"] = forms.CharField(
            label=_("Preuve attendue du jalon %(number)s") % {"number": index},
            max_length=300,
            required=False,
            initial=one.evidence if one else "",
        )
        self.fields[f"due_on_{index}"] = DayField(
            label=_("Échéance du jalon %(number)s") % {"number": index}, required=False, initial=one.due_on if one else None
        )

    def _add_instalment(self, index: int, one: PlannedInstalment | None, unlocks: list[Any], years: list[Any]) -> None:
        number = {"number": index}
        self.fields[f"kind_{index}"] = forms.ChoiceField(
            label=_("Type du versement %(number)s") % number,
            choices=[(kind.value, kind.label) for kind in InstalmentKind if (kind == InstalmentKind.PRIZE) == self.is_prize],
            initial=one.kind if one else InstalmentKind.PRIZE if self.is_prize else InstalmentKind.MILESTONE,
        )
        self.fields[f"milestone_{index}"] = forms.ChoiceField(
            label=_("Jalon du versement %(number)s") % number,
            choices=unlocks,
            required=False,
            initial=str(one.milestone or "") if one else "",
        )
        self.fields[f"year_{index}"] = forms.TypedChoiceField(
            label=_("Exercice du versement %(number)s") % number, choices=years, coerce=int, initial=one.fiscal_year if one else years[0][0]
        )
        self.fields[f"amount_{index}"] = MoneyField(
            label=_("Montant du versement %(number)s") % number, required=False, initial=one.amount if one else None
        )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        for index in self.milestone_rows:
            if not data.get(f"title_{index}"):
                continue
            if not data.get(f"evidence_{index}"):
                self.add_error(f"evidence_{index}", _("Inscrivez la preuve attendue."))
            if not data.get(f"due_on_{index}") and f"due_on_{index}" not in self.errors:
                self.add_error(f"due_on_{index}", _("Inscrivez l’échéance."))
        return data

    def milestones(self) -> list[DraftMilestone]:
        """The milestones as typed; each keeps the position that the instalments name."""
        data = self.cleaned_data
        return [
            DraftMilestone(index, data[f"title_{index}"], data[f"evidence_{index}"], data[f"due_on_{index}"])
            for index in self.milestone_rows
            if data[f"title_{index}"]
        ]

    def instalments(self) -> list[PlannedInstalment]:
        """The instalments as typed: an advance waits for no milestone."""
        data = self.cleaned_data
        rows = []
        for index in self.instalment_rows:
            kind = InstalmentKind(data[f"kind_{index}"])
            waits_for = None if kind in WITHOUT_MILESTONE else int(data[f"milestone_{index}"] or 0)
            rows.append(PlannedInstalment(kind, waits_for, data[f"year_{index}"], data[f"amount_{index}"] or ZERO))
        return rows

    def milestone_fields(self) -> Iterator[tuple[int, list[Any]]]:
        """Each milestone with its fields, for the page."""
        for index in self.milestone_rows:
            yield index, [self[f"{name}_{index}"] for name in ("title", "evidence", "due_on")]

    def instalment_fields(self) -> Iterator[tuple[int, list[Any]]]:
        """Each instalment with its fields, for the page."""
        for index in self.instalment_rows:
            yield index, [self[f"{name}_{index}"] for name in ("kind", "milestone", "year", "amount")]
