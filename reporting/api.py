"""Projects, gain reports, follow-up reports, and the rows of two kept reports, as the pages show them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db.models import OuterRef, QuerySet, Subquery, Value
from django.db.models.functions import NullIf
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from fondsinnovation.kit.errors import Invalid
from funding.enums import RiskTier
from projects.api.base import Pages, Resource, RowsResource
from projects.api.schema import REFUSALS
from projects.enums import Modality, Nature, ProjectState, TokenScope
from projects.models import Project
from projects.queries.applications import projects_for
from reporting.catalogue import ROI_PROJECTS, VARIANCES
from reporting.columns import Report
from reporting.enums import Assurance, FollowUpKind, FollowUpState, GainReportState, Maturity
from reporting.filters.follow_ups import FollowUpFilter
from reporting.filters.gains import GainFilter, ProjectFilter
from reporting.forms.reports import ReportForm
from reporting.models import FollowUpReport, GainReport, GainVerification
from reporting.policies.reports import read_reports
from reporting.queries.follow_ups import days_late, follow_ups_for, with_tier
from reporting.queries.gains import conditions, gain_reports_for
from reporting.queries.snapshots import snapshot_of, visible_rows


# ── Projects ──────────────────────────────────────────────────────────────────────────────────────────────────────────
class ProjectSerializer(serializers.Serializer):
    """Un projet financé."""

    reference = serializers.CharField(help_text=gettext_lazy("Numéro du projet, unique"))
    title = serializers.CharField(help_text=gettext_lazy("Titre"))
    state = serializers.ChoiceField(ProjectState.choices, help_text=gettext_lazy("État"))
    modality = serializers.ChoiceField(Modality.choices, help_text=gettext_lazy("Modalité de financement"))
    call = serializers.CharField(source="call.reference", help_text=gettext_lazy("Numéro de l’appel à projets"))
    organisation = serializers.CharField(source="organisation.code", help_text=gettext_lazy("Code de l’organisme"))
    organisation_name = serializers.CharField(source="organisation.name", help_text=gettext_lazy("Nom de l’organisme"))
    region = serializers.CharField(source="region_id", allow_null=True, help_text=gettext_lazy("Code à deux chiffres de la région"))
    decided_on = serializers.DateField(help_text=gettext_lazy("Jour de la décision"))
    signed_on = serializers.DateField(allow_null=True, help_text=gettext_lazy("Jour de la signature de la convention"))
    starts_on = serializers.DateField(allow_null=True, help_text=gettext_lazy("Début"))
    ends_on = serializers.DateField(allow_null=True, help_text=gettext_lazy("Fin, prévue ou réelle"))


@extend_schema_view(
    list=extend_schema(
        summary=gettext_lazy("Lister les projets"), description=gettext_lazy("Les projets que vous pouvez lire, par numéro.")
    ),
    retrieve=extend_schema(summary=gettext_lazy("Lire un projet"), description=gettext_lazy("Le projet qui porte ce numéro.")),
)
class Projects(RowsResource):
    scope = TokenScope.PROJECTS
    serializer_class = ProjectSerializer
    filterset_class = ProjectFilter
    lookup_field = "reference"
    queryset = Project.objects.none()

    def rows(self) -> QuerySet[Project]:
        return projects_for(self.request.user, self.now).select_related("call", "organisation").order_by("reference", "pk")


# ── Gains ────────────────────────────────────────────────────────────────────────────────────────────────────────────
class GainSerializer(serializers.Serializer):
    """La déclaration d’un gain pour une période."""

    number = serializers.CharField(help_text=gettext_lazy("Numéro de la déclaration, unique"))
    project = serializers.CharField(source="project.reference", help_text=gettext_lazy("Numéro du projet"))
    line = serializers.CharField(source="line.code", help_text=gettext_lazy("Ligne du plan de gains"))
    nature = serializers.ChoiceField(Nature.choices, source="line.nature", help_text=gettext_lazy("Nature du gain"))
    state = serializers.ChoiceField(GainReportState.choices, help_text=gettext_lazy("État"))
    version = serializers.IntegerField(help_text=gettext_lazy("Version : 1 à la déclaration, une de plus à chaque redressement cosigné"))
    maturity = serializers.ChoiceField(
        Maturity.choices,
        source="declared_maturity",
        allow_null=True,
        help_text=gettext_lazy("Maturité du gain déclaré; null : elle n’était pas demandée"),
    )
    period_start = serializers.DateField(help_text=gettext_lazy("Premier jour de la période"))
    period_end = serializers.DateField(help_text=gettext_lazy("Dernier jour de la période"))
    amount = serializers.DecimalField(15, 2, help_text=gettext_lazy("Gain déclaré, en dollars; une hausse de coût est négative"))
    verified_amount = serializers.DecimalField(15, 2, allow_null=True, help_text=gettext_lazy("Gain vérifié, en dollars"))
    assurance = serializers.ChoiceField(
        Assurance.choices, allow_null=True, help_text=gettext_lazy("Assurance donnée par la dernière vérification")
    )
    captured_amount = serializers.DecimalField(15, 2, allow_null=True, help_text=gettext_lazy("Gain capté, en dollars"))
    cosignature_waived = serializers.BooleanField(help_text=gettext_lazy("Cosignature levée : l’organisme n’a qu’une personne active"))


@extend_schema_view(
    list=extend_schema(
        summary=gettext_lazy("Lister les gains"), description=gettext_lazy("Les déclarations que vous pouvez lire, par numéro.")
    ),
    retrieve=extend_schema(summary=gettext_lazy("Lire un gain"), description=gettext_lazy("La déclaration qui porte ce numéro.")),
)
class Gains(RowsResource):
    scope = TokenScope.GAINS
    serializer_class = GainSerializer
    filterset_class = GainFilter
    lookup_field = "number"
    queryset = GainReport.objects.none()

    def filter_arguments(self) -> dict[str, Any]:
        return {"conditions": conditions(self.request.user, self.now)}

    def rows(self) -> QuerySet[GainReport]:
        last = GainVerification.objects.filter(report=OuterRef("pk")).order_by("-pk").values("assurance")[:1]
        found = gain_reports_for(self.request.user, self.now).annotate(
            declared_maturity=NullIf("maturity", Value("")), assurance=Subquery(last)
        )
        return found.order_by("number", "pk")


# ── Follow-up reports ────────────────────────────────────────────────────────────────────────────────────────────────
class FollowUpSerializer(serializers.Serializer):
    """Un rapport de suivi dû par une convention."""

    number = serializers.CharField(help_text=gettext_lazy("Numéro du rapport, unique"))
    project = serializers.CharField(source="project.reference", help_text=gettext_lazy("Numéro du projet"))
    agreement = serializers.CharField(source="agreement.number", help_text=gettext_lazy("Numéro de la convention"))
    call = serializers.CharField(source="project.call.reference", help_text=gettext_lazy("Numéro de l’appel à projets"))
    organisation = serializers.CharField(source="project.organisation.code", help_text=gettext_lazy("Code de l’organisme"))
    kind = serializers.ChoiceField(FollowUpKind.choices, help_text=gettext_lazy("Type de rapport"))
    tier = serializers.ChoiceField(
        RiskTier.choices, allow_null=True, help_text=gettext_lazy("Palier de risque de la convention; null : pas encore classée")
    )
    state = serializers.ChoiceField(FollowUpState.choices, help_text=gettext_lazy("État"))
    period_start = serializers.DateField(help_text=gettext_lazy("Premier jour de la période"))
    period_end = serializers.DateField(help_text=gettext_lazy("Dernier jour de la période"))
    due_on = serializers.DateField(help_text=gettext_lazy("Échéance"))
    days_late = serializers.SerializerMethodField(
        help_text=gettext_lazy("Jours de retard à la première réception, ou à ce jour; 0 : à temps")
    )
    cosignature_waived = serializers.BooleanField(help_text=gettext_lazy("Cosignature levée : l’organisme n’a qu’une personne active"))
    submitted_at = serializers.DateTimeField(allow_null=True, help_text=gettext_lazy("Instant de la première réception"))
    verified_at = serializers.DateTimeField(allow_null=True, help_text=gettext_lazy("Instant de la vérification"))

    def get_days_late(self, report: FollowUpReport) -> int:
        return days_late(report, timezone.localdate(self.context["view"].now))


@extend_schema_view(
    list=extend_schema(
        summary=gettext_lazy("Lister les rapports de suivi"),
        description=gettext_lazy("Les rapports de suivi que vous pouvez lire, par numéro."),
    ),
    retrieve=extend_schema(
        summary=gettext_lazy("Lire un rapport de suivi"), description=gettext_lazy("Le rapport de suivi qui porte ce numéro.")
    ),
)
class FollowUps(RowsResource):
    scope = TokenScope.PROJECTS
    serializer_class = FollowUpSerializer
    filterset_class = FollowUpFilter
    lookup_field = "number"
    queryset = FollowUpReport.objects.none()

    def rows(self) -> QuerySet[FollowUpReport]:
        return with_tier(follow_ups_for(self.request.user, self.now)).order_by("number", "pk")


# ── Rows of kept reports ─────────────────────────────────────────────────────────────────────────────────────────────
#: field of the page's form → parameter of the address, beside the filters, which keep their name
DATES: Mapping[str, str] = {"effet": "effective", "connaissance": "known"}


def _row_serializer(report: Report, name: str, doc: str) -> type[serializers.Serializer]:
    """One field for each column of a report, in its order."""
    fields = {column.code: serializers.CharField(allow_null=True, help_text=column.label) for column in report.columns}
    made: type[serializers.Serializer] = type(name, (serializers.Serializer,), {"__doc__": doc, **fields})
    return made


class SnapshotPageSerializer(serializers.Serializer):
    """Une page de lignes, et ce sur quoi elles reposent."""

    effective = serializers.DateField(help_text=gettext_lazy("Date d’effet"))
    known = serializers.DateTimeField(help_text=gettext_lazy("Date de connaissance"))
    computed_at = serializers.DateTimeField(help_text=gettext_lazy("Instant du calcul"))
    sha256 = serializers.CharField(help_text=gettext_lazy("SHA-256 de toutes les lignes de l’instantané"))
    count = serializers.IntegerField(help_text=gettext_lazy("Nombre de lignes choisies"))
    next = serializers.URLField(allow_null=True, help_text=gettext_lazy("Adresse de la page suivante"))
    previous = serializers.URLField(allow_null=True, help_text=gettext_lazy("Adresse de la page précédente"))


RoiProjectSerializer = _row_serializer(
    ROI_PROJECTS,
    "RoiProjectSerializer",
    "Le rendement d’un projet; TOTAL termine la liste complète. Montants et ratios en texte, exacts; null : sans objet.",
)
VarianceSerializer = _row_serializer(
    VARIANCES,
    "VarianceSerializer",
    "L’écart d’un projet dans un exercice; TOTAL termine la liste complète. Montants et ratios en texte, exacts; null : sans objet.",
)


class RoiPageSerializer(SnapshotPageSerializer):
    """Une page de lignes du rendement par projet."""

    results = RoiProjectSerializer(many=True, help_text=gettext_lazy("Lignes, dans l’ordre du rapport"))


class VariancePageSerializer(SnapshotPageSerializer):
    """Une page de lignes des écarts."""

    results = VarianceSerializer(many=True, help_text=gettext_lazy("Lignes, dans l’ordre du rapport"))


class ReportRows(Resource):
    """Rows of a kept snapshot: the latest working one, or the one computed for exactly that pair of dates."""

    scope = TokenScope.REPORTS
    report: Report

    def get(self, request: Request) -> Response:
        read_reports(request.user, self.now).require()
        form = _form(self.report, request.query_params)
        chosen = form.cleaned_data["effet"], form.cleaned_data["connaissance"]
        snapshot = snapshot_of(self.report.code, *chosen)
        if snapshot is None:
            raise NotFound(_("Aucun instantané n’a été calculé pour ces dates : demandez-le depuis la page du rapport."))
        pages = Pages()
        rows = pages.paginate_queryset(visible_rows(snapshot, self.report, form.filters, request.user), request, view=self)
        said = SnapshotPageSerializer().fields
        about = {name: said[name].to_representation(getattr(snapshot, name)) for name in ("effective", "known", "computed_at", "sha256")}
        response = pages.get_paginated_response([_row(self.report, row.data) for row in rows or ()])
        response.data = {**about, **response.data}
        return response


def _described(report: Report, page: type[serializers.Serializer], *, operation: str, summary: Any) -> Any:
    """The schema of a resource of report rows."""
    return extend_schema(
        operation_id=operation,
        summary=summary,
        description=gettext_lazy("Sans date : le dernier instantané. Avec les deux dates : celui de ce couple, s’il a été calculé."),
        parameters=[
            OpenApiParameter("effective", str, description=gettext_lazy("Date d’effet : un jour")),
            OpenApiParameter("known", str, description=gettext_lazy("Date de connaissance : un jour, ou un instant avec son décalage")),
            *(OpenApiParameter(name, str, description=report.column(name).label) for name in report.filters),
            OpenApiParameter("page", int, description=Pages.page_query_description),
            OpenApiParameter("page_size", int, description=Pages.page_size_query_description),
        ],
        responses={200: page, **REFUSALS},
    )


@extend_schema_view(
    get=_described(
        ROI_PROJECTS, RoiPageSerializer, operation="reports_roi_projects_list", summary=gettext_lazy("Lire le rendement par projet")
    )
)
class RoiProjects(ReportRows):
    report = ROI_PROJECTS


@extend_schema_view(
    get=_described(VARIANCES, VariancePageSerializer, operation="reports_variances_list", summary=gettext_lazy("Lire les écarts au prévu"))
)
class Variances(ReportRows):
    report = VARIANCES


def _form(report: Report, asked: Mapping[str, str]) -> ReportForm:
    """The form of the page, under the names of the address. Raises Invalid."""
    names = {**DATES, **{name: name for name in report.filters}}
    form = ReportForm({field: asked.get(name, "") for field, name in names.items()}, report=report)
    if not form.is_valid():
        raise Invalid(_("Corrigez les paramètres nommés."), errors={names[name]: texts[0] for name, texts in form.errors.items()})
    if bool(form.cleaned_data["effet"]) != bool(form.cleaned_data["connaissance"]):
        missing = "known" if form.cleaned_data["effet"] else "effective"
        raise Invalid(_("Corrigez les paramètres nommés."), errors={missing: _("Donnez les deux dates, ou aucune.")})
    return form


def _row(report: Report, data: Mapping[str, str]) -> dict[str, str | None]:
    return {column.code: data[column.code] or None for column in report.columns}
