"""A person's tokens for programs: list, creation (the secret is shown once) and revocation."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.cache import add_never_cache_headers
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from fondsinnovation.kit.views import ActForm
from projects.forms.tokens import RevokeForm, TokenForm
from projects.models import ApiToken
from projects.policies import tokens as policies
from projects.queries.tokens import tokens_of
from projects.services.tokens import create_token, revoke_token
from projects.tables.tokens import TokenTable


@require_safe
@login_required
def token_list(request: HttpRequest) -> HttpResponse:
    """One's own tokens, with the day each was last used."""
    now = timezone.now()
    table = TokenTable.for_page(request, tokens_of(request.user), today=timezone.localdate(now))
    context = {"table": table, "may_create": policies.create_token(request.user, now)}
    return render(request, "projects/token_list.html", context)


class TokenCreate(ActForm):
    """A new token. Its secret is in the answer to this very POST: it is never stored, nor shown again."""

    template_name = "projects/token_form.html"
    needs_recent_sign_in = True
    form_class = TokenForm

    def get_initial(self) -> dict[str, Any]:
        policies.create_token(self.request.user, timezone.now()).require()
        return {**super().get_initial(), "expires_on": timezone.localdate() + timedelta(days=90)}

    def perform(self, form: BaseForm) -> HttpResponse:
        data = form.cleaned_data
        token = create_token(
            name=data["name"],
            scopes=data["scopes"],
            expires_on=data["expires_on"],
            actor=self.request.user,
            now=timezone.now(),
            key=data["key"],
        )
        response = render(self.request, "projects/token_created.html", {"token": token, "secret": getattr(token, "secret", "")})
        add_never_cache_headers(response)
        return response


class TokenRevoke(ActForm):
    """Confirm that a token is closed for good."""

    template_name = "projects/token_revoke.html"
    needs_recent_sign_in = True
    form_class = RevokeForm

    @cached_property
    def token(self) -> ApiToken:
        return get_object_or_404(tokens_of(self.request.user), pk=self.kwargs["pk"])

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(token=self.token, **kwargs)

    def perform(self, form: BaseForm) -> HttpResponse:
        revoke_token(token_id=self.token.pk, actor=self.request.user, now=timezone.now(), key=form.cleaned_data["key"])
        messages.success(self.request, _("Le jeton est révoqué."))
        return redirect("projects:token_list")
