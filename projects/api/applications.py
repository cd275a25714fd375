"""Submitted applications that the token's person may see."""

from __future__ import annotations

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import serializers

from projects.api.base import RowsResource
from projects.enums import ApplicationState, TokenScope
from projects.filters.applications import ApplicationFilter
from projects.models import Application
from projects.queries.staff import queue_for


class ApplicationSerializer(serializers.Serializer):
    """Une demande déposée."""

    number = serializers.CharField(help_text=_("Numéro de la demande, unique"))
    title = serializers.CharField(help_text=_("Titre"))
    state = serializers.ChoiceField(ApplicationState.choices, source="stage", help_text=_("Étape"))
    call = serializers.CharField(source="call.reference", help_text=_("Numéro de l’appel à projets"))
    organisation = serializers.CharField(source="organisation.code", help_text=_("Code de l’organisme"))
    organisation_name = serializers.CharField(source="organisation.name", help_text=_("Nom de l’organisme"))
    amount_requested = serializers.DecimalField(15, 2, help_text=_("Montant demandé au Fonds, en dollars"))
    total_cost = serializers.DecimalField(15, 2, help_text=_("Coût total admissible, en dollars"))
    submitted_at = serializers.DateTimeField(help_text=_("Instant de réception par le portail"))


@extend_schema_view(
    list=extend_schema(
        summary=_("Lister les demandes"), description=_("Les demandes déposées que vous pouvez lire, la plus ancienne d’abord.")
    ),
    retrieve=extend_schema(summary=_("Lire une demande"), description=_("La demande qui porte ce numéro.")),
)
class Applications(RowsResource):
    scope = TokenScope.APPLICATIONS
    serializer_class = ApplicationSerializer
    filterset_class = ApplicationFilter
    lookup_field = "number"
    queryset = Application.objects.none()

    def rows(self) -> QuerySet[Application]:
        return queue_for(self.request.user, self.now)
