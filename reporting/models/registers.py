"""What a recompute keeps from one time to the next: the register of gains by project, and what each project adds up."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from projects.enums import Stage
from reporting.rules import dollars, text

STAGES = tuple(Stage.values)


class GainSheet(models.Model):
    """The rows of the register `gains` of one project, written once: snapshots in which they are the same share them.

    `fingerprint` is of what they are made from, `sha256` of the rows as text, `cents` their sum.
    """

    project = models.ForeignKey("projects.Project", models.PROTECT, related_name="+")
    fingerprint = models.CharField(max_length=64)
    sha256 = models.CharField(max_length=64)
    rows = models.PositiveIntegerField()
    cents = models.BigIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(name="gain_sheet_unique", fields=["project", "fingerprint"])]


class GainPart(models.Model):
    """One row of the register: a part of a gain, in cents. `stage` is a place in STAGES; a windfall has no fiscal year (0).

    A sheet is written and removed whole, so the database checks neither of its keys row by row.
    """

    sheet = models.ForeignKey(GainSheet, models.DO_NOTHING, related_name="parts", db_constraint=False, db_index=False)
    position = models.PositiveIntegerField()
    line = models.ForeignKey("projects.GainLine", models.DO_NOTHING, related_name="+", db_constraint=False, db_index=False)
    stage = models.PositiveSmallIntegerField()
    period_start = models.DateField()
    period_end = models.DateField()
    fiscal_year = models.PositiveSmallIntegerField()
    days = models.PositiveIntegerField()
    cents = models.BigIntegerField()
    ended = models.BooleanField()
    windfall = models.BooleanField()
    contested = models.BooleanField()
    recorded_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(name="gain_part_unique", fields=["sheet", "position"])]

    @property
    def key(self) -> str:
        return self.sheet.project.reference

    @property
    def data(self) -> dict[str, str]:
        """The row as text by column, the same as the report computed anew."""
        return part_row(
            self.key, self.line.code, self.line.nature, self.line.recurrence, self.stage, self.period_start, self.period_end,
            self.fiscal_year, self.days, self.cents, self.ended, self.windfall, self.recorded_at, self.contested,
        )  # fmt: skip


#: where the arguments of `part_row` are, from a part
PART_FIELDS = (
    "sheet__project__reference", "line__code", "line__nature", "line__recurrence", "stage", "period_start", "period_end", "fiscal_year",
    "days", "cents", "ended", "windfall", "recorded_at", "contested",
)  # fmt: skip
_COLUMNS = (
    "project", "line", "nature", "recurrence", "stage", "period_start", "period_end", "fiscal_year", "days", "amount", "ended", "windfall",
    "recorded_at", "contested",
)  # fmt: skip


def part_row(*values: object) -> dict[str, str]:
    """A row of the register as text by column, from the values of PART_FIELDS."""
    row = dict(zip(_COLUMNS, values, strict=True))
    row["stage"], row["amount"] = STAGES[int(str(row["stage"]))], dollars(int(str(row["amount"])))
    row["fiscal_year"] = row["fiscal_year"] or None
    return {name: text(value) for name, value in row.items()}


class ProjectFacts(models.Model):
    """What one project added up at the last recompute of the working snapshots: groups and totals are made from these.

    `own` is of the project's own facts, which have one clock only: it tells when they changed. The rest are the columns of
    `analysis.Facts`, as 64-bit integers.
    """

    project = models.OneToOneField("projects.Project", models.PROTECT, primary_key=True, related_name="+")
    own = models.CharField(max_length=64)
    table = models.BinaryField()
    flows = models.BinaryField()
    recurrent = models.BinaryField()
    cells = models.BinaryField()


class FactBase(models.Model):
    """What the facts kept by project were read from: one row. `marks`: of each kind of row, the last key and the number known."""

    effective = models.DateField()
    known = models.DateTimeField()
    version = models.PositiveSmallIntegerField()
    rates = models.CharField(max_length=64)
    marks = models.JSONField(default=dict)

    class Meta:
        constraints = [
            models.CheckConstraint(name="fact_base_is_one", condition=Q(pk=1), violation_error_message=_("Une seule base de calcul."))
        ]
