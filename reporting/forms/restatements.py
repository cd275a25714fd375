"""Forms of restatements, and of the correction of a capture."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from fondsinnovation.fields import MoneyField
from funding.forms.payments import KeyForm
from projects.enums import Nature
from reporting.enums import Maturity
from reporting.forms.gains import FILES
from reporting.forms.measures import MeasuredForm, typed_measures
from reporting.models import GainReport
from reporting.queries.measures import measure_of


class RestateForm(MeasuredForm, KeyForm):
    """Another amount for a verified gain, and why: what it was measured by is measured again. Without a new file, the evidence stays."""

    amount = MoneyField(label=_("Gain redressé"), help_text=_("Le montant de toute la période, sans signe; non la différence"))
    maturity = forms.ChoiceField(label=_("Maturité du montant"), choices=Maturity.choices, widget=forms.RadioSelect)
    reason = forms.CharField(
        label=_("Motif du redressement"),
        widget=forms.Textarea(attrs={"rows": 4}),
        max_length=4000,
        help_text=_("Ce qui était faux ou inconnu; les rapports et l’audit le liront."),
    )
    method = forms.CharField(label=_("Méthode de calcul"), widget=forms.Textarea(attrs={"rows": 5}), max_length=4000)
    evidence = forms.FileField(label=_("Pièce justificative"), required=False, allow_empty_file=True)

    def __init__(self, *args: Any, report: GainReport, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.report = report
        self.measure(report.line)
        before = typed_measures(measure_of(report))
        for name in self.measured_names:
            self.initial.setdefault(name, before.get(name))
            self.fields[name].required = before.get(name) is not None
        if report.line.nature == Nature.COST:
            self.fields["amount"].label = _("Hausse de coût redressée")
        self.fields["evidence"].help_text = _("Sans nouveau fichier, « %(name)s » est conservé.") % {"name": report.evidence.name}

    def period(self) -> tuple[date | None, date | None]:
        return self.report.period_start, self.report.period_end


class CaptureCorrectForm(KeyForm):
    amount = MoneyField(label=_("Montant qui reste capté"), help_text=_("Zéro si plus rien n’a quitté le budget"))
    reason = forms.CharField(label=_("Motif de la correction"), widget=forms.Textarea(attrs={"rows": 4}), max_length=4000)
    document = forms.FileField(label=_("Document budgétaire"), help_text=FILES, allow_empty_file=True)
