"""Projects, gain reports and the rows of the return by project, as the pages show them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db.models import OuterRef, QuerySet, Subquery, Value
from django.db.models.functions import NullIf
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from fondsinnovation.kit.errors import Invalid
from projects.api.base import Pages, Resource, RowsResource
from projects.api.schema import REFUSALS
from projects.enums import Modality, Nature, ProjectState, TokenScope
from projects.models import Project
from projects.queries.applications import projects_for
from reporting.catalogue import ROI_PROJECTS
from reporting.enums import Assurance, GainReportState, Maturity
from reporting.filters.gains import GainFilter, ProjectFilter
from reporting.forms.reports import ReportForm
from reporting.models import GainReport, GainVerification
from reporting.policies.reports import read_reports
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
    cosignature_waived = serializers.BooleanField(help_text=gettext_lazy("Cosignature levée : l’organisme n’a qu’une personne active"))


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


# ── Return by project ────────────────────────────────────────────────────────────────────────────────────────────────
#: field of the page's form → parameter of the address
PARAMETERS: Mapping[str, str] = {"effet": "effective", "connaissance": "known", **{name: name for name in ROI_PROJECTS.filters}}

RoiProjectSerializer = type(
    "RoiProjectSerializer",
    (serializers.Serializer,),
    {
        "__doc__": "Le rendement d’un projet; TOTAL termine la liste complète. Montants et ratios en texte, exacts; null : sans objet.",
        **{column.code: serializers.CharField(allow_null=True, help_text=column.label) for column in ROI_PROJECTS.columns},
    },
)


class RoiPageSerializer(serializers.Serializer):
    """Une page de lignes, et ce sur quoi elles reposent."""

    effective = serializers.DateField(help_text=gettext_lazy("Date d’effet"))
    known = serializers.DateTimeField(help_text=gettext_lazy("Date de connaissance"))
    computed_at = serializers.DateTimeField(help_text=gettext_lazy("Instant du calcul"))
    sha256 = serializers.CharField(help_text=gettext_lazy("SHA-256 de toutes les lignes de l’instantané"))
    count = serializers.IntegerField(help_text=gettext_lazy("Nombre de lignes choisies"))
    next = serializers.URLField(allow_null=True, help_text=gettext_lazy("Adresse de la page suivante"))
    previous = serializers.URLField(allow_null=True, help_text=gettext_lazy("Adresse de la page précédente"))
    results = RoiProjectSerializer(many=True, help_text=gettext_lazy("Lignes, dans l’ordre du rapport"))


class RoiProjects(Resource):
    """Rows of a kept snapshot: the latest working one, or the one computed for exactly that pair of dates."""

    scope = TokenScope.REPORTS

    @extend_schema(
        operation_id="reports_roi_projects_list",
        summary=gettext_lazy("Lire le rendement par projet"),
        description=gettext_lazy("Sans date : le dernier instantané. Avec les deux dates : celui de ce couple, s’il a été calculé."),
        parameters=[
            OpenApiParameter("effective", str, description=gettext_lazy("Date d’effet : un jour")),
            OpenApiParameter("known", str, description=gettext_lazy("Date de connaissance : un jour, ou un instant avec son décalage")),
            *(OpenApiParameter(name, str, description=ROI_PROJECTS.column(name).label) for name in ROI_PROJECTS.filters),
            OpenApiParameter("page", int, description=Pages.page_query_description),
            OpenApiParameter("page_size", int, description=Pages.page_size_query_description),
        ],
        responses={200: RoiPageSerializer, **REFUSALS},
    )
    def get(self, request: Request) -> Response:
        read_reports(request.user, self.now).require()
        form = _form(request.query_params)
        chosen = form.cleaned_data["effet"], form.cleaned_data["connaissance"]
        snapshot = snapshot_of(ROI_PROJECTS.code, *chosen)
        if snapshot is None:
            raise NotFound(_("Aucun instantané n’a été calculé pour ces dates : demandez-le depuis la page du rapport."))
        pages = Pages()
        rows = pages.paginate_queryset(visible_rows(snapshot, ROI_PROJECTS, form.filters, request.user), request, view=self)
        said = RoiPageSerializer().fields
        about = {name: said[name].to_representation(getattr(snapshot, name)) for name in ("effective", "known", "computed_at", "sha256")}
        response = pages.get_paginated_response([_row(row.data) for row in rows or ()])
        response.data = {**about, **response.data}
        return response


def _form(asked: Mapping[str, str]) -> ReportForm:
    """The form of the page, under the names of the address. Raises Invalid."""
    form = ReportForm({field: asked.get(name, "") for field, name in PARAMETERS.items()}, report=ROI_PROJECTS)
    if not form.is_valid():
        raise Invalid(_("Corrigez les paramètres nommés."), errors={PARAMETERS[name]: texts[0] for name, texts in form.errors.items()})
    if bool(form.cleaned_data["effet"]) != bool(form.cleaned_data["connaissance"]):
        missing = "known" if form.cleaned_data["effet"] else "effective"
        raise Invalid(_("Corrigez les paramètres nommés."), errors={missing: _("Donnez les deux dates, ou aucune.")})
    return form


def _row(data: Mapping[str, str]) -> dict[str, str | None]:
    return {column.code: data[column.code] or None for column in ROI_PROJECTS.columns}
