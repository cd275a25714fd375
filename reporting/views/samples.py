"""Pages of samples: what was drawn, what a seed would draw, one sample with its findings, and its file."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from fondsinnovation.kit.errors import WrongState
from fondsinnovation.kit.views import ActForm, writes_access
from fondsinnovation.templatetags.typography import number
from projects.exports import csv_response
from projects.services.access import record_access
from reporting.enums import Picked
from reporting.forms.samples import FindingForm, SampleForm
from reporting.models import GainSample, GainSampleItem
from reporting.policies import samples as policies
from reporting.policies.verification import read_desk
from reporting.queries.samples import items_for, population_of, samples_for, seen_gains
from reporting.sampling import draw
from reporting.services import samples as acts
from reporting.services.snapshots import fix_knowledge
from reporting.tables.samples import SampleItemTable, SampleTable, gain_cell

#: what a first page proposes
PROPOSED = {"population": "unexamined", "largest": 10, "points": 20}


@require_safe
@login_required
def sample_list(request: HttpRequest) -> HttpResponse:
    """Every sample, with the share of the value that it covers and how much of it was examined."""
    now = timezone.now()
    read_desk(request.user, now).require()
    table = SampleTable.for_page(request, samples_for(request.user))
    count = table.paginator.count
    table.caption = ngettext("%(count)s échantillon", "%(count)s échantillons", count) % {"count": number(count)}
    return render(request, "reporting/sample_list.html", {"table": table})


class SampleDraw(ActForm):
    """What a seed would draw, shown to whoever reads samples; a verifier keeps it."""

    template_name = "reporting/sample_draw.html"
    form_class = SampleForm

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        self.now = timezone.now()
        if request.user.is_authenticated:
            read_desk(request.user, self.now).require()
            if request.method == "POST":
                policies.draw_sample(request.user, self.now, call=self._call(request)).require()
        return super().dispatch(request, *args, **kwargs)

    def _call(self, request: HttpRequest) -> int | None:
        """The call that is asked, for a role limited to it; the act asks again with what the form read."""
        form = SampleForm(request.POST, now=self.now)
        form.is_valid()
        call = form.cleaned_data.get("call")
        return call.pk if call else None

    def get_initial(self) -> dict[str, Any]:
        day = timezone.localdate(self.now)
        return {**super().get_initial(), **PROPOSED, "effective": day, "seed": f"{day:%Y-%m}"}

    def get_form_kwargs(self) -> dict[str, Any]:
        given = {**super().get_form_kwargs(), "now": self.now}
        if self.request.method == "GET" and "seed" in self.request.GET:
            given["data"] = self.request.GET
        return given

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        form = context["form"]
        if form.is_bound and form.is_valid():
            context |= self._preview(form)
        context["may_draw"] = policies.draw_sample(self.request.user, self.now, call=context.get("call_id"))
        return context

    def _preview(self, form: Any) -> dict[str, Any]:
        items, gains = population_of(form.asked)
        sample = draw(items, **form.drawn_with)
        drawn = {pick.key: gains[pick.key] for pick in sample.picks}
        seen = seen_gains(drawn, self.request.user, self.now)
        return {
            "sample": sample,
            "rows": [
                (gain_cell(seen[pick.key], pick.key), Picked(pick.why.value).label, _dollars(pick.cents), _dollars(pick.cumulative))
                for pick in sample.picks
                if pick.key in seen
            ],
            "hidden": len(drawn) - len(seen),
            "asked": form.asked,
            "call_id": form.asked.call_id,
            "total": _dollars(sample.cents),
            "covered": _dollars(sample.covered),
            "coverage": Decimal(sample.covered) / sample.cents if sample.cents else None,
            "interval": _dollars(sample.interval),
            "start": _dollars(sample.start),
            "kept": self._kept(form),
        }

    def _kept(self, form: Any) -> list[tuple[str, Any]]:
        """What the page sends to keep exactly what it shows: the same choices, and its own knowledge date."""
        shown = {name: form[name].value() or "" for name in form.fields if name not in ("known", "key")}
        return [*shown.items(), ("known", form.asked.known.isoformat()), ("key", self.get_initial()["key"])]

    def perform(self, form: BaseForm) -> HttpResponse:
        given = {"asked": form.asked, **form.drawn_with, "key": form.cleaned_data["key"]}  # type: ignore[attr-defined]
        fix_knowledge(form.asked.known, now=self.now)  # type: ignore[attr-defined]
        sample = acts.draw_sample(actor=self.request.user, now=self.now, **given)
        messages.success(self.request, _("L’échantillon est tiré et conservé."))
        return redirect("reporting:sample_detail", sample.number)


def _dollars(cents: int) -> Decimal:
    return Decimal(cents) / 100


def _sample(request: HttpRequest, name: str) -> GainSample:
    read_desk(request.user, timezone.now()).require()
    return get_object_or_404(samples_for(request.user), number=name)


@require_safe
@login_required
def sample_detail(request: HttpRequest, sample: str) -> HttpResponse:
    """One sample: how it was drawn, what it covers, its items and what was found of each."""
    now = timezone.now()
    found = _sample(request, sample)
    items = items_for(found, request.user, now)
    table = SampleItemTable.for_page(request, items, may_examine=bool(policies.draw_sample(request.user, now, call=found.call_id)))
    count = table.paginator.count
    table.caption = ngettext("%(count)s gain tiré", "%(count)s gains tirés", count) % {"count": number(count)}
    context = {"sample": found, "table": table, "hidden": found.size - count}  # type: ignore[attr-defined]
    context |= {"interval": _dollars(found.interval), "start": _dollars(found.start)}
    return render(request, "reporting/sample_detail.html", context)


@writes_access
@require_safe
@login_required
def sample_export(request: HttpRequest, sample: str) -> HttpResponse:
    """The items of a sample with its parameters, as a list for an office; who took it is in the journal."""
    now = timezone.now()
    found = _sample(request, sample)
    items = items_for(found, request.user, now)
    lines = list(_lines(found, items))
    record_access(obj=found, what="sample", actor=request.user, now=now)
    header = [_("Échantillon"), _("Graine"), _("Intervalle"), _("Départ"), _("Rang"), _("Gain"), _("Déclaration"), _("Organisme")]
    header += [_("Pourquoi"), _("Montant"), _("Somme cumulée"), _("Unités"), _("Examiné le"), _("Examiné par"), _("Constat")]
    return csv_response(f"{found.number}.csv", header, lines)


def _lines(sample: GainSample, items: Any) -> Iterator[list[Any]]:
    how = [sample.number, sample.seed, sample.interval, sample.start]
    for item in items:
        finding = getattr(item, "finding", None)
        seen = [finding.examined_at, finding.examined_by.name, finding.note] if finding else [None, None, None]
        report = item.gain.report.number if item.gain.report else None
        organisation = item.gain.project.organisation.name
        kept = [item.get_why_display(), item.gain.amount, item.cumulative, item.hits]
        yield [*how, item.position, item.key, report, organisation, *kept, *seen]


class SampleItem(ActForm):
    """Write what was found on one item."""

    template_name = "reporting/sample_item.html"
    form_class = FindingForm

    @cached_property
    def item(self) -> GainSampleItem:
        now = timezone.now()
        sample = _sample(self.request, self.kwargs["sample"])
        item: GainSampleItem = get_object_or_404(items_for(sample, self.request.user, now), position=self.kwargs["position"])
        policies.examine_item(self.request.user, item, now).require()
        return item

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if hasattr(self.item, "finding"):
            raise WrongState(_("Ce gain de l’échantillon est déjà examiné."))
        return super().get(request, *args, **kwargs)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(item=self.item, **kwargs)

    def perform(self, form: BaseForm) -> HttpResponse:
        given = {"note_text": form.cleaned_data["note_text"], "key": form.cleaned_data["key"]}
        acts.examine_item(item_id=self.item.pk, actor=self.request.user, now=timezone.now(), **given)
        messages.success(self.request, _("Le constat est inscrit."))
        return redirect("reporting:sample_detail", self.item.sample.number)
