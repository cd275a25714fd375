"""Where a person lands after sign-in, and the page of an organisation with its members."""

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
from django.views.decorators.http import require_safe

from fondsinnovation.kit.views import ActForm
from projects.enums import Role
from projects.forms.people import EndMembershipForm, MembershipForm
from projects.menu import menu_of
from projects.models import Membership, Organisation
from projects.policies import people as policies
from projects.policies.rights import rights_of
from projects.queries.people import members_of, organisations_for
from projects.services.people import end_membership, grant_membership

#: where a role finds what it has to do, when that is not the first page of its menu
FIRST_PAGES = (
    ((Role.PAYMENT_REQUESTER, Role.PAYMENT_AUTHORISER), "funding:payment_list"),
    ((Role.GAIN_VERIFIER,), "reporting:gain_list"),
    ((Role.CONTROLLER, Role.HEAD, Role.MINISTER_DELEGATE), "funding:award_list"),
    ((Role.AUDITOR,), "reporting:dashboard"),
    ((Role.PRIVACY_OFFICER,), "projects:incident_list"),
    ((Role.TECHNICAL_ADMIN,), "reporting:operations"),
)


@require_safe
@login_required
def workspace(request: HttpRequest) -> HttpResponse:
    """Where the work of a person waits: by role, else the first page of their menu after the public ones, else the home page."""
    rights = rights_of(request.user, timezone.now())
    for roles, name in FIRST_PAGES:
        if rights.has(*roles):
            return redirect(name)
    entries = menu_of(rights, "")
    return redirect(entries[1].url if len(entries) > 1 else "projects:home")


@require_safe
@login_required
def organisation_detail(request: HttpRequest, code: str) -> HttpResponse:
    """An organisation and its members, past ones included."""
    now = timezone.now()
    organisation = get_object_or_404(organisations_for(request.user, now).select_related("region"), code=code)
    context = {
        "organisation": organisation,
        "members": members_of(organisation),
        "today": timezone.localdate(now),
        "may_manage": policies.manage_members(request.user, organisation, now),
    }
    return render(request, "projects/organisation_detail.html", context)


class MembershipCreate(ActForm):
    """Give a colleague a role."""

    template_name = "projects/membership_form.html"
    form_class = MembershipForm

    @cached_property
    def organisation(self) -> Organisation:
        organisation = get_object_or_404(organisations_for(self.request.user, timezone.now()), code=self.kwargs["code"])
        policies.manage_members(self.request.user, organisation, timezone.now()).require()
        return organisation

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "organisation": self.organisation}

    def get_initial(self) -> dict[str, Any]:
        return {**super().get_initial(), "starts_on": timezone.localdate()}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(organisation=self.organisation, **kwargs)

    def perform(self, form: BaseForm) -> HttpResponse:
        data = form.cleaned_data
        grant_membership(
            email=data["email"],
            role=Role(data["role"]),
            organisation_id=self.organisation.pk,
            starts_on=data["starts_on"],
            ends_on=data["ends_on"],
            actor=self.request.user,
            now=timezone.now(),
            key=data["key"],
        )
        messages.success(self.request, _("Le rôle est accordé."))
        return redirect("projects:organisation_detail", code=self.organisation.code)


class MembershipEnd(ActForm):
    """Confirm the end of a role."""

    template_name = "projects/membership_end.html"
    form_class = EndMembershipForm

    @cached_property
    def membership(self) -> Membership:
        now = timezone.now()
        membership = get_object_or_404(
            Membership.objects.select_related("person", "organisation"),
            pk=self.kwargs["pk"],
            organisation__in=organisations_for(self.request.user, now),
        )
        policies.end_membership(self.request.user, membership, now).require()
        return membership

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(membership=self.membership, **kwargs)

    def perform(self, form: BaseForm) -> HttpResponse:
        code = self.membership.organisation.code
        end_membership(membership_id=self.membership.pk, actor=self.request.user, now=timezone.now(), key=form.cleaned_data["key"])
        messages.success(self.request, _("Le rôle a pris fin."))
        return redirect("projects:organisation_detail", code=code)
