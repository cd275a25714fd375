"""Where a person lands after sign-in, and the page of an organisation with its members."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from fondsinnovation.kit.errors import Stale
from fondsinnovation.kit.tables import PER_PAGE
from fondsinnovation.kit.views import ActForm
from projects.enums import APPLICANT_ROLES, Role
from projects.forms.people import ChangeMembershipForm, EndMembershipForm, MembershipForm
from projects.menu import menu_of
from projects.models import Delegation, Membership, Organisation
from projects.policies import people as policies
from projects.policies.applications import transfer_application
from projects.policies.rights import rights_of
from projects.queries.applications import drafts_of
from projects.queries.calls import calls_for, in_reading_order
from projects.queries.delegations import delegations_of
from projects.queries.invitations import pending_invitations
from projects.queries.people import last_change, members_of, organisations_for
from projects.services.people import change_membership, end_membership, grant_membership
from projects.tables.delegations import delegation_tag
from projects.views.organisations import facts_of

#: where a role finds what it has to do, when that is not the first page of its menu
FIRST_PAGES = (
    ((Role.PAYMENT_REQUESTER, Role.PAYMENT_AUTHORISER), "funding:payment_list"),
    ((Role.GAIN_VERIFIER,), "reporting:gain_list"),
    ((Role.CONTROLLER, Role.HEAD, Role.MINISTER_DELEGATE), "funding:award_list"),
    ((Role.AUDITOR,), "reporting:dashboard"),
    ((Role.PRIVACY_OFFICER,), "projects:incident_list"),
    ((Role.TECHNICAL_ADMIN,), "reporting:operations"),
)

#: who finds the link to the bank details of an organisation whose members they see; the page itself asks its own rule
READ_BANK_DETAILS = frozenset(
    {
        *APPLICANT_ROLES, Role.OFFICER, Role.DIRECTOR, Role.HEAD, Role.MINISTER_DELEGATE, Role.CONTROLLER, Role.PAYMENT_REQUESTER,
        Role.PAYMENT_AUTHORISER, Role.AUDITOR,
    }
)  # fmt: skip


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
    """An organisation, its history and who succeeded it; its members, past ones included, for those who may see them."""
    now = timezone.now()
    organisation = get_object_or_404(Organisation.objects.select_related("region", "parent", "successor"), code=code)
    members_shown = organisations_for(request.user, now).filter(pk=organisation.pk).exists()
    may_manage = policies.manage_members(request.user, organisation, now)
    context = {
        **facts_of(request, organisation, is_signed=members_shown),
        "organisation": organisation,
        "members_shown": members_shown,
        "bank_shown": members_shown and not rights_of(request.user, now).roles.isdisjoint(READ_BANK_DETAILS),
        "members": Paginator(members_of(organisation), PER_PAGE).get_page(request.GET.get("page")) if members_shown else [],
        "today": timezone.localdate(now),
        "now": now,
        "may_manage": may_manage,
        "invitations": pending_invitations(organisation) if may_manage else [],
        "delegations": _shown(delegations_of(organisation), timezone.localdate(now)) if members_shown else [],
    }
    return render(request, "projects/organisation_detail.html", context)


def _shown(delegations: Iterable[Delegation], today: date) -> list[dict[str, Any]]:
    """Each delegation, with its state in a word."""
    names = ("holder", "delegate", "source", "starts_on", "ends_on")
    return [{**{name: getattr(one, name) for name in names}, "shown": delegation_tag(one, today)} for one in delegations]


def managed_organisation(request: HttpRequest, code: str) -> Organisation:
    """An organisation whose members this person manages. Raises Http404, NotAllowed."""
    now = timezone.now()
    organisation = get_object_or_404(organisations_for(request.user, now), code=code)
    policies.manage_members(request.user, organisation, now).require()
    return organisation


class MembershipCreate(ActForm):
    """Give a colleague a role."""

    template_name = "projects/membership_form.html"
    needs_recent_sign_in = True
    form_class = MembershipForm

    @cached_property
    def organisation(self) -> Organisation:
        return managed_organisation(self.request, self.kwargs["code"])

    def get_form_kwargs(self) -> dict[str, Any]:
        calls = in_reading_order(calls_for(self.request.user, timezone.now()))
        return {**super().get_form_kwargs(), "organisation": self.organisation, "calls": calls}

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
            call_id=data["call"].pk if data["call"] else None,
            starts_on=data["starts_on"],
            ends_on=data["ends_on"],
            actor=self.request.user,
            now=timezone.now(),
            key=data["key"],
        )
        messages.success(self.request, _("Le rôle est accordé."))
        return redirect("projects:organisation_detail", code=self.organisation.code)


class MembershipEdit(ActForm):
    """Change the days of a role. Whoever comes second is shown what it is now, and by whom it was changed."""

    needs_recent_sign_in = True
    template_name = "projects/membership_edit.html"
    form_class = ChangeMembershipForm

    @cached_property
    def membership(self) -> Membership:
        membership = visible_membership(self.request, self.kwargs["pk"])
        policies.change_membership(self.request.user, membership, timezone.now()).require()
        return membership

    def get_initial(self) -> dict[str, Any]:
        member = self.membership
        return {**super().get_initial(), "starts_on": member.starts_on, "ends_on": member.ends_on, "version": member.version}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(membership=self.membership, **kwargs)

    def form_invalid(self, form: BaseForm, status: int = 422) -> HttpResponse:
        last = last_change(self.membership) if status == Stale.status else None
        return self.render_to_response(self.get_context_data(form=form, last=last), status=status)

    def perform(self, form: BaseForm) -> HttpResponse:
        data = form.cleaned_data
        days = {name: data[name] for name in ("starts_on", "ends_on", "version")}
        change_membership(membership_id=self.membership.pk, actor=self.request.user, now=timezone.now(), key=data["key"], **days)
        messages.success(self.request, _("Les dates du rôle sont modifiées."))
        return redirect("projects:organisation_detail", code=self.membership.organisation.code)


def visible_membership(request: HttpRequest, pk: int) -> Membership:
    """A membership of an organisation that this person sees, or 404."""
    found = Membership.objects.select_related("person", "organisation", "call")
    return get_object_or_404(found, pk=pk, organisation__in=organisations_for(request.user, timezone.now()))


class MembershipEnd(ActForm):
    """Confirm the end of a role; the drafts that the person leaves behind are there to be handed over."""

    template_name = "projects/membership_end.html"
    needs_recent_sign_in = True
    form_class = EndMembershipForm

    @cached_property
    def membership(self) -> Membership:
        membership = visible_membership(self.request, self.kwargs["pk"])
        policies.end_membership(self.request.user, membership, timezone.now()).require()
        return membership

    def get_initial(self) -> dict[str, Any]:
        return {**super().get_initial(), "version": self.membership.version}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        member, now = self.membership, timezone.now()
        drafts = list(drafts_of(member.person, member.organisation))
        may_transfer = {draft.pk: transfer_application(self.request.user, draft, now) for draft in drafts}
        return super().get_context_data(membership=member, drafts=[(draft, may_transfer[draft.pk]) for draft in drafts], **kwargs)

    def perform(self, form: BaseForm) -> HttpResponse:
        code, data = self.membership.organisation.code, form.cleaned_data
        end_membership(
            membership_id=self.membership.pk, actor=self.request.user, now=timezone.now(), version=data["version"], key=data["key"]
        )
        messages.success(self.request, _("Le rôle a pris fin."))
        return redirect("projects:organisation_detail", code=code)
