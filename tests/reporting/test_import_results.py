"""T03, T15 and T23 through the whole product: gains by the package, measures by their act, then recompute and export.

The package has no file of objectives nor of measures: the call's objective and its values are recorded in the portal.
"""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from projects.enums import Role
from projects.models import Call, Objective, Project
from reporting.models import ObjectiveResult, VarianceExplanation
from reporting.services.objectives import record_results
from tests.factories import person_with
from tests.reporting.packages import folder, of_frames, row, run, together
from tests.reporting.rows import payment_row, project_row
from tests.reporting.test_import_vectors import _clock, exported, t03
from tests.reporting.test_renewals import T15, project_of_t15
from tests.reporting.test_vectors import VECTORS

KNOWN, LATER, MEASURED = "2036-01-01", "2036-06-01", datetime(2035, 6, 1, tzinfo=UTC)
#: baseline, target, weight, measured
T23 = ((40, 60, 50, 55), (30, 20, 30, 22), (0, 10, 20, -3))
PACKAGE = together(
    {"organisations": [row("organisations", code="ORG")]},
    of_frames(t03(), "T03"),
    of_frames(
        {
            "projects": [project_row(name) for name in T15],
            "payments": [payment_row(100_000, date(2024, 6, 1), project=name) for name in T15],
            "gains": [gain for name in T15 for gain in project_of_t15(name, name)],
        },
        "T15",
    ),
)
__all__ = ["_clock"]


def measure(call, project, values, objectives):
    """Record values for a project of the call, whose objectives are made of (baseline, target, weight) when it has none."""
    found = Call.objects.get(reference=call)
    if not found.objectives.exists():
        for position, (baseline, target, weight) in enumerate(objectives, 1):
            Objective.objects.create(
                call=found, position=position, indicator=f"Délai {position}", unit="jours", baseline=baseline, target=target, weight=weight
            )
    pks = found.objectives.order_by("position").values_list("pk", flat=True)
    typed = dict(zip(pks, map(Decimal, values), strict=True))
    project_id = Project.objects.get(reference=f"{call}-{project}").pk
    officer = person_with(Role.OFFICER)
    record_results(project_id=project_id, values=typed, measured_on=date(2035, 1, 1), source="Registre", actor=officer, now=MEASURED)


@pytest.mark.django_db
@pytest.mark.usefixtures("_clock")
def test_renewal_and_variances_pass_from_the_package_to_the_export(capsys, tmp_path):
    code, _out, err = run(capsys, "import_portfolio", folder(tmp_path / "p", PACKAGE))
    assert (code, err) == (0, "")
    for name, (_realisation, attainment, _coverage) in T15.items():
        measure("T15", name, [attainment], [(0, 1, 100)])
    measure("T03", "P1", [actual for *_, actual in T23], [each[:3] for each in T23])
    found = {each["project"]: each for each in exported(capsys, tmp_path, "renewal", KNOWN)}
    for name, (realisation, attainment, coverage) in T15.items():
        line, expected = found[f"T15-{name}"], VECTORS["T15_renewal"][name]
        inputs = (line["realisation_verified"], line["objective_attainment"], line["coverage"])
        assert inputs == tuple(f"{Decimal(each):.4f}" for each in (realisation, attainment, coverage))
        assert line["factor"] == ("" if expected is None else f"{Decimal(expected):.4f}")
        assert line["recommended_amount"] == ("" if expected is None else f"{Decimal(expected) * 100_000:.2f}")
    assert found["T03-P1"]["objective_attainment"] == VECTORS["T23_objectives"]["weighted"]

    lines = exported(capsys, tmp_path, "variances", KNOWN, "2027-03-31", "--filter", "project=T03-P1")
    vector = VECTORS["T03_realisation"]
    assert [line["fiscal_year"] for line in lines] == ["2025", "2026", ""]
    assert (lines[-1]["verified"], lines[-1]["variance"], lines[-1]["band"]) == (
        f"{vector['verified']}.00",
        vector["variance_pct"],
        "amber",
    )

    ObjectiveResult.objects.create(  # known after the first pair of dates: it says the same as before
        project=Project.objects.get(reference="T15-partial"), objective=Call.objects.get(reference="T15").objectives.get(),
        actual=1, measured_on=date(2035, 1, 1), recorded_at=datetime(2036, 2, 1, tzinfo=UTC), recorded_by=person_with(Role.OFFICER),
    )  # fmt: skip
    VarianceExplanation.objects.create(
        project=Project.objects.get(reference="T03-P1"), fiscal_year=2025, cause="delay", explanation="Retard", action="Aucune",
        recorded_at=datetime(2036, 2, 1, tzinfo=UTC), recorded_by=person_with(Role.WRITER),
    )  # fmt: skip
    assert {each["project"]: each for each in exported(capsys, tmp_path, "renewal", KNOWN)} == found
    assert exported(capsys, tmp_path, "variances", KNOWN, "2027-03-31", "--filter", "project=T03-P1") == lines
    after = {each["project"]: each for each in exported(capsys, tmp_path, "renewal", LATER)}
    assert after["T15-partial"]["factor"] == "0.8800"  # 0.6 × 0.80 + 0.4 × 1
    assert exported(capsys, tmp_path, "variances", LATER, "2027-03-31", "--filter", "project=T03-P1")[0]["cause"] == "delay"
