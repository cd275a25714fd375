"""Pages of clauses: those in force, the versions of one with what changed between two, and a new version."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.forms import BaseForm
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from fondsinnovation.kit.views import ActForm
from funding.clauses import FIELDS, paragraphs
from funding.enums import AgreementKind
from funding.forms.clauses import ClauseForm
from funding.models import ClauseTemplate
from funding.policies import clauses as policies
from funding.queries.clauses import compared, current_clauses, previewed, versions_of
from funding.services import clauses as acts

_COPIED = ("kind", "code", "position", "title", "body", "title_en", "body_en")


@require_safe
@login_required
def clause_list(request: HttpRequest) -> HttpResponse:
    """The clauses in force today, by kind of agreement."""
    now = timezone.now()
    policies.read_clauses(request.user, now).require()
    rows = current_clauses(timezone.localdate(now))
    kinds = [(kind, [row for row in rows if row.kind == kind]) for kind in AgreementKind]
    context = {"kinds": kinds, "may_publish": policies.publish_clause(request.user, now), "fields": FIELDS.items()}
    return render(request, "funding/clause_list.html", context)


@require_safe
@login_required
def clause_detail(request: HttpRequest, kind: str, clause: str) -> HttpResponse:
    """A clause: its versions, one against the one before (or those that the address names), and how it reads."""
    now = timezone.now()
    policies.read_clauses(request.user, now).require()
    versions = list(versions_of(kind, clause))
    if not versions:
        raise Http404
    newer = _chosen(versions, request.GET.get("a"), versions[0])
    older = _chosen(versions, request.GET.get("de"), next((one for one in versions if one.version < newer.version), None))
    shown = newer.body_en if request.LANGUAGE_CODE.startswith("en") else newer.body  # type: ignore[attr-defined]
    context = {
        "clause": newer,
        "older": older,
        "versions": versions,
        "differences": compared(older.body, newer.body) if older else [],
        "preview": paragraphs(previewed(shown)),
        "may_publish": policies.publish_clause(request.user, now),
    }
    return render(request, "funding/clause_detail.html", context)


def _chosen(versions: list[ClauseTemplate], asked: str | None, otherwise: ClauseTemplate | None) -> ClauseTemplate | None:
    return next((one for one in versions if str(one.version) == asked), otherwise)


class ClausePublish(ActForm):
    """A new version of the clause that the address names, or a new clause; « Aperçu » shows it first and writes nothing."""

    needs_recent_sign_in = True
    template_name = "funding/clause_form.html"
    form_class = ClauseForm

    def require_possible(self) -> None:
        policies.publish_clause(self.request.user, timezone.now()).require()

    @cached_property
    def base(self) -> ClauseTemplate | None:
        """The version that the new one follows."""
        return versions_of(self.request.GET.get("kind", ""), self.request.GET.get("code", "")).first()

    def get_initial(self) -> dict[str, Any]:
        base = self.base
        copied = {name: getattr(base, name) for name in _COPIED} if base else {}
        after, today = base.version if base else 0, timezone.localdate()
        return {**super().get_initial(), **copied, "after": after, "valid_from": today}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**{"base": self.base, "fields": FIELDS.items(), **kwargs})

    def form_invalid(self, form: BaseForm, status: int = 422) -> HttpResponse:
        self.require_possible()  # who may not publish is told so before what is wrong in the form
        return super().form_invalid(form, status)

    def perform(self, form: BaseForm) -> HttpResponse:
        data = form.cleaned_data
        if "preview" in self.request.POST:
            self.require_possible()
            return self.render_to_response(self.get_context_data(form=form, preview=paragraphs(previewed(data["body"]))))
        names = (*_COPIED, "valid_from", "is_withdrawn")
        clause = acts.publish_clause(
            content=acts.ClauseContent(**{name: data[name] for name in names}),
            after=data["after"],
            reason=data["reason"],
            actor=self.request.user,
            now=timezone.now(),
            key=data["key"],
        )
        messages.success(self.request, _("La version %(version)s est publiée.") % {"version": clause.version})
        return redirect("funding:clause_detail", clause.kind, clause.code)
