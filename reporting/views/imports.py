"""Pages of imports: a package is uploaded, examined, read, then confirmed; what was brought stays to be read."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.files.storage import default_storage
from django.forms import BaseForm
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_safe

from fondsinnovation.kit.states import require_move
from fondsinnovation.kit.views import ActForm, writes_access
from fondsinnovation.templatetags.typography import number
from funding.forms.payments import KeyForm
from projects.services.access import record_access
from reporting.enums import IMPORT_MOVES, ImportState
from reporting.forms.imports import ConfirmForm, PackageForm
from reporting.models import PortfolioImport
from reporting.policies import portfolio_imports as policies
from reporting.queries.portfolio_imports import entries_of, import_files, imports, may_see_content
from reporting.services import portfolio_imports as acts
from reporting.tables.audit import act_name
from reporting.tables.imports import COLOURS, ImportTable, named_files, named_totals

#: states in which a worker is awaited: the page asks again by itself
UNDER_WAY = (ImportState.QUEUED, ImportState.EXAMINING, ImportState.CONFIRMED)


@require_safe
@login_required
def import_list(request: HttpRequest) -> HttpResponse:
    """What was brought, by whom, when, and what became of it."""
    now = timezone.now()
    policies.read_imports(request.user, now).require()
    table = ImportTable.for_page(request, imports())
    count = table.paginator.count
    table.caption = ngettext("%(count)s importation", "%(count)s importations", count) % {"count": number(count)}
    return render(request, "reporting/import_list.html", {"table": table, "may_bring": policies.bring_portfolio(request.user, now)})


@require_safe
@login_required
def import_detail(request: HttpRequest, portfolio: int) -> HttpResponse:
    """Where an import is, what its examination found, and the next act. htmx asks again by itself, and a link does without it."""
    now = timezone.now()
    policies.read_imports(request.user, now).require()
    found = get_object_or_404(imports(), pk=portfolio)
    state = ImportState(found.state)
    is_open = may_see_content(found, request.user)
    context = {
        "portfolio": found,
        "state": state,
        "colour": COLOURS[state],
        "under_way": state in UNDER_WAY,
        "is_open": is_open,
        "files": import_files(found),
        "plan": named_files(found.plan),
        "totals": named_totals(found.plan.get("totals", ())),
        "entries": [(entry, act_name(entry), file, may_open) for entry, file, may_open in entries_of(found, request.user, now)],
        "may_bring": policies.bring_portfolio(request.user, now),
        "moves": {move.value for move in IMPORT_MOVES[state]},
    }
    return render(request, "reporting/import_detail.html", context)


def _content(request: HttpRequest, portfolio: int) -> PortfolioImport:
    """An import whose content this person may take."""
    policies.read_imports(request.user, timezone.now()).require()
    found = get_object_or_404(imports(), pk=portfolio)
    if not may_see_content(found, request.user):
        raise Http404
    return found


def _download(path: Any, name: str, content_type: str) -> FileResponse:
    if not path or not default_storage.exists(path.name):
        raise Http404
    response = FileResponse(default_storage.open(path.name), as_attachment=True, filename=name, content_type=content_type)
    response["X-Content-Type-Options"] = "nosniff"
    return response


@writes_access
@require_safe
@login_required
def import_problems(request: HttpRequest, portfolio: int) -> FileResponse:
    """Everything that is wrong with a package, cell by cell."""
    found = _content(request, portfolio)
    response = _download(found.problems_path, f"importation-{found.pk}-problemes.csv", "text/csv; charset=utf-8")
    record_access(obj=found, what="problems", actor=request.user, now=timezone.now())
    return response


@writes_access
@require_safe
@login_required
def import_file(request: HttpRequest, portfolio: int, pk: int) -> FileResponse:
    """A file of a package, as it was received."""
    found = _content(request, portfolio)
    file = get_object_or_404(found.files.filter(forgotten_at__isnull=True), pk=pk)
    response = _download(file.path, file.name, "application/octet-stream")
    record_access(obj=found, what="package", actor=request.user, now=timezone.now(), sha256=file.sha256)
    return response


class ImportCreate(ActForm):
    """Send a package: it is kept and examined, and nothing is written."""

    template_name = "reporting/import_create.html"
    form_class = PackageForm

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        policies.bring_portfolio(self.request.user, timezone.now()).require()
        return super().get_context_data(**kwargs)

    def perform(self, form: BaseForm) -> HttpResponse:
        data = form.cleaned_data
        made = acts.upload_portfolio(files=data["files"], actor=self.request.user, now=timezone.now(), key=data["key"] or None)
        return redirect("reporting:import_detail", made.pk)


class ImportAct(ActForm):
    """A decision about one import: a page says what it does, a post does it."""

    template_name = "reporting/import_act.html"
    form_class: Any = KeyForm
    target: ImportState
    act: Any = None
    title: Any = ""
    explanation: Any = ""
    success: Any = ""

    @cached_property
    def portfolio(self) -> PortfolioImport:
        now = timezone.now()
        policies.read_imports(self.request.user, now).require()
        found = get_object_or_404(imports(), pk=self.kwargs["portfolio"])
        policies.bring_portfolio(self.request.user, now).require()
        return found

    def require_possible(self) -> None:
        require_move(IMPORT_MOVES, self.portfolio.state, self.target)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        found = self.portfolio
        totals = named_totals(found.plan.get("totals", ()))
        more = {"portfolio": found, "title": self.title, "explanation": self.explanation}
        return super().get_context_data(plan=named_files(found.plan), totals=totals, **more, **kwargs)

    def perform(self, form: BaseForm) -> HttpResponse:
        type(self).act(portfolio_id=self.portfolio.pk, actor=self.request.user, now=timezone.now(), **form.cleaned_data)
        messages.success(self.request, self.success)
        return redirect("reporting:import_detail", self.portfolio.pk)


class ImportConfirm(ImportAct):
    needs_recent_sign_in = True
    template_name = "reporting/import_confirm.html"
    form_class = ConfirmForm
    target = ImportState.CONFIRMED
    act = staticmethod(acts.confirm_portfolio)
    title = gettext_lazy("Confirmer l’importation")
    success = gettext_lazy("L’importation est confirmée : elle s’écrit en entier, ou pas du tout.")

    def get_initial(self) -> dict[str, Any]:
        return {**super().get_initial(), "seen": self.portfolio.plan_sha256}


class ImportExamine(ImportAct):
    target = ImportState.QUEUED
    act = staticmethod(acts.examine_again)
    title = gettext_lazy("Examiner de nouveau")
    explanation = gettext_lazy("Les mêmes fichiers sont comparés à la base telle qu’elle est maintenant. Rien n’est écrit.")
    success = gettext_lazy("Le paquet est examiné de nouveau.")


class ImportCancel(ImportAct):
    target = ImportState.CANCELLED
    act = staticmethod(acts.cancel_portfolio)
    title = gettext_lazy("Annuler l’importation")
    explanation = gettext_lazy(
        "Rien de ce paquet n’a été écrit, et rien ne le sera. Ses fichiers sont retirés 30 jours après leur arrivée; leur empreinte reste."
    )
    success = gettext_lazy("L’importation est annulée : rien n’a été écrit.")
