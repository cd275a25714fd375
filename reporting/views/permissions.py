"""« Qui peut faire quoi »: the rules that the portal enforces, for any signed-in person. Nothing here is about anybody in particular."""

from __future__ import annotations

from collections.abc import Iterator

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from projects.enums import Role
from projects.exports import csv_response
from projects.policies.rules import Where
from reporting.filters.permissions import RoleForm
from reporting.queries.permissions import MARKS, matrix


@require_safe
@login_required
def permission_list(request: HttpRequest) -> HttpResponse:
    """Each rule in one sentence, and the roles that it needs."""
    form = RoleForm(request.GET)
    role = form.chosen()
    context = {
        "filter_form": form,
        "role": role,
        "roles": list(Role) if role is None else [role],
        "width": 2 if role else len(Role) + 1,
        "groups": matrix(role),
        "legend": [(MARKS[where], where.label) for where in Where],
    }
    return render(request, "reporting/permission_list.html", context)


@require_safe
@login_required
def permission_export(request: HttpRequest) -> StreamingHttpResponse:
    """The whole matrix as a list for an office. It holds rules and nobody's data: taking it is no act."""
    header = [_("Objet"), _("Règle"), _("Actes"), *(role.label for role in Role)]
    return csv_response("qui-peut-quoi.csv", header, _lines())


def _lines() -> Iterator[list[str]]:
    anybody = _("toute personne, pour ce qui est à elle")
    for subject, rows in matrix():
        for row in rows:
            cells = [anybody if row.is_everybody_s else cell.label for cell in row.cells]
            yield [str(subject.label), str(row.rule.sentence), " · ".join(row.acts), *cells]
