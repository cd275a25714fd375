"""What the schema says of every operation beside its own answer: how it refuses, and with which token."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse
from rest_framework import serializers

from projects.api.base import BearerAuthentication


class ErrorSerializer(serializers.Serializer):
    """Un refus : un code stable, un message, et les erreurs de chaque paramètre."""

    code = serializers.CharField(help_text=gettext_lazy("Code stable, pour un programme"))
    message = serializers.CharField(help_text=gettext_lazy("Message, pour une personne"))
    errors = serializers.DictField(
        child=serializers.ListField(child=serializers.CharField()), help_text=gettext_lazy("Paramètre fautif et ses messages")
    )


REFUSALS: Mapping[int, OpenApiResponse] = {
    status: OpenApiResponse(ErrorSerializer, description=description)
    for status, description in {
        401: gettext_lazy("Jeton absent, inconnu, expiré ou révoqué"),
        403: gettext_lazy("Portée absente du jeton, ou rôle insuffisant"),
        404: gettext_lazy("Rien de visible à cette adresse"),
        422: gettext_lazy("Paramètre invalide"),
        429: gettext_lazy("Trop de requêtes"),
    }.items()
}


class DescribedSchema(AutoSchema):
    """Each answer with the refusals that every resource shares; a public resource is read without a token too."""

    def get_response_serializers(self) -> Any:
        return {200: super().get_response_serializers(), **REFUSALS}

    def get_override_parameters(self) -> list[OpenApiParameter]:
        if "{" not in self.path:
            return []
        name = self.view.lookup_url_kwarg or self.view.lookup_field
        return [OpenApiParameter(name, str, OpenApiParameter.PATH, description=_("Numéro, tel que les listes le donnent"))]

    def get_auth(self) -> list[dict[str, list[str]]]:
        return [{BearerScheme.name: []}, *([{}] if getattr(self.view, "public", False) else [])]


class BearerScheme(OpenApiAuthenticationExtension):
    target_class = BearerAuthentication
    name = "jeton"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer", "description": _("Jeton créé dans « Jetons d’accès », avec la portée de la ressource.")}
