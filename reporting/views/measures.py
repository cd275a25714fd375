"""What the pages of a gain share about its measures: the calculator, the results under each baseline, the indicators."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse

from fondsinnovation.templatetags.typography import typed_money
from reporting.models import GainMeasure, GainReport
from reporting.queries.measures import hours_of, readings_of, results_of


class Calculator:
    """« Calculer » on a form of measures: it fills the amount on the page and keeps nothing; without a script as with one."""

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if "calculate" in request.POST:
            return self.calculated()
        answer: HttpResponse = super().post(request, *args, **kwargs)  # type: ignore[misc]
        return answer

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**{"steps": None, "calculated": None, **kwargs})  # type: ignore[misc]
        return context

    def calculated(self) -> HttpResponse:
        """The form as typed, without reproach, its amount filled when the figures give one."""
        page: Any = self
        form = page.get_form()
        steps = form.steps()
        amount = form.amount_of(steps)
        typed = {name: form.data[name] for name, field in form.fields.items() if name in form.data and not field.disabled}
        if amount is not None:
            typed["amount"] = typed_money(amount)
        given = {name: value for name, value in page.get_form_kwargs().items() if name not in ("data", "files")}
        given["initial"] = {**given.get("initial", {}), **typed}
        shown = page.get_form_class()(**given)
        answer: HttpResponse = page.render_to_response(page.get_context_data(form=shown, steps=steps, calculated=amount is not None))
        return answer


def measured_facts(report: GainReport, measure: GainMeasure | None) -> dict[str, Any]:
    """What was measured for a version of a report, and what it gives."""
    return {
        "measure": measure,
        "readings": readings_of(report.line, measure),
        "results": results_of(report, measure),
        "hours": hours_of(report, measure),
    }
