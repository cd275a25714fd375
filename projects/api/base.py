"""What every endpoint shares: tokens and their scopes, rates, pages, errors in JSON, and reads that cannot write."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django_filters.rest_framework import DjangoFilterBackend
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed, NotFound, PermissionDenied, Throttled, ValidationError
from rest_framework.pagination import PageNumberPagination
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.throttling import SimpleRateThrottle
from rest_framework.views import APIView, exception_handler
from rest_framework.viewsets import GenericViewSet, ReadOnlyModelViewSet

from fondsinnovation.kit.errors import DomainError, Invalid
from projects.enums import TokenScope
from projects.models import ApiToken, User
from projects.queries.tokens import token_with
from projects.services.journal import sha256
from projects.services.tokens import mark_used

#: HTTP status → code and message of an error that no domain rule raised
ERRORS: Mapping[int, tuple[str, Any]] = {
    400: ("bad_request", gettext_lazy("La requête est mal formée.")),
    401: ("unauthenticated", gettext_lazy("Présentez un jeton valide dans l’en-tête « Authorization: Bearer ».")),
    403: ("not_allowed", gettext_lazy("Vos droits ne permettent pas cette lecture.")),
    404: ("not_found", gettext_lazy("Rien ne se trouve à cette adresse.")),
    405: ("method_not_allowed", gettext_lazy("L’interface se lit seulement : la méthode est GET.")),
    406: ("not_acceptable", gettext_lazy("L’interface répond en JSON seulement.")),
    415: ("unsupported_media_type", gettext_lazy("L’interface ne reçoit pas de contenu.")),
}


# ── Who asks, and how often ──────────────────────────────────────────────────────────────────────────────────────────
class BearerAuthentication(BaseAuthentication):
    """`Authorization: Bearer TOKEN`, and nothing else: no session opens the interface."""

    def authenticate(self, request: Request) -> tuple[User, ApiToken] | None:
        scheme, _space, secret = get_authorization_header(request).decode("latin-1").partition(" ")
        if scheme.lower() != "bearer":
            return None
        try:
            token = token_with(sha256(secret.strip()), timezone.now())
        except ApiToken.DoesNotExist:
            raise AuthenticationFailed from None
        return token.person, token

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="api"'


class HasScope(BasePermission):
    """The token carries the scope of the resource. A public resource needs no token, but one that is presented is held to its scope."""

    def has_permission(self, request: Request, view: Any) -> bool:
        if not isinstance(request.auth, ApiToken):
            return view.public
        if view.scope not in request.auth.scopes:
            raise PermissionDenied(_("Ce jeton n’a pas la portée « %(scope)s ».") % {"scope": view.scope.value})
        return True


class TokenThrottle(SimpleRateThrottle):
    """So many requests a minute for each token; fewer for each address without one."""

    def __init__(self) -> None:
        """The rate depends on who asks: it is chosen then."""

    def allow_request(self, request: Request, view: Any) -> bool:
        self.scope = "token" if isinstance(request.auth, ApiToken) else "anonymous"
        self.rate = self.get_rate()
        self.num_requests, self.duration = self.parse_rate(self.rate)
        return super().allow_request(request, view)

    def get_cache_key(self, request: Request, view: Any) -> str:
        ident = request.auth.pk if isinstance(request.auth, ApiToken) else self.get_ident(request)
        return self.cache_format % {"scope": self.scope, "ident": ident}


# ── What comes back ──────────────────────────────────────────────────────────────────────────────────────────────────
class Pages(PageNumberPagination):
    """Pages of 50 rows, of 200 at most."""

    page_size_query_param = "page_size"
    max_page_size = 200
    page_query_description = gettext_lazy("Numéro de la page, à partir de 1.")
    page_size_query_description = gettext_lazy("Nombre de lignes par page : 50, et 200 au plus.")


class FilterBackend(DjangoFilterBackend):
    """The FilterSet of the page, with whatever else that page gives it (`filter_arguments` of the resource)."""

    def get_filterset_kwargs(self, request: Request, queryset: QuerySet[Any], view: Any) -> dict[str, Any]:
        return {**super().get_filterset_kwargs(request, queryset, view), **view.filter_arguments()}


def answer_error(error: Exception, context: dict[str, Any]) -> Response | None:
    """Every refusal as JSON: `code`, `message`, `errors`. A domain error keeps the status that its page has."""
    if isinstance(error, DomainError):
        code = getattr(error, "code", "") or re.sub(r"(?<!^)(?=[A-Z])", "_", type(error).__name__).lower()
        errors = {name: [text] for name, text in error.errors.items()} if isinstance(error, Invalid) else {}
        return Response({"code": code, "message": error.message, "errors": errors}, status=error.status)
    response = exception_handler(error, context)
    if response is None:
        return None
    if isinstance(error, ValidationError):
        response.status_code = 422
        response.data = {"code": "invalid", "message": _("Corrigez les paramètres nommés."), "errors": _by_name(error.detail)}
        return response
    if isinstance(error, Throttled):
        said = _("Trop de requêtes : réessayez dans %(seconds)s s.") % {"seconds": round(error.wait or 1)}
        response.data = {"code": "throttled", "message": said, "errors": {}}
        return response
    code, message = ERRORS[response.status_code]
    if isinstance(error, PermissionDenied | NotFound) and error.detail != error.default_detail:
        message = error.detail
    response.data = {"code": code, "message": str(message), "errors": {}}
    return response


def _by_name(detail: Any) -> dict[str, list[str]]:
    if not isinstance(detail, dict):
        return {"": [str(text) for text in detail]}
    return {str(name): [str(text) for text in texts] for name, texts in detail.items()}


# ── Resources ────────────────────────────────────────────────────────────────────────────────────────────────────────
class Resource(APIView):
    """A resource that is read with a scope. Its `scope` is one of TokenScope; `public` ones answer without a token."""

    scope: TokenScope
    public = False
    authentication_classes = (BearerAuthentication,)
    permission_classes = (HasScope,)
    throttle_classes = (TokenThrottle,)
    http_method_names = ("get", "head", "options")
    writes_access = True  # the day of last use, once the reading is over: `dispatch` is read-only itself

    @classmethod
    def as_view(cls, *args: Any, **kwargs: Any) -> Any:
        view = super().as_view(*args, **kwargs)
        view.writes_access = cls.writes_access  # a view set's function does not name its class
        return view

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """Read in a READ ONLY transaction, then keep the day on which the token was used."""
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION READ ONLY")
            response = super().dispatch(request, *args, **kwargs)
        if isinstance(token := getattr(self.request, "auth", None), ApiToken):
            mark_used(token, self.now)
        return response

    @cached_property
    def now(self) -> datetime:
        return timezone.now()


class Listing(Resource, GenericViewSet):
    """A resource of rows: `rows` gives those that the token's person may see, in a total order."""

    pagination_class = Pages
    filter_backends: tuple[Any, ...] = (FilterBackend,)

    def filter_arguments(self) -> dict[str, Any]:
        return {}

    def rows(self) -> QuerySet[Any]:
        raise TypeError(f"{type(self).__name__} says which rows it gives")

    def get_queryset(self) -> QuerySet[Any]:
        return self.rows()


class RowsResource(Listing, ReadOnlyModelViewSet):
    """A list with its filters, and each row at its own address."""

    lookup_value_regex = r"[^/\x00]+"  # no row has a NUL in its number, and the database would not be asked
