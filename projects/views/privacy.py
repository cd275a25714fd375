"""One's own data: what the portal keeps, taken out as a file, corrected; and the link that confirms a new e-mail."""

from __future__ import annotations

from typing import Any

from allauth.core.internal import ratelimit
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core import signing
from django.forms import BaseForm
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.cache import add_never_cache_headers
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from fondsinnovation.kit.errors import Throttled
from fondsinnovation.kit.views import ActForm
from projects.forms.accounts import ConfirmForm, EmailForm, NameForm
from projects.models import EmailChange
from projects.policies.personal import purposes
from projects.queries.accounts import inactivity_rule, last_sign_in, open_change_of, roles_of
from projects.services import accounts as acts


@require_safe
@login_required
def own_data(request: HttpRequest) -> HttpResponse:
    """What the portal keeps of the person, why and for how long."""
    now = timezone.now()
    context = {
        "roles": roles_of(request.user),
        "change": open_change_of(request.user, now),
        "last_seen": last_sign_in(request.user),
        "purposes": purposes(),
        "rule": inactivity_rule(timezone.localdate(now)),
        "key": f"{request.user.pk}-{now.timestamp()}",
    }
    return render(request, "projects/own_data.html", context)


@require_POST
@login_required
def own_data_export(request: HttpRequest) -> HttpResponse:
    """The file of one's own data, in the answer to this very POST: nothing keeps it."""
    content = acts.export_own_data(actor=request.user, now=timezone.now())
    response = HttpResponse(content, content_type="application/json; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="mes-renseignements.json"'
    response["X-Content-Type-Options"] = "nosniff"
    add_never_cache_headers(response)
    return response


class NameCorrect(ActForm):
    """Correct one's name."""

    template_name = "projects/own_name.html"
    form_class = NameForm

    def get_initial(self) -> dict[str, Any]:
        return {**super().get_initial(), "name": self.request.user.name}

    def perform(self, form: BaseForm) -> HttpResponse:
        data = form.cleaned_data
        acts.correct_name(name=data["name"], actor=self.request.user, now=timezone.now(), key=data["key"])
        messages.success(self.request, _("Votre nom est corrigé."))
        return redirect("projects:own_data")


class EmailRequest(ActForm):
    """Ask for another e-mail. Guesses of the password count with those of the page that changes it.

    Who signs in without a password is asked again who they are; the others answer with it, and no session keeps what they typed.
    """

    template_name = "projects/own_email.html"
    form_class = EmailForm

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        self.needs_recent_sign_in = request.user.is_authenticated and not request.user.has_usable_password()
        return super().dispatch(request, *args, **kwargs)

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "has_password": self.request.user.has_usable_password()}

    def perform(self, form: BaseForm) -> HttpResponse:
        if not ratelimit.consume(self.request, app="allauth.account", action="change_password"):
            raise Throttled(_("Attendez quelques minutes, puis recommencez."))
        data, root = form.cleaned_data, self.request.build_absolute_uri("/").rstrip("/")
        acts.request_email_change(
            email=data["email"], password=data.get("password", ""), root=root, actor=self.request.user, now=timezone.now(), key=data["key"]
        )
        messages.success(self.request, _("Si ce courriel peut servir, un lien y est envoyé : ouvrez-le d’ici 24 heures."))
        return redirect("projects:own_data")


class EmailConfirm(ActForm):
    """The page of the link: it only shows a button, so that a program that opens links changes nothing."""

    template_name = "projects/own_email_confirm.html"
    form_class = ConfirmForm

    @cached_property
    def change(self) -> EmailChange:
        try:
            pk = acts.change_of(self.kwargs["key"])
        except signing.BadSignature as error:
            raise Http404 from error
        return get_object_or_404(EmailChange, pk=pk, person=self.request.user.pk)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        open_ = EmailChange.objects.open_at(timezone.now()).filter(pk=self.change.pk).exists()
        return super().get_context_data(change=self.change, open=open_, **kwargs)

    def perform(self, form: BaseForm) -> HttpResponse:
        acts.confirm_email_change(change_id=self.change.pk, actor=self.request.user, now=timezone.now(), key=form.cleaned_data["key"])
        messages.success(self.request, _("Votre nouveau courriel est confirmé : il sert dès maintenant à vous connecter."))
        return redirect("projects:own_data")
