"""Exceptional accesses: the list, one access and what it opens, the request, the decision and the end."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from fondsinnovation.kit.views import ActForm, posted_key
from projects.forms.exceptional import ExceptionalDecisionForm, ExceptionalRequestForm
from projects.models import ExceptionalAccess
from projects.policies import exceptional as policies
from projects.queries.applications import applications_for, documents_for
from projects.queries.exceptional import accesses_for, files_of
from projects.services import exceptional as acts
from projects.tables.exceptional import ExceptionalTable, state_tag


@require_safe
@login_required
def access_list(request: HttpRequest) -> HttpResponse:
    """A technical administrator's own accesses, or all of them for those who answer for the Fund."""
    now = timezone.now()
    policies.read_accesses(request.user, now).require()
    table = ExceptionalTable.for_page(request, accesses_for(request.user, now), now=now)
    context = {"table": table, "may_request": policies.request_access(request.user, now)}
    return render(request, "projects/exceptional_list.html", context)


@require_safe
@login_required
def access_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One access: who asked for what and why, who decided; and while it lasts, for the person who holds it, the files that it opens."""
    now = timezone.now()
    policies.read_accesses(request.user, now).require()
    access = get_object_or_404(accesses_for(request.user, now), pk=pk)
    context = {
        "access": access,
        "state": state_tag(access, now),
        "may_decide": policies.decide_access(request.user, access, now),
        "may_end": policies.end_access(request.user, access, now),
        "files": _files(request, access) if access.person_id == request.user.pk else [],
    }
    return render(request, "projects/exceptional_detail.html", context)


def _files(request: HttpRequest, access: ExceptionalAccess) -> list[dict[str, Any]]:
    """The files that the access opens now, each with its documents. Two queries; none is read once time is up."""
    now = timezone.now()
    seen = applications_for(request.user, now).filter(pk__in=files_of(access).order_by().values("pk"))
    files = list(seen.select_related("project").order_by("number", "pk"))
    documents = documents_for(request.user, now).filter(application__in=files).order_by("uploaded_at", "pk")
    by_file: dict[int | None, list[Any]] = {}
    for document in documents:
        by_file.setdefault(document.application_id, []).append(document)
    return [{"application": file, "project": getattr(file, "project", None), "documents": by_file.get(file.pk, [])} for file in files]


class AccessRequest(ActForm):
    """Ask for an exceptional access."""

    template_name = "projects/exceptional_request.html"
    form_class = ExceptionalRequestForm

    def get_initial(self) -> dict[str, Any]:
        policies.request_access(self.request.user, timezone.now()).require()
        return {**super().get_initial(), "minutes": 30}

    def perform(self, form: BaseForm) -> HttpResponse:
        asked = {name: form.cleaned_data[name] for name in ("target", "reason", "minutes", "key")}
        access = acts.request_exceptional_access(**asked, actor=self.request.user, now=timezone.now())
        messages.success(self.request, _("La demande est envoyée à la direction et à la tête du Secrétariat."))
        return redirect("projects:exceptional_access_detail", pk=access.pk)


class AccessDecide(ActForm):
    """Grant or refuse the access that somebody else asks for."""

    template_name = "projects/exceptional_decide.html"
    needs_recent_sign_in = True
    form_class = ExceptionalDecisionForm

    @cached_property
    def access(self) -> ExceptionalAccess:
        now = timezone.now()
        policies.read_accesses(self.request.user, now).require()
        access = get_object_or_404(accesses_for(self.request.user, now), pk=self.kwargs["pk"])
        policies.decide_access(self.request.user, access, now).require()
        return access

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(access=self.access, **kwargs)

    def perform(self, form: BaseForm) -> HttpResponse:
        decided = {"access_id": self.access.pk, "actor": self.request.user, "now": timezone.now(), "key": form.cleaned_data["key"]}
        if form.cleaned_data["decision"] == "grant":
            acts.grant_exceptional_access(**decided)
            messages.success(self.request, _("L’accès est accordé. Les personnes responsables sont avisées."))
        else:
            acts.refuse_exceptional_access(**decided, reason=form.cleaned_data["reason"])
            messages.success(self.request, _("L’accès est refusé."))
        return redirect("projects:exceptional_access_detail", pk=self.access.pk)


@require_POST
@login_required
def access_end(request: HttpRequest, pk: int) -> HttpResponse:
    """End an access at once, from the banner or from its page."""
    now = timezone.now()
    policies.read_accesses(request.user, now).require()
    access = get_object_or_404(accesses_for(request.user, now), pk=pk)
    acts.end_exceptional_access(access_id=access.pk, actor=request.user, now=now, key=posted_key(request))
    messages.success(request, _("L’accès exceptionnel a pris fin."))
    return redirect("projects:exceptional_access_detail", pk=pk)
