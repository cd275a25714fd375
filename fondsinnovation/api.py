"""The addresses of the API: its resources, its schema, and the page that explains it."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import include, path, re_path
from django.views.decorators.http import require_safe
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.utils import extend_schema
from drf_spectacular.views import SpectacularAPIView
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.routers import SimpleRouter

from funding.api import Agreements, Awards, Payments
from projects.api.applications import Applications
from projects.api.base import Resource
from projects.api.calls import Calls
from projects.enums import TokenScope
from reporting.api import FollowUps, Gains, Projects, RoiProjects, Variances


class Nowhere(Resource):
    """An address under /api/ that is not a resource: the refusal is JSON as well."""

    scope = TokenScope.CALLS
    public = True

    @extend_schema(exclude=True)
    def get(self, request: Request, **kwargs: Any) -> Response:
        raise NotFound


class Schema(SpectacularAPIView):
    """The schema itself needs no token."""

    authentication_classes = ()
    permission_classes = ()


@require_safe
def documentation(request: HttpRequest) -> HttpResponse:
    """The reference, made from the schema: no script, nothing from elsewhere."""
    schema = SchemaGenerator().get_schema(request=None, public=True)
    return render(request, "api/documentation.html", {"address": request.build_absolute_uri("."), "resources": _resources(schema)})


def _resources(schema: dict[str, Any]) -> list[dict[str, Any]]:
    """The operations of the schema in the order of their addresses, each with its parameters and the fields that it answers."""
    found = []
    for address, methods in sorted(schema["paths"].items()):
        operation = methods["get"]
        found.append(
            {
                "id": operation["operationId"],
                "address": address,
                "summary": operation["summary"],
                "description": operation["description"],
                "public": {} in operation["security"],
                "parameters": [
                    _described(schema, p["name"], p["schema"], p.get("description", "")) for p in operation.get("parameters", ())
                ],
                "fields": _fields(schema, operation["responses"]["200"]["content"]["application/json"]["schema"]),
            }
        )
    return found


def _fields(schema: dict[str, Any], answer: dict[str, Any]) -> list[dict[str, Any]]:
    """The fields of an answer; of a page of rows, those of one row."""
    properties = _resolved(schema, answer)["properties"]
    if "results" in properties:
        properties = _resolved(schema, properties["results"]["items"])["properties"]
    return [_described(schema, name, about, about.get("description", "")) for name, about in properties.items()]


def _described(schema: dict[str, Any], name: str, about: dict[str, Any], description: str) -> dict[str, Any]:
    """A parameter or a field in words: its type, what it is, and the values that it may take."""
    kind = _resolved(schema, about)
    values = kind.get("enum") or kind.get("items", {}).get("enum") or []
    return {
        "name": name,
        "type": kind.get("format") or kind.get("type") or "string",
        "description": description.partition("\n\n")[0],
        "values": [value for value in values if value is not None],
    }


def _resolved(schema: dict[str, Any], about: dict[str, Any]) -> dict[str, Any]:
    """What a reference stands for; a nullable or described one is wrapped in a list of one."""
    for wrapper in ("allOf", "oneOf"):
        if wrapper in about:
            about = about[wrapper][0]
    if "$ref" not in about:
        return about
    return schema["components"]["schemas"][about["$ref"].rpartition("/")[2]]


app_name = "api"
router = SimpleRouter()
for prefix, resource in (
    ("calls", Calls),
    ("applications", Applications),
    ("projects", Projects),
    ("awards", Awards),
    ("agreements", Agreements),
    ("payments", Payments),
    ("gains", Gains),
    ("follow-ups", FollowUps),
):
    router.register(prefix, resource)
urlpatterns = [
    path("", documentation, name="documentation"),
    path("schema/", Schema.as_view(), name="schema"),
    path("v1/", include(router.urls)),
    path("v1/reports/roi-projects/", RoiProjects.as_view(), name="roi-projects"),
    path("v1/reports/variances/", Variances.as_view(), name="variances"),
    re_path(r"^.*/$", Nowhere.as_view()),
]
