"""The register of organisations: its list and export, what the page of one tells, and the acts that change it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import QuerySet
from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise, cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST, require_safe

from fondsinnovation.kit.errors import Invalid, NotAllowed
from fondsinnovation.kit.verdict import Verdict
from fondsinnovation.kit.views import ActForm, posted_key
from fondsinnovation.templatetags.typography import number
from projects.enums import FiscalCalendar, OrganisationKind
from projects.exports import csv_response
from projects.filters.organisations import OrganisationFilter
from projects.forms.organisations import AbolishForm, CorrectForm, CreateForm, MergeForm, RenameForm
from projects.models import Organisation
from projects.policies import organisations as policies
from projects.queries.organisations import chain_from, history_of, lookalikes_of, predecessors_of, region_names, register
from projects.services import organisation_changes as services
from projects.services.exports import export_organisations
from projects.tables.organisations import OrganisationTable, state_of, state_tag

#: the headings of the export
COLUMNS = (
    gettext_lazy("Code"),
    gettext_lazy("NEQ"),
    gettext_lazy("Nom"),
    gettext_lazy("Anciens noms"),
    gettext_lazy("Type"),
    gettext_lazy("Région"),
    gettext_lazy("MRC"),
    gettext_lazy("Population"),
    gettext_lazy("Exercice financier"),
    gettext_lazy("État"),
    gettext_lazy("En vigueur du"),
    gettext_lazy("En vigueur jusqu’au"),
    gettext_lazy("Successeur"),
)


# ── The list ─────────────────────────────────────────────────────────────────────────────────────────────────────────
@require_safe
@login_required
def organisation_list(request: HttpRequest) -> HttpResponse:
    """Every organisation, those that have ended included: search, filters and order in the address."""
    now = timezone.now()
    found = OrganisationFilter(request.GET, register(), request=request)
    table = OrganisationTable.for_page(request, found.qs, day=timezone.localdate(now))
    table.caption = _caption(table.paginator.count)
    context = {"table": table, "filter": found, "may_create": policies.create_organisation(request.user, now)}
    return render(request, "projects/organisation_list.html", context)


def _caption(count: int) -> str:
    if not count:
        return _("Aucun organisme")
    return ngettext("%(count)s organisme", "%(count)s organismes", count) % {"count": number(count)}


@require_POST
@login_required
def organisation_export(request: HttpRequest) -> StreamingHttpResponse:
    """The list as filtered, row by row from a cursor of the database."""
    now = timezone.now()
    found = OrganisationFilter(request.GET, register().select_related("successor"), request=request)
    if not found.is_valid():
        raise Invalid(_("Un filtre est invalide : corrigez-le, puis exportez de nouveau."))
    rows = found.qs
    export_organisations(filters=request.GET.dict(), rows=rows.count(), actor=request.user, now=now, key=posted_key(request))
    return csv_response("organismes.csv", COLUMNS, _readable(rows))


def _readable(rows: QuerySet[Organisation]) -> Iterator[list[Any]]:
    """The values of each row, codes as their labels."""
    day, regions = timezone.localdate(), region_names()
    kinds, calendars = dict(OrganisationKind.choices), dict(FiscalCalendar.choices)
    for row in rows.iterator(chunk_size=2000):
        yield [
            row.code, row.neq, row.name, " | ".join(row.former_names), str(kinds[row.kind]), regions.get(row.region_id or ""), row.mrc,
            row.population, str(calendars[row.fiscal_calendar]), state_of(row, day), row.valid_from, row.valid_to,
            row.successor.name if row.successor else None,
        ]  # fmt: skip


# ── The page of one ──────────────────────────────────────────────────────────────────────────────────────────────────
@dataclass(frozen=True, slots=True)
class Step:
    """Something that this person may do to the organisation."""

    label: str
    url: str
    verdict: Verdict


def facts_of(request: HttpRequest, organisation: Organisation, *, is_signed: bool) -> dict[str, Any]:
    """What the page of an organisation tells of it: public facts. Who recorded them is told when `is_signed`."""
    now, day = timezone.now(), timezone.localdate()
    return {
        "state": state_tag(organisation, day),
        "has_ended": organisation.has_ended(day),
        "successors": chain_from(organisation),
        "predecessors": predecessors_of(organisation),
        "history": history_of(organisation, is_signed=is_signed),
        "may_begin": policies.begin_anything(organisation, now),
        "steps": [step for step in _steps(organisation, request.user) if step.verdict],
    }


def _steps(organisation: Organisation, person: Any) -> list[Step]:
    now = timezone.now()
    named = (
        ("organisation_rename", _("Changer le nom"), policies.rename_organisation),
        ("organisation_correct", _("Corriger les renseignements"), policies.correct_organisation),
        ("organisation_merge", _("Fusionner dans un autre organisme"), policies.merge_organisations),
        ("organisation_abolish", _("Inscrire l’abolition"), policies.abolish_organisation),
    )
    return [
        Step(label, reverse(f"projects:{name}", args=[organisation.code]), rule(person, organisation, now)) for name, label, rule in named
    ]


# ── The acts ─────────────────────────────────────────────────────────────────────────────────────────────────────────
class RegisterForm(ActForm):
    """A form of the register. When another organisation has the name that was typed, the page links to it and asks how they differ."""

    template_name = "projects/organisation_form.html"
    title: str | Promise = ""
    lead: str | Promise = ""
    submit: str | Promise = ""
    done: str | Promise = ""
    organisation: Organisation | None = None

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        words = {"title": self.title, "lead": self.lead, "submit": self.submit}
        return {**context, **words, "organisation": self.organisation, "lookalikes": self.lookalikes(context["form"]), "since": []}

    def lookalikes(self, form: BaseForm) -> list[Organisation]:
        """Those to tell apart, when the act refused the name for them."""
        if not {"name", "distinct_reason"} & set(form.errors) or not form.data.get("name"):
            return []
        besides = self.organisation.pk if self.organisation else None
        return list(lookalikes_of(form.data["name"], timezone.localdate(), besides=besides).select_related("region"))

    def finished(self, organisation: Organisation) -> HttpResponse:
        messages.success(self.request, self.done)
        return redirect("projects:organisation_detail", code=organisation.code)


class OrganisationCreate(RegisterForm):
    form_class = CreateForm
    title = gettext_lazy("Inscrire un organisme")
    submit = gettext_lazy("Inscrire l’organisme")
    done = gettext_lazy("L’organisme est inscrit au registre.")

    def get_form_kwargs(self) -> dict[str, Any]:
        policies.create_organisation(self.request.user, timezone.now()).require()
        return super().get_form_kwargs()

    def perform(self, form: CreateForm) -> HttpResponse:
        organisation = services.create_organisation(
            code=form.cleaned_data["code"],
            name=form.cleaned_data["name"],
            facts=form.facts(),
            distinct_reason=form.distinct_from_others(),
            actor=self.request.user,
            now=timezone.now(),
            key=form.cleaned_data["key"],
        )
        return self.finished(organisation)


class ChangePage(RegisterForm):
    """A change to one organisation, at the version that the person read. Whoever comes second sees what the first one changed."""

    rule: Any = None

    @cached_property
    def organisation(self) -> Organisation:  # type: ignore[override]
        rows = Organisation.objects.select_related("region", "parent", "successor")
        return get_object_or_404(rows, code=self.kwargs["code"])

    @property
    def verdict(self) -> Verdict:
        return type(self).rule(self.request.user, self.organisation, timezone.now())

    def require_possible(self) -> None:
        self.verdict.require()

    def get_form_kwargs(self) -> dict[str, Any]:
        if self.verdict.error is NotAllowed:
            self.verdict.require()
        return super().get_form_kwargs()

    def get_initial(self) -> dict[str, Any]:
        return {**super().get_initial(), "version": self.organisation.version}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        form = context["form"]
        read = form.cleaned_data.get("version") if form.is_bound and hasattr(form, "cleaned_data") else None
        return {**context, "since": history_of(self.organisation, since=read) if read else []}

    def common(self, form: BaseForm) -> dict[str, Any]:
        """What every act on an organisation is told."""
        data = form.cleaned_data
        return {
            "organisation_id": self.organisation.pk,
            "version": data["version"],
            "reason": data["reason"],
            "actor": self.request.user,
            "now": timezone.now(),
            "key": data["key"],
        }


class OrganisationRename(ChangePage):
    form_class = RenameForm
    rule = staticmethod(policies.rename_organisation)
    title = gettext_lazy("Changer le nom")
    lead = gettext_lazy("L’ancien nom reste dans l’historique, et la recherche le trouve encore.")
    submit = gettext_lazy("Inscrire le nouveau nom")
    done = gettext_lazy("Le nouveau nom est inscrit.")

    def perform(self, form: RenameForm) -> HttpResponse:
        data = form.cleaned_data
        return self.finished(
            services.rename_organisation(
                name=data["name"], effective_on=data["effective_on"], distinct_reason=form.distinct_from_others(), **self.common(form)
            )
        )


class OrganisationCorrect(ChangePage):
    form_class = CorrectForm
    rule = staticmethod(policies.correct_organisation)
    title = gettext_lazy("Corriger les renseignements")
    submit = gettext_lazy("Inscrire la correction")
    done = gettext_lazy("La correction est inscrite.")

    def get_initial(self) -> dict[str, Any]:
        plain = ("kind", "mrc", "population", "fiscal_calendar", "neq", "parent", "valid_from")
        held = {name: getattr(self.organisation, name) for name in plain}
        return {**super().get_initial(), **held, "region": self.organisation.region_id}

    def perform(self, form: CorrectForm) -> HttpResponse:
        return self.finished(services.correct_organisation(facts=form.facts(), **self.common(form)))


class OrganisationMerge(ChangePage):
    form_class = MergeForm
    rule = staticmethod(policies.merge_organisations)
    title = gettext_lazy("Fusionner dans un autre organisme")
    lead = gettext_lazy(
        "L’organisme prend fin la veille de la date d’effet. Ses dossiers, ses gestes passés et ses membres restent les siens."
    )
    submit = gettext_lazy("Inscrire la fusion")
    done = gettext_lazy("La fusion est inscrite.")

    def perform(self, form: MergeForm) -> HttpResponse:
        data = form.cleaned_data
        return self.finished(
            services.merge_organisations(successor_id=data["successor"].pk, effective_on=data["effective_on"], **self.common(form))
        )


class OrganisationAbolish(ChangePage):
    form_class = AbolishForm
    rule = staticmethod(policies.abolish_organisation)
    title = gettext_lazy("Inscrire l’abolition")
    lead = gettext_lazy(
        "L’organisme prend fin la veille de la date d’effet. Ses dossiers, ses gestes passés et ses membres restent les siens."
    )
    submit = gettext_lazy("Inscrire l’abolition")
    done = gettext_lazy("L’abolition est inscrite.")

    def perform(self, form: AbolishForm) -> HttpResponse:
        data, successor = form.cleaned_data, form.cleaned_data["successor"]
        return self.finished(
            services.abolish_organisation(
                successor_id=successor.pk if successor else None, effective_on=data["effective_on"], **self.common(form)
            )
        )
