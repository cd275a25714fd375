"""Awards, agreements and payments that the token's person may see."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import serializers

from funding.enums import AgreementKind, AgreementState, AwardState, PaymentState
from funding.filters.awards import AgreementFilter, AwardFilter
from funding.filters.payments import PaymentFilter
from funding.models import Agreement, Award, Payment
from funding.policies.payments import list_payments
from funding.queries.agreements import agreements_for
from funding.queries.awards import awards_for
from funding.queries.payments import payments_for
from projects.api.base import RowsResource
from projects.enums import TokenScope
from projects.policies.scope import call_of


# ── Awards ───────────────────────────────────────────────────────────────────────────────────────────────────────────
class AwardSerializer(serializers.Serializer):
    """La décision sur une demande."""

    application = serializers.CharField(source="application.number", help_text=_("Numéro de la demande"))
    organisation = serializers.CharField(source="application.organisation.code", help_text=_("Code de l’organisme"))
    call = serializers.CharField(source="application.call.reference", help_text=_("Numéro de l’appel à projets"))
    state = serializers.ChoiceField(AwardState.choices, help_text=_("État de la décision"))
    amount = serializers.DecimalField(15, 2, help_text=_("Montant recommandé, puis approuvé, en dollars"))
    recommended_at = serializers.DateTimeField(help_text=_("Recommandée le"))
    decided_at = serializers.DateTimeField(allow_null=True, help_text=_("Décision rendue le"))


@extend_schema_view(
    list=extend_schema(summary=_("Lister les décisions"), description=_("Un organisme lit celles dont il a reçu la lettre.")),
    retrieve=extend_schema(summary=_("Lire une décision"), description=_("La décision sur la demande qui porte ce numéro.")),
)
class Awards(RowsResource):
    scope = TokenScope.AWARDS
    serializer_class = AwardSerializer
    filterset_class = AwardFilter
    lookup_field = "application__number"
    lookup_url_kwarg = "number"
    queryset = Award.objects.none()

    def rows(self) -> QuerySet[Award]:
        return awards_for(self.request.user, self.now).order_by("-recommended_at", "-pk")


# ── Agreements ───────────────────────────────────────────────────────────────────────────────────────────────────────
class AgreementSerializer(serializers.Serializer):
    """Une convention avec un bénéficiaire."""

    number = serializers.CharField(help_text=_("Numéro de la convention, unique"))
    project = serializers.CharField(source="project.reference", help_text=_("Numéro du projet"))
    organisation = serializers.CharField(source="project.organisation.code", help_text=_("Code de l’organisme"))
    kind = serializers.ChoiceField(AgreementKind.choices, help_text=_("Convention d’aide ou entente administrative"))
    state = serializers.ChoiceField(AgreementState.choices, help_text=_("État"))
    amount = serializers.DecimalField(15, 2, help_text=_("Montant engagé, en dollars"))
    starts_on = serializers.DateField(help_text=_("Début"))
    ends_on = serializers.DateField(help_text=_("Fin"))
    in_force_at = serializers.DateTimeField(allow_null=True, help_text=_("En vigueur depuis"))


@extend_schema_view(
    list=extend_schema(summary=_("Lister les conventions"), description=_("Celles des projets que vous pouvez lire, par numéro.")),
    retrieve=extend_schema(summary=_("Lire une convention"), description=_("La convention qui porte ce numéro.")),
)
class Agreements(RowsResource):
    scope = TokenScope.AGREEMENTS
    serializer_class = AgreementSerializer
    filterset_class = AgreementFilter
    lookup_field = "number"
    queryset = Agreement.objects.none()

    def rows(self) -> QuerySet[Agreement]:
        return agreements_for(self.request.user, self.now).order_by("number", "pk")


# ── Payments ─────────────────────────────────────────────────────────────────────────────────────────────────────────
class PaymentSerializer(serializers.Serializer):
    """Le paiement d’un versement."""

    number = serializers.CharField(help_text=_("Numéro du paiement, unique"))
    agreement = serializers.CharField(source="instalment.agreement.number", help_text=_("Numéro de la convention"))
    project = serializers.CharField(source="instalment.agreement.project.reference", help_text=_("Numéro du projet"))
    organisation = serializers.CharField(source="instalment.agreement.project.organisation.code", help_text=_("Code de l’organisme"))
    state = serializers.ChoiceField(PaymentState.choices, help_text=_("État"))
    amount = serializers.DecimalField(15, 2, help_text=_("Montant, en dollars"))
    fiscal_year = serializers.IntegerField(help_text=_("Première année civile de l’exercice : 2026 pour 2026-2027"))
    requested_at = serializers.DateTimeField(help_text=_("Demandé le"))
    paid_on = serializers.DateField(allow_null=True, help_text=_("Payé le"))
    reference = serializers.CharField(allow_null=True, help_text=_("Référence du paiement confirmé"))


@extend_schema_view(
    list=extend_schema(
        summary=_("Lister les paiements"), description=_("Réservé aux rôles qui lisent les paiements; le plus récent d’abord.")
    ),
    retrieve=extend_schema(summary=_("Lire un paiement"), description=_("Le paiement qui porte ce numéro.")),
)
class Payments(RowsResource):
    scope = TokenScope.PAYMENTS
    serializer_class = PaymentSerializer
    filterset_class = PaymentFilter
    lookup_field = "number"
    queryset = Payment.objects.none()

    def list(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        list_payments(request.user, self.now).require()
        return super().list(request, *args, **kwargs)

    def check_object_permissions(self, request: Any, obj: Payment) -> None:
        """After the search: a payment of a project that the person does not see is not found, whatever their role."""
        list_payments(request.user, self.now, call_of(obj)).require()

    def rows(self) -> QuerySet[Payment]:
        return payments_for(self.request.user, self.now).order_by("-requested_at", "-pk")
