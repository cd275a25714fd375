"""Recoveries: what a beneficiary must return, when, what it returned, and what was written off by one level above the decision."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from funding.enums import RECOVERY_TOLD, RecoveryBasis, RecoveryState, WriteOffState
from projects.enums import Role

_PERSON = settings.AUTH_USER_MODEL
_MONEY = {"max_digits": 15, "decimal_places": 2}


class Recovery(models.Model):
    """A sum, in dollars, that was paid under an agreement and is to be returned. Found by one person, claimed by another.

    `amount`, its basis and its reason never change; what is late is read from the last version of its schedule.
    """

    number = models.CharField(_("numéro"), max_length=20, unique=True)
    agreement = models.ForeignKey("funding.Agreement", models.PROTECT, related_name="recoveries")
    state = models.CharField(_("état"), max_length=12, choices=RecoveryState, default=RecoveryState.ESTABLISHED)
    basis = models.CharField(_("fondement"), max_length=12, choices=RecoveryBasis)
    reason = models.TextField(_("motif"), max_length=2000)
    amount = models.DecimalField(_("montant à recouvrer"), **_MONEY)
    established_by = models.ForeignKey(_PERSON, models.PROTECT, related_name="+")
    established_at = models.DateTimeField(_("constaté le"))
    claimed_by = models.ForeignKey(_PERSON, models.PROTECT, null=True, blank=True, related_name="+")
    claimed_at = models.DateTimeField(_("réclamé le"), null=True, blank=True)
    cancelled_by = models.ForeignKey(_PERSON, models.PROTECT, null=True, blank=True, related_name="+")
    cancelled_at = models.DateTimeField(null=True, blank=True)
    cancellation_reason = models.TextField(_("motif de l’annulation"), max_length=2000, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="recovery_positive",
                condition=Q(amount__gt=0),
                violation_error_message=_("Le montant à recouvrer est plus grand que zéro."),
            ),
            models.CheckConstraint(
                name="recovery_has_a_reason", condition=~Q(reason=""), violation_error_message=_("Un recouvrement doit être motivé.")
            ),
            models.CheckConstraint(
                name="recovery_claimed_iff_told",
                condition=Q(state__in=RECOVERY_TOLD, claimed_by__isnull=False, claimed_at__isnull=False)
                | (~Q(state__in=RECOVERY_TOLD) & Q(claimed_by=None, claimed_at=None)),
            ),
            models.CheckConstraint(
                name="recovery_claimed_by_another",
                condition=Q(claimed_by=None) | ~Q(claimed_by=F("established_by")),
                violation_error_message=_("Vous avez constaté ce recouvrement; une autre personne doit le réclamer ou l’annuler."),
            ),
            models.CheckConstraint(
                name="recovery_cancelled_says_why",
                condition=Q(state=RecoveryState.CANCELLED, cancelled_by__isnull=False, cancelled_at__isnull=False)
                & ~Q(cancellation_reason="")
                | ~Q(state=RecoveryState.CANCELLED) & Q(cancelled_by=None, cancelled_at=None, cancellation_reason=""),
            ),
            models.CheckConstraint(
                name="recovery_cancelled_by_another",
                condition=Q(cancelled_by=None) | ~Q(cancelled_by=F("established_by")),
                violation_error_message=_("Vous avez constaté ce recouvrement; une autre personne doit le réclamer ou l’annuler."),
            ),
        ]
        indexes = [models.Index(fields=["state", "id"]), models.Index(fields=["established_at", "id"])]

    def __str__(self) -> str:
        return self.number


class RecoveryPart(models.Model):
    """One due date of a schedule, in dollars; the parts of a version sum to the recovery. Append-only: the latest version counts."""

    recovery = models.ForeignKey(Recovery, models.PROTECT, related_name="parts")
    version = models.PositiveSmallIntegerField(_("version"))
    position = models.PositiveSmallIntegerField()
    due_on = models.DateField(_("échéance"))
    amount = models.DecimalField(_("montant"), **_MONEY)
    recorded_by = models.ForeignKey(_PERSON, models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(name="recovery_part_unique", fields=["recovery", "version", "position"]),
            models.CheckConstraint(name="recovery_part_positive", condition=Q(amount__gt=0)),
        ]


class RecoveryReceipt(models.Model):
    """What came back, in dollars, with its row of the ledger. Append-only: a negative row corrects a whole one, by another person."""

    recovery = models.ForeignKey(Recovery, models.PROTECT, related_name="receipts")
    entry = models.OneToOneField("funding.LedgerEntry", models.PROTECT, related_name="receipt")
    amount = models.DecimalField(_("montant"), **_MONEY)
    received_on = models.DateField(_("reçu le"))
    reference = models.CharField(_("référence"), max_length=60, unique=True)
    reverses = models.OneToOneField("self", models.PROTECT, null=True, blank=True, related_name="reversed_by")
    reason = models.TextField(_("motif de la correction"), max_length=2000, blank=True)
    recorded_by = models.ForeignKey(_PERSON, models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField(_("date de connaissance"))

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="recovery_receipt_sign",
                condition=Q(amount__gt=0, reverses=None, reason="") | Q(amount__lt=0, reverses__isnull=False) & ~Q(reason=""),
            ),
            models.CheckConstraint(name="recovery_receipt_has_its_reference", condition=~Q(reference="")),
        ]
        indexes = [models.Index(fields=["recovery", "recorded_at", "id"])]


class RecoveryCredit(models.Model):
    """The row of the ledger by which a receipt gave its credit back to the envelope, or its correction took it again. Append-only."""

    receipt = models.ForeignKey(RecoveryReceipt, models.PROTECT, related_name="credits")
    entry = models.OneToOneField("funding.LedgerEntry", models.PROTECT, related_name="recredit")


class WriteOff(models.Model):
    """A sum, in dollars, that will not be asked for any more: asked by one person, decided one level above the decision (SD-12).

    `original_role` is the highest that approved the aid, `role` that of the decision. Nothing is above the minister's delegate: another
    person then decides, and names the instrument from outside that allows it.
    """

    recovery = models.ForeignKey(Recovery, models.PROTECT, related_name="write_offs")
    state = models.CharField(_("état"), max_length=10, choices=WriteOffState, default=WriteOffState.REQUESTED)
    amount = models.DecimalField(_("montant à radier"), **_MONEY)
    reason = models.TextField(_("motif"), max_length=2000)
    requested_by = models.ForeignKey(_PERSON, models.PROTECT, related_name="+")
    requested_at = models.DateTimeField()
    original_role = models.CharField(_("niveau de la décision d’origine"), max_length=24, choices=Role)
    role = models.CharField(_("niveau de la radiation"), max_length=24, choices=Role, blank=True)
    authority = models.CharField(_("instrument"), max_length=200, blank=True)
    decided_by = models.ForeignKey(_PERSON, models.PROTECT, null=True, blank=True, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)
    refusal_reason = models.TextField(_("motif du refus"), max_length=2000, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="write_off_positive",
                condition=Q(amount__gt=0),
                violation_error_message=_("Le montant à radier est plus grand que zéro."),
            ),
            models.CheckConstraint(
                name="write_off_has_a_reason", condition=~Q(reason=""), violation_error_message=_("Une radiation doit être motivée.")
            ),
            models.CheckConstraint(
                name="write_off_two_people",
                condition=Q(decided_by=None) | ~Q(decided_by=F("requested_by")),
                violation_error_message=_("Vous avez demandé cette radiation; une autre personne doit la décider."),
            ),
            models.CheckConstraint(
                name="write_off_decision_is_whole",
                condition=Q(state=WriteOffState.REQUESTED, decided_by=None, decided_at=None, role="", authority="", refusal_reason="")
                | Q(state=WriteOffState.APPROVED, decided_by__isnull=False, decided_at__isnull=False, refusal_reason="") & ~Q(role="")
                | Q(state=WriteOffState.REFUSED, decided_by__isnull=False, decided_at__isnull=False) & ~Q(refusal_reason=""),
            ),
            models.CheckConstraint(
                name="write_off_one_level_above",
                condition=~Q(state=WriteOffState.APPROVED)
                | Q(original_role=Role.DIRECTOR, role__in=[Role.HEAD, Role.MINISTER_DELEGATE])
                | Q(original_role=Role.HEAD, role=Role.MINISTER_DELEGATE)
                | Q(original_role=Role.MINISTER_DELEGATE, role=Role.MINISTER_DELEGATE) & ~Q(authority=""),
                violation_error_message=_("Une radiation se décide un niveau au-dessus de la décision d’origine."),
            ),
            models.UniqueConstraint(
                name="write_off_one_waiting",
                fields=["recovery"],
                condition=Q(state=WriteOffState.REQUESTED),
                violation_error_message=_("Une radiation attend déjà sa décision."),
            ),
        ]


class RecoveryBalance(models.Model):
    """Counter of one recovery, kept by triggers: received and written off never pass what is due. Never shown."""

    recovery = models.OneToOneField(Recovery, models.PROTECT, primary_key=True, related_name="+")
    due = models.DecimalField(**_MONEY)
    received = models.DecimalField(**_MONEY, default=0)
    written_off = models.DecimalField(**_MONEY, default=0)

    class Meta:
        db_table = "recovery_balance"
        constraints = [
            models.CheckConstraint(
                name="recovery_within_due", condition=Q(received__gte=0, written_off__gte=0, due__gte=F("received") + F("written_off"))
            )
        ]
