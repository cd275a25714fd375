"""What a reader chooses on the page of a report: its two dates, its filters, its view; and the file they take."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from fondsinnovation.fields import DayField
from funding.enums import AgreementKind, DrawAuthorityState, MilestoneState, RecoveryBasis, RecoveryState
from projects.enums import EnvelopeCode, Nature, ProjectState, Role, Stage
from projects.models import Call, Region
from reporting.columns import Report
from reporting.enums import RenewalAdvice, RenewalDecision, RenewalState, VarianceBand, VarianceCause
from reporting.queries.payments import INSTALMENT_KINDS
from reporting.rules import end_of_day
from reporting.services.snapshots import FUTURE

_ANY = [("", _("Toutes les valeurs"))]
_FILTER_LABELS = {
    "project": _("Projet (numéro)"), "call": _("Appel"), "organisation": _("Organisme (code)"), "region": _("Région"), "status": _("État"),
    "nature": _("Nature"), "stage": _("Stade"), "fiscal_year": _("Exercice"), "envelope": _("Enveloppe"),
    "role": _("Rôle"), "authority_status": _("Statut"), "state": _("État"),
    "agreement": _("Convention (numéro)"), "agreement_kind": _("Type de convention"),
    "instalment_kind": _("Type de versement"), "cohort": _("Cohorte"), "basis": _("Motif"), "recovery_state": _("État"),
    "band": _("Bande"), "cause": _("Cause"), "unexplained": _("Hors bande sans explication"), "recommendation": _("Recommandation"),
    "renewal_state": _("État du dossier"), "decision": _("Décision"),
}  # fmt: skip


class KnownField(forms.Field):
    """A knowledge date: a day (its end in America/Toronto) or an instant with its offset."""

    default_error_messages = {"invalid": _("Écrivez un jour (2026-10-31) ou un instant avec son décalage (2026-10-31T12:00:00-04:00).")}

    def to_python(self, value: Any) -> datetime | None:
        text = str(value or "").strip()
        if not text:
            return None
        try:
            if len(text) == 10:
                return end_of_day(date.fromisoformat(text))
            found = datetime.fromisoformat(text.replace(" ", "+"))  # a plus sign in an address reads as a space
            instant = found.astimezone(UTC)
        except (ValueError, OverflowError) as error:  # the last day of all has no end, nor the first a beginning everywhere
            raise forms.ValidationError(self.error_messages["invalid"], code="invalid") from error
        if found.tzinfo is None:
            raise forms.ValidationError(self.error_messages["invalid"], code="invalid")
        return instant


class DatesForm(forms.Form):
    """Empty means now, on both sides. The names are those of the address: `?effet=…&connaissance=…`."""

    effet = DayField(label=_("Date d’effet"), required=False)
    connaissance = KnownField(label=_("Date de connaissance"), required=False)


def refuse_future(form: forms.BaseForm, now: datetime) -> bool:
    """Say beside a valid knowledge date that it is still to come: True when it is."""
    known = form.cleaned_data.get("connaissance")
    if known is None or known <= now:
        return False
    form.add_error("connaissance", FUTURE)
    return True


class ReportForm(DatesForm):
    """The dates and the filters of one report."""

    def __init__(self, *args: Any, report: Report, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["vue"] = forms.CharField(required=False, widget=forms.HiddenInput)
        for name in report.filters:
            self.fields[name] = _filter_field(name)
        self.report = report

    @property
    def filters(self) -> dict[str, str]:
        """The filters that were chosen, by name."""
        return {name: self.cleaned_data[name] for name in self.report.filters if self.cleaned_data.get(name)}


def _filter_field(name: str) -> forms.Field:
    label = _FILTER_LABELS[name]
    if name in ("project", "organisation", "agreement"):
        return forms.CharField(label=label, required=False, max_length=40)
    if name in ("fiscal_year", "cohort"):
        years = [(str(year), f"{year}-{year + 1}") for year in range(2020, 2045)]
        return forms.ChoiceField(label=label, required=False, choices=[*_ANY, *years])
    return forms.ChoiceField(label=label, required=False, choices=lambda: [*_ANY, *_choices(name)])


def _choices(name: str) -> list[tuple[str, Any]]:
    if name == "call":
        found = Call.objects.order_by("reference").values_list("reference", flat=True)
        return [(reference, reference) for reference in found]
    if name == "region":
        return list(Region.objects.order_by("pk").values_list("pk", "name"))
    if name == "envelope":
        return list(EnvelopeCode.choices)
    kinds = {
        "status": ProjectState, "nature": Nature, "stage": Stage, "role": Role, "authority_status": DrawAuthorityState,
        "state": MilestoneState, "agreement_kind": AgreementKind, "basis": RecoveryBasis, "recovery_state": RecoveryState,
        "band": VarianceBand, "cause": VarianceCause, "recommendation": RenewalAdvice, "renewal_state": RenewalState,
        "decision": RenewalDecision,
    }  # fmt: skip
    if name == "unexplained":
        return [("yes", _("oui")), ("no", _("non"))]
    if name == "instalment_kind":
        return list(INSTALMENT_KINDS.items())
    return list(kinds[name].choices)


class ComputeForm(DatesForm):
    key = forms.CharField(required=False, max_length=64, widget=forms.HiddenInput)


class ExportForm(ReportForm):
    """What to take: the dates and filters of the page, and one of the formats."""

    key = forms.CharField(required=False, max_length=64, widget=forms.HiddenInput)

    def __init__(self, *args: Any, formats: Sequence[tuple[str, Any]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["format"] = forms.ChoiceField(label=_("Format"), choices=formats)
