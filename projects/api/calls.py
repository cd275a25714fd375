"""Calls for projects, as anybody may read them; staff, with their token, read those that are not published yet."""

from __future__ import annotations

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import serializers

from projects.api.base import RowsResource
from projects.enums import CallState, EnvelopeCode, TokenScope
from projects.filters.calls import CallFilter
from projects.models import Call
from projects.queries.calls import calls_for


class CallSerializer(serializers.Serializer):
    """Un appel à projets."""

    reference = serializers.CharField(help_text=_("Numéro de l’appel, unique"))
    title = serializers.CharField(help_text=_("Titre"))
    purpose = serializers.CharField(help_text=_("Objet"))
    state = serializers.ChoiceField(CallState.choices, source="current", help_text=_("État selon l’horloge, au moment de la lecture"))
    envelope = serializers.ChoiceField(EnvelopeCode.choices, help_text=_("Enveloppe qui finance l’appel"))
    terms = serializers.CharField(source="terms.name", help_text=_("Modalités de financement"))
    opens_at = serializers.DateTimeField(help_text=_("Ouverture"))
    closes_at = serializers.DateTimeField(help_text=_("Fermeture : à cet instant, il est trop tard"))
    total = serializers.DecimalField(15, 2, allow_null=True, help_text=_("Montant réservé, tous exercices confondus, en dollars"))


@extend_schema_view(
    list=extend_schema(summary=_("Lister les appels à projets"), description=_("Sans jeton : les appels publiés.")),
    retrieve=extend_schema(summary=_("Lire un appel à projets"), description=_("L’appel qui porte ce numéro.")),
)
class Calls(RowsResource):
    scope = TokenScope.CALLS
    public = True
    serializer_class = CallSerializer
    filterset_class = CallFilter
    lookup_field = "reference"
    queryset = Call.objects.none()

    def rows(self) -> QuerySet[Call]:
        return calls_for(self.request.user, self.now).order_by("-opens_at", "-pk")
