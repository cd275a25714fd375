"""Invitations: sent, sent again and withdrawn from the organisation's page; and the page that a link opens."""

from __future__ import annotations

from typing import Any

from allauth.account.utils import perform_login
from allauth.core.internal import ratelimit
from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.cache import add_never_cache_headers
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from fondsinnovation.kit.errors import Throttled
from fondsinnovation.kit.views import ActForm
from projects.enums import Role
from projects.forms.people import AcceptForm, ConfirmForm, InvitationForm
from projects.models import Invitation, User
from projects.policies import people as policies
from projects.queries.invitations import Opening, Problem, has_account, opening_of
from projects.queries.people import organisations_for
from projects.services.invitations import (
    accept_invitation,
    invite_member,
    refuse_invitation_link,
    resend_invitation,
    revoke_invitation,
)
from projects.services.journal import sha256
from projects.views.people import MembershipCreate

#: how often one address may open links: nobody guesses 256 bits, and the journal is not theirs to fill
RATE = {"invitation": "30/m/ip"}
#: an unknown link says nothing of what exists; one that was valid is gone
STATUSES = {Problem.UNKNOWN: 404, Problem.OTHER_ACCOUNT: 403}
GONE = 410


class InvitationCreate(MembershipCreate):
    """Invite a person to take a role, whether or not they have an account."""

    template_name = "projects/invitation_form.html"
    form_class = InvitationForm

    def perform(self, form: BaseForm) -> HttpResponse:
        data = form.cleaned_data
        invite_member(
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
        messages.success(self.request, _("L’invitation est envoyée à %(email)s.") % {"email": data["email"]})
        return redirect("projects:organisation_detail", code=self.organisation.code)


class _InvitationAct(ActForm):
    """A page that confirms one act on an invitation that waits."""

    needs_recent_sign_in = True
    form_class = ConfirmForm

    @cached_property
    def invitation(self) -> Invitation:
        now = timezone.now()
        found = Invitation.objects.select_related("organisation", "call")
        invitation = get_object_or_404(found, pk=self.kwargs["pk"], organisation__in=organisations_for(self.request.user, now))
        policies.settle_invitation(self.request.user, invitation, now).require()
        return invitation

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(invitation=self.invitation, **kwargs)

    def asked(self, form: BaseForm) -> dict[str, Any]:
        key = form.cleaned_data["key"]
        return {"invitation_id": self.invitation.pk, "actor": self.request.user, "now": timezone.now(), "key": key}

    def back(self) -> HttpResponse:
        return redirect("projects:organisation_detail", code=self.invitation.organisation.code)


class InvitationResend(_InvitationAct):
    """Send another link: the first one stops working."""

    template_name = "projects/invitation_resend.html"

    def perform(self, form: BaseForm) -> HttpResponse:
        resend_invitation(**self.asked(form))
        messages.success(self.request, _("L’invitation est envoyée de nouveau; le premier lien ne fonctionne plus."))
        return self.back()


class InvitationRevoke(_InvitationAct):
    """Withdraw an invitation: its link stops working."""

    template_name = "projects/invitation_revoke.html"

    def perform(self, form: BaseForm) -> HttpResponse:
        revoke_invitation(**self.asked(form))
        messages.success(self.request, _("L’invitation est retirée."))
        return self.back()


class InvitationAccept(ActForm):
    """What a link opens. Mail scanners open links too: a GET shows a button, and only its POST takes the role.

    A link that opens nothing leaves one row in the journal, after the reading, as a download does.
    """

    template_name = "projects/invitation_accept.html"
    writes_access = True

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not ratelimit.consume(request, app="allauth.account", action="invitation", config=RATE, limit_get=True):
            raise Throttled(_("Attendez quelques minutes, puis recommencez."))
        response = self._refusal() or super(LoginRequiredMixin, self).dispatch(request, *args, **kwargs)  # open to who has no account
        add_never_cache_headers(response)
        return response

    @cached_property
    def opening(self) -> Opening:
        found = opening_of(sha256(self.kwargs["token"]), self.kwargs["code"], timezone.now())
        if found.invitation and not found.problem and self.person and self.person.email.lower() != found.invitation.email:
            return Opening(found.invitation, Problem.OTHER_ACCOUNT)
        return found

    @property
    def person(self) -> User | None:
        return self.request.user if self.request.user.is_authenticated else None  # type: ignore[return-value]

    def _refusal(self) -> HttpResponse | None:
        problem, invitation = self.opening.problem, self.opening.invitation
        if problem is None:
            return None
        refuse_invitation_link(problem=problem, invitation_id=invitation.pk if invitation else None, actor=self.person, now=timezone.now())
        context = {"problem": problem.value}
        return render(self.request, "projects/invitation_refused.html", context, status=STATUSES.get(problem, GONE))

    def get_form_class(self) -> type[BaseForm]:
        return ConfirmForm if self.person else AcceptForm

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        invitation = self.opening.invitation
        must_sign_in = self.person is None and invitation is not None and has_account(invitation.email)
        return super().get_context_data(invitation=invitation, must_sign_in=must_sign_in, **kwargs)

    def perform(self, form: BaseForm) -> HttpResponse:
        data, invitation = form.cleaned_data, self.opening.invitation
        assert invitation is not None  # noqa: S101 — `_refusal` answered otherwise
        answers = {name: data[name] for name in ("name", "password") if name in data}
        membership = accept_invitation(invitation_id=invitation.pk, actor=self.person, now=timezone.now(), key=data["key"], **answers)
        messages.success(
            self.request,
            _("Vous avez maintenant le rôle « %(role)s » pour %(organisation)s.")
            % {"role": membership.get_role_display(), "organisation": membership.organisation.name},
        )
        if self.person:
            return redirect("projects:workspace")
        return perform_login(self.request, membership.person)
