"""Applications: sections as typed, frozen versions, and the rows that a submission makes of them."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Func, Q, Value
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from projects.enums import WAITING, ApplicationState, CostCategory, FundingSource, SectionKind

ACCENTED = "àáâãäåçèéêëìíîïñòóôõöùúûüýÿœæ"
PLAIN = "aaaaaaceeeeiiiinooooouuuuyy"  # what has no counterpart is dropped, as `sort_key` does
_NUMBERED = ~Q(number__isnull=True)


class Application(models.Model):
    """One organisation's application to one call. Amounts are dollars, known once the budget section is valid."""

    call = models.ForeignKey("projects.Call", models.PROTECT, related_name="applications")
    organisation = models.ForeignKey("projects.Organisation", models.PROTECT, related_name="applications")
    number = models.CharField(_("numéro"), max_length=20, unique=True, null=True, blank=True)
    title = models.CharField(_("titre"), max_length=200, blank=True)
    state = models.CharField(_("état"), max_length=16, choices=ApplicationState, default=ApplicationState.DRAFT)
    amount_requested = models.DecimalField(_("montant demandé"), max_digits=15, decimal_places=2, null=True, blank=True)
    total_cost = models.DecimalField(_("coût total"), max_digits=15, decimal_places=2, null=True, blank=True)
    score = models.DecimalField(_("cote"), max_digits=6, decimal_places=2, null=True, blank=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    created_at = models.DateTimeField()
    #: who answers for the file in its organisation: who started it, until it is handed to a colleague
    responsible = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("responsable"))
    submitted_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    submitted_at = models.DateTimeField(_("déposée le"), null=True, blank=True)
    changed_at = models.DateTimeField()
    #: the title without case nor accents, kept by the database, for searches
    folded_title = models.GeneratedField(
        expression=Func(Lower("title"), Value(ACCENTED), Value(PLAIN), function="translate"),
        output_field=models.TextField(),
        db_persist=True,
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="application_submitted_iff_not_draft",
                condition=Q(
                    state=ApplicationState.DRAFT,
                    submitted_at__isnull=True,
                    submitted_by__isnull=True,
                    number__isnull=True,
                )
                | (~Q(state=ApplicationState.DRAFT) & Q(submitted_at__isnull=False, submitted_by__isnull=False) & _NUMBERED),
                violation_error_message=_("Cette demande a déjà été déposée."),
            ),
            models.CheckConstraint(
                name="application_amounts_not_negative",
                condition=(Q(amount_requested__isnull=True) | Q(amount_requested__gt=0))
                & (Q(total_cost__isnull=True) | Q(total_cost__gt=0)),
            ),
            models.CheckConstraint(
                name="application_amount_known_when_submitted",
                condition=Q(state=ApplicationState.DRAFT) | Q(amount_requested__isnull=False, total_cost__isnull=False),
            ),
        ]
        indexes = [
            models.Index(fields=["state", "submitted_at", "id"]),
            models.Index(fields=["call", "state", "submitted_at"]),
            models.Index(fields=["organisation", "state"]),
            models.Index(fields=["call", "score"]),
            models.Index(fields=["submitted_at", "id"]),
            models.Index(fields=["amount_requested", "id"]),
            models.Index(fields=["submitted_at", "id"], name="application_waiting", condition=Q(state__in=sorted(WAITING))),
        ]

    def __str__(self) -> str:
        return self.number or self.title or str(_("Demande sans titre"))

    def get_state_display(self) -> str:  # type: ignore[no-redef]
        """The label of the state. Django's own hashes every label at each call, which a list of states feels."""
        return str(ApplicationState(self.state).label)


class ApplicationSection(models.Model):
    """A section as last typed, whole and even when wrong; `version` detects that a colleague changed it."""

    application = models.ForeignKey(Application, models.PROTECT, related_name="sections")
    kind = models.CharField(max_length=16, choices=SectionKind)
    data = models.JSONField(default=dict)
    version = models.PositiveIntegerField(default=0)
    is_complete = models.BooleanField(default=False)
    saved_at = models.DateTimeField(null=True, blank=True)
    saved_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(name="section_unique", fields=["application", "kind"]),
            models.CheckConstraint(
                name="section_saved_is_complete_fact",
                condition=Q(version=0, saved_at__isnull=True, saved_by__isnull=True)
                | Q(version__gt=0, saved_at__isnull=False, saved_by__isnull=False),
            ),
        ]


class ApplicationVersion(models.Model):
    """What was submitted: canonical JSON and its SHA-256. Append-only in the database."""

    application = models.ForeignKey(Application, models.PROTECT, related_name="versions")
    number = models.PositiveSmallIntegerField()
    content = models.TextField()
    sha256 = models.CharField(max_length=64)
    received_at = models.DateTimeField()
    submitted_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(name="application_version_unique", fields=["application", "number"]),
            models.CheckConstraint(name="application_version_hash", condition=Q(sha256__regex=r"^[0-9a-f]{64}$")),
        ]


class BudgetLine(models.Model):
    """An eligible cost of a submitted application, in dollars."""

    application = models.ForeignKey(Application, models.PROTECT, related_name="budget_lines")
    fiscal_year = models.PositiveSmallIntegerField()
    category = models.CharField(max_length=12, choices=CostCategory)
    amount = models.DecimalField(max_digits=15, decimal_places=2)

    class Meta:
        constraints = [
            models.UniqueConstraint(name="budget_line_unique", fields=["application", "fiscal_year", "category"]),
            models.CheckConstraint(name="budget_line_positive", condition=Q(amount__gt=0)),
        ]


class FundingLine(models.Model):
    """Who pays how much in one fiscal year, in dollars; `in_kind` is not cash."""

    application = models.ForeignKey(Application, models.PROTECT, related_name="funding_lines")
    fiscal_year = models.PositiveSmallIntegerField()
    source = models.CharField(max_length=12, choices=FundingSource)
    amount = models.DecimalField(max_digits=15, decimal_places=2)
    in_kind = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(name="funding_line_unique", fields=["application", "fiscal_year", "source", "in_kind"]),
            models.CheckConstraint(name="funding_line_positive", condition=Q(amount__gt=0)),
        ]


class PlannedMilestone(models.Model):
    """A milestone as the applicant planned it; the agreement makes its own from it."""

    application = models.ForeignKey(Application, models.PROTECT, related_name="planned_milestones")
    position = models.PositiveSmallIntegerField()
    title = models.CharField(max_length=200)
    evidence = models.CharField(max_length=300)
    due_on = models.DateField()

    class Meta:
        constraints = [models.UniqueConstraint(name="planned_milestone_unique", fields=["application", "position"])]
