"""Agreements with their signatures, milestones, instalments and fiscal-year parts."""

from __future__ import annotations

import pghistory
from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from funding.enums import AgreementKind, AgreementState, InstalmentKind, MilestoneState, Party, SignatureFactor
from projects.enums import Role

_PERSON = settings.AUTH_USER_MODEL
#: states that only the second signature opens
_SIGNED_BY_BOTH = [
    AgreementState.IN_FORCE,
    AgreementState.SUSPENDED,
    AgreementState.COMPLETED,
    AgreementState.CLOSED,
    AgreementState.DOCUMENTED_FAILURE,
    AgreementState.TERMINATED,
]


class Agreement(models.Model):
    """A contract with a beneficiary. Instalments sum to `amount` (dollars) to the cent: held at COMMIT by the database.

    One taken from history has no draft, schedule nor signature here: its `amount` is what the imported rows commit, and the ledger
    alone says what it paid.
    """

    number = models.CharField(_("numéro"), max_length=20, unique=True)
    award = models.OneToOneField("funding.Award", models.PROTECT, null=True, blank=True, related_name="agreement")
    project = models.OneToOneField("projects.Project", models.PROTECT, related_name="agreement")
    kind = models.CharField(_("type"), max_length=16, choices=AgreementKind)
    state = models.CharField(_("état"), max_length=20, choices=AgreementState, default=AgreementState.DRAFT)
    amount = models.DecimalField(_("montant"), max_digits=15, decimal_places=2)
    starts_on = models.DateField(_("début"))
    ends_on = models.DateField(_("fin"))
    imported_at = models.DateTimeField(_("reprise le"), null=True, blank=True, editable=False)
    drafted_by = models.ForeignKey(_PERSON, models.PROTECT, null=True, blank=True, related_name="+")
    drafted_at = models.DateTimeField()
    document = models.ForeignKey("projects.Document", models.PROTECT, null=True, blank=True, related_name="+")
    version = models.PositiveSmallIntegerField(_("version du projet"), default=1)
    reviewed_by = models.ForeignKey(_PERSON, models.PROTECT, null=True, blank=True, related_name="+")
    reviewed_at = models.DateTimeField(_("avis juridique favorable le"), null=True, blank=True)
    in_force_at = models.DateTimeField(_("en vigueur le"), null=True, blank=True)
    #: how many amendments changed what was signed: each one in force adds 1
    revision = models.PositiveSmallIntegerField(_("version"), default=0, db_default=0)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="agreement_amount_positive", condition=Q(amount__gt=0) | Q(imported_at__isnull=False, amount__gte=0)
            ),
            models.CheckConstraint(
                name="agreement_drafted_or_imported",
                condition=Q(imported_at__isnull=True, drafted_by__isnull=False)
                | Q(imported_at__isnull=False, drafted_by__isnull=True, award__isnull=True),
                violation_error_message=_("Une convention est préparée dans le portail, ou reprise de l’historique."),
            ),
            models.CheckConstraint(name="agreement_dates_in_order", condition=Q(ends_on__gte=F("starts_on"))),
            models.CheckConstraint(
                name="agreement_in_force_is_dated",
                condition=Q(state__in=_SIGNED_BY_BOTH, in_force_at__isnull=False)
                | (~Q(state__in=_SIGNED_BY_BOTH) & Q(in_force_at__isnull=True)),
            ),
            models.CheckConstraint(
                name="agreement_review_is_complete",
                condition=Q(reviewed_by__isnull=True, reviewed_at__isnull=True) | Q(reviewed_by__isnull=False, reviewed_at__isnull=False),
            ),
            models.CheckConstraint(
                name="agreement_reviewer_is_not_drafter",
                condition=Q(reviewed_by__isnull=True) | ~Q(reviewed_by=F("drafted_by")),
                violation_error_message=_("La personne qui prépare la convention n’en donne pas l’avis juridique."),
            ),
        ]
        indexes = [models.Index(fields=["state", "number"]), models.Index(fields=["drafted_at", "id"])]

    def __str__(self) -> str:
        return self.number


class AgreementPart(models.Model):
    """The part of an agreement in one fiscal year, in dollars; years after the current one are conditional."""

    agreement = models.ForeignKey(Agreement, models.PROTECT, related_name="parts")
    fiscal_year = models.PositiveSmallIntegerField(_("exercice"))
    amount = models.DecimalField(_("montant"), max_digits=15, decimal_places=2)

    class Meta:
        constraints = [
            models.UniqueConstraint(name="agreement_part_unique", fields=["agreement", "fiscal_year"]),
            models.CheckConstraint(name="agreement_part_positive", condition=Q(amount__gt=0)),
        ]


class Signature(models.Model):
    """A recorded signature: who signed for which party, on what day, by what means. Append-only.

    Inside the portal a person signs, with a second factor and a sentence; outside, `signed_copy` holds the PDF that was brought back and
    the names. `text_sha256` is that of the frozen text; an agreement of before it has none.
    """

    agreement = models.ForeignKey(Agreement, models.PROTECT, related_name="signatures")
    party = models.CharField(_("partie"), max_length=12, choices=Party)
    person = models.ForeignKey(_PERSON, models.PROTECT, null=True, blank=True, related_name="+")
    signed_on = models.DateField(_("signée le"))
    document = models.ForeignKey("projects.Document", models.PROTECT, null=True, blank=True, related_name="+")
    document_sha256 = models.CharField(max_length=64)
    text_sha256 = models.CharField(max_length=64, blank=True)
    role = models.CharField(_("à titre de"), max_length=24, choices=Role, blank=True)
    factor = models.CharField(_("second facteur"), max_length=12, choices=SignatureFactor, blank=True)
    intent = models.CharField(_("intention"), max_length=300, blank=True)
    signed_copy = models.ForeignKey("funding.SignedCopy", models.PROTECT, null=True, blank=True, related_name="signatures")
    recorded_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="signature_party_unique",
                fields=["agreement", "party"],
                violation_error_message=_("Cette partie a déjà signé."),
            ),
            models.UniqueConstraint(
                name="signature_person_unique",
                fields=["agreement", "person"],
                violation_error_message=_("La même personne ne signe pas pour les deux parties."),
            ),
            models.CheckConstraint(
                name="signature_is_somebody_s",
                condition=Q(person__isnull=False, signed_copy=None) | Q(person=None, signed_copy__isnull=False, factor="", intent=""),
                violation_error_message=_("Une signature est celle d’une personne du portail ou d’un exemplaire signé, jamais des deux."),
            ),
            models.CheckConstraint(
                name="signature_of_the_text_is_proven",
                condition=Q(text_sha256="") | Q(person=None) | (~Q(factor="") & ~Q(intent="") & ~Q(role="")),
                violation_error_message=_("Une signature dans le portail porte un second facteur, une intention et un titre."),
            ),
        ]


@pghistory.track(append_only=True)
class Milestone(models.Model):
    """A deliverable that unlocks money. Its history says what was known of it on a day (report `milestones`)."""

    agreement = models.ForeignKey(Agreement, models.PROTECT, related_name="milestones")
    position = models.PositiveSmallIntegerField()
    title = models.CharField(_("jalon"), max_length=200)
    evidence = models.CharField(_("preuve attendue"), max_length=300)
    due_on = models.DateField(_("échéance"))
    state = models.CharField(_("état"), max_length=10, choices=MilestoneState, default=MilestoneState.PLANNED)
    report = models.TextField(_("ce qui a été fait"), max_length=4000, blank=True)
    document = models.ForeignKey("projects.Document", models.PROTECT, null=True, blank=True, related_name="+")
    reported_by = models.ForeignKey(_PERSON, models.PROTECT, null=True, blank=True, related_name="+")
    reported_at = models.DateTimeField(null=True, blank=True)
    verified_by = models.ForeignKey(_PERSON, models.PROTECT, null=True, blank=True, related_name="+")
    verified_at = models.DateTimeField(null=True, blank=True)
    refusal_reason = models.TextField(_("motif du refus"), max_length=2000, blank=True)
    #: of a milestone accepted in part: the share (of 1) of its instalments that may be paid
    accepted_share = models.DecimalField(_("part acceptée"), max_digits=9, decimal_places=6, null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(name="milestone_position_unique", fields=["agreement", "position"]),
            models.CheckConstraint(
                name="milestone_accepted_share_iff_partial",
                condition=Q(state=MilestoneState.PARTIAL, accepted_share__gt=0, accepted_share__lt=1)
                | (~Q(state=MilestoneState.PARTIAL) & Q(accepted_share__isnull=True)),
                violation_error_message=_("Un jalon accepté en partie a une part acceptée, entre 0 et 100 %."),
            ),
            models.CheckConstraint(
                name="milestone_verified_has_evidence",
                condition=~Q(state__in=[MilestoneState.VERIFIED, MilestoneState.PARTIAL])
                | Q(document__isnull=False, reported_by__isnull=False, verified_by__isnull=False, verified_at__isnull=False),
            ),
            models.CheckConstraint(
                name="milestone_verifier_is_not_reporter",
                condition=Q(verified_by__isnull=True) | ~Q(verified_by=F("reported_by")),
                violation_error_message=_("La personne qui déclare un jalon ne peut pas le vérifier."),
            ),
            models.CheckConstraint(
                name="milestone_refusal_has_a_reason",
                condition=~Q(state__in=[MilestoneState.REFUSED, MilestoneState.PARTIAL]) | ~Q(refusal_reason=""),
                violation_error_message=_("Un refus doit être motivé."),
            ),
        ]
        indexes = [models.Index(F("state").desc(), "due_on", "id", name="milestone_reading_order")]

    def __str__(self) -> str:
        return self.title


class Instalment(models.Model):
    """A scheduled payment: an advance, a milestone's, or the holdback after the last one.

    `amendment` brought it, `replaced_by` took it out: it is never rewritten, and one that was replaced is never paid.
    """

    agreement = models.ForeignKey(Agreement, models.PROTECT, related_name="instalments")
    position = models.PositiveSmallIntegerField()
    kind = models.CharField(_("type"), max_length=10, choices=InstalmentKind)
    milestone = models.ForeignKey(Milestone, models.PROTECT, null=True, blank=True, related_name="instalments")
    fiscal_year = models.PositiveSmallIntegerField(_("exercice"))
    amount = models.DecimalField(_("montant"), max_digits=15, decimal_places=2)
    amendment = models.ForeignKey("funding.Amendment", models.PROTECT, null=True, blank=True, related_name="instalments")
    replaced_by = models.ForeignKey("funding.Amendment", models.PROTECT, null=True, blank=True, related_name="replaced")

    class Meta:
        constraints = [
            models.UniqueConstraint(name="instalment_position_unique", fields=["agreement", "position"]),
            models.CheckConstraint(name="instalment_positive", condition=Q(amount__gt=0)),
            models.CheckConstraint(
                name="instalment_has_its_milestone",
                condition=Q(kind__in=[InstalmentKind.ADVANCE, InstalmentKind.PRIZE], milestone__isnull=True)
                | Q(kind__in=[InstalmentKind.MILESTONE, InstalmentKind.HOLDBACK], milestone__isnull=False),
            ),
        ]
