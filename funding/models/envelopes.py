"""The Fund, its envelopes, and the append-only ledger whose own trigger keeps the counters that refuse an overrun."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from funding.enums import COST_KINDS, MOVED_KINDS, LedgerKind
from projects.enums import EnvelopeCode

_MONEY = {"max_digits": 15, "decimal_places": 2}


class Fund(models.Model):
    """The Fund: its ceiling in dollars over its fiscal years, as dated data with its legal basis."""

    code = models.CharField(max_length=12, unique=True)
    name = models.CharField(_("nom"), max_length=120)
    ceiling = models.DecimalField(_("plafond"), **_MONEY)
    first_fiscal_year = models.PositiveSmallIntegerField()
    fiscal_years = models.PositiveSmallIntegerField()
    legal_basis = models.CharField(max_length=200)

    def __str__(self) -> str:
        return self.name


class Envelope(models.Model):
    """An earmarked part of the Fund. `ceiling` is dollars; what is authorised by year is the ledger's affair."""

    code = models.CharField(max_length=12, choices=EnvelopeCode, unique=True)
    fund = models.ForeignKey(Fund, models.PROTECT, related_name="envelopes")
    name = models.CharField(_("nom"), max_length=120)
    ceiling = models.DecimalField(_("plafond"), **_MONEY)

    def __str__(self) -> str:
        return self.name


class Allotment(models.Model):
    """The amount authorised for an envelope and fiscal year from a day on. Append-only; the latest known counts."""

    envelope = models.ForeignKey(Envelope, models.PROTECT, related_name="allotments")
    fiscal_year = models.PositiveSmallIntegerField(_("exercice"))
    amount = models.DecimalField(_("montant"), **_MONEY)
    effective_on = models.DateField(_("date d’effet"))
    recorded_at = models.DateTimeField()
    recorded_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    authority = models.CharField(_("autorité"), max_length=200)

    class Meta:
        constraints = [
            models.CheckConstraint(name="allotment_not_negative", condition=Q(amount__gte=0)),
            models.UniqueConstraint(name="allotment_unique", fields=["envelope", "fiscal_year", "effective_on", "recorded_at"]),
        ]


class LedgerEntry(models.Model):
    """One signed amount (dollars) on an envelope × fiscal year. Never changed, never deleted: a correction is a contra-entry.

    A reservation with no award is held by its call; with an award, by the award. A commitment is held by its agreement.
    A payment is positive, a recovery negative. What the Secretariat itself commits or pays is held by its cost, and was approved as a
    cost move. Credit other than an authorisation comes from an approved move. A contra-entry has the
    other sign and names the row that it `reverses`, in whole or in part: same account, same kind, same holder.
    """

    envelope = models.ForeignKey(Envelope, models.PROTECT, related_name="entries")
    fiscal_year = models.PositiveSmallIntegerField(_("exercice"))
    seq = models.BigIntegerField()
    kind = models.CharField(_("type"), max_length=14, choices=LedgerKind)
    amount = models.DecimalField(_("montant"), **_MONEY)
    call = models.ForeignKey("projects.Call", models.PROTECT, null=True, blank=True, related_name="+")
    award = models.ForeignKey("funding.Award", models.PROTECT, null=True, blank=True, related_name="+")
    agreement = models.ForeignKey("funding.Agreement", models.PROTECT, null=True, blank=True, related_name="entries")
    instalment = models.ForeignKey("funding.Instalment", models.PROTECT, null=True, blank=True, related_name="+")
    reference = models.CharField(_("référence"), max_length=60, blank=True)
    effective_on = models.DateField(_("date d’effet"))
    recorded_at = models.DateTimeField(_("date de connaissance"))
    recorded_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    reverses = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="reversed_by")
    move = models.ForeignKey("funding.CreditMove", models.PROTECT, null=True, blank=True, related_name="entries")
    amendment = models.ForeignKey("funding.Amendment", models.PROTECT, null=True, blank=True, related_name="entries")
    cost = models.ForeignKey("funding.SecretariatCost", models.PROTECT, null=True, blank=True, related_name="entries")
    cost_move = models.ForeignKey("funding.CostMove", models.PROTECT, null=True, blank=True, related_name="entries")
    sha256 = models.CharField(max_length=64)

    class Meta:
        db_table = "ledger_entry"
        constraints = [
            models.UniqueConstraint(name="ledger_seq_unique", fields=["envelope", "fiscal_year", "seq"]),
            models.UniqueConstraint(
                name="ledger_payment_reference_unique",
                fields=["reference"],
                condition=Q(kind__in=[LedgerKind.PAYMENT, LedgerKind.RECOVERY], reverses=None),
                violation_error_message=_("Cette référence de paiement existe déjà."),
            ),
            models.CheckConstraint(name="ledger_amount_not_zero", condition=~Q(amount=0)),
            models.CheckConstraint(name="ledger_amendment_commits", condition=Q(amendment=None) | Q(kind=LedgerKind.COMMITMENT, move=None)),
            models.CheckConstraint(
                name="ledger_kind_has_its_holder",
                condition=Q(kind=LedgerKind.AUTHORISATION, call=None, award=None, agreement=None, instalment=None, move=None)
                | Q(kind__in=MOVED_KINDS, call=None, award=None, agreement=None, instalment=None, move__isnull=False)
                | Q(kind=LedgerKind.RESERVATION, call__isnull=False, agreement=None, instalment=None)
                | Q(kind=LedgerKind.COMMITMENT, agreement__isnull=False, instalment=None)
                | Q(kind__in=[LedgerKind.PAYMENT, LedgerKind.RECOVERY], agreement__isnull=False) & ~Q(reference="")
                | Q(kind__in=COST_KINDS, cost__isnull=False),
            ),
            # Beside the constraint above: a commitment or a payment belongs to an agreement or to a cost of the Secretariat, never both.
            models.CheckConstraint(
                name="ledger_agreement_or_cost",
                condition=Q(cost=None, cost_move=None)
                | Q(cost__isnull=False, cost_move__isnull=False, kind__in=COST_KINDS)
                & Q(agreement=None, award=None, call=None, instalment=None, move=None)
                & ~Q(reference=""),
            ),
            models.CheckConstraint(
                name="ledger_sign_of_kind",
                condition=~Q(kind__in=[LedgerKind.PAYMENT, LedgerKind.RECOVERY, LedgerKind.LAPSE, LedgerKind.REINVESTMENT])
                | Q(kind__in=[LedgerKind.PAYMENT, LedgerKind.REINVESTMENT], amount__gt=0, reverses=None)
                | Q(kind__in=[LedgerKind.PAYMENT, LedgerKind.REINVESTMENT], amount__lt=0, reverses__isnull=False)
                | Q(kind__in=[LedgerKind.RECOVERY, LedgerKind.LAPSE], amount__lt=0, reverses=None)
                | Q(kind__in=[LedgerKind.RECOVERY, LedgerKind.LAPSE], amount__gt=0, reverses__isnull=False),
            ),
            models.CheckConstraint(name="ledger_hash", condition=Q(sha256__regex=r"^[0-9a-f]{64}$")),
        ]
        indexes = [
            models.Index(fields=["recorded_at", "id"]),
            models.Index(fields=["agreement", "kind"]),
            models.Index(fields=["kind", "envelope", "fiscal_year"]),
            models.Index(fields=["call"]),
        ]


class EnvelopeYear(models.Model):
    """Counter of one envelope × fiscal year, kept by the ledger's trigger alone; its CHECK is the guard. Never shown."""

    envelope = models.ForeignKey(Envelope, models.PROTECT, related_name="+")
    fiscal_year = models.PositiveSmallIntegerField()
    authorised = models.DecimalField(**_MONEY, default=0)
    reserved = models.DecimalField(**_MONEY, default=0)
    committed = models.DecimalField(**_MONEY, default=0)
    last_seq = models.BigIntegerField(default=0)

    class Meta:
        db_table = "envelope_year"
        constraints = [
            models.UniqueConstraint(name="envelope_year_unique", fields=["envelope", "fiscal_year"]),
            models.CheckConstraint(
                name="envelope_year_within_authorised",
                condition=Q(reserved__gte=0, committed__gte=0, authorised__gte=F("reserved") + F("committed")),
            ),
        ]


class EnvelopeTotal(models.Model):
    """Counter of one envelope over all years: what is authorised, with its transfers, never passes its ceiling (INV-02).

    Both start from `Envelope.ceiling`; a transfer between envelopes moves the ceiling too, so that they still sum to the Fund's.
    """

    envelope = models.OneToOneField(Envelope, models.PROTECT, primary_key=True, related_name="+")
    ceiling = models.DecimalField(**_MONEY)
    authorised = models.DecimalField(**_MONEY, default=0)

    class Meta:
        db_table = "envelope_total"
        constraints = [models.CheckConstraint(name="envelope_total_within_ceiling", condition=Q(authorised__lte=F("ceiling")))]


class CallYear(models.Model):
    """Counter of what a call still holds in one fiscal year: its reservation less what its awards took."""

    call = models.ForeignKey("projects.Call", models.PROTECT, related_name="+")
    fiscal_year = models.PositiveSmallIntegerField()
    reserved = models.DecimalField(**_MONEY, default=0)

    class Meta:
        db_table = "call_year"
        constraints = [
            models.UniqueConstraint(name="call_year_unique", fields=["call", "fiscal_year"]),
            models.CheckConstraint(name="call_year_within_reserved", condition=Q(reserved__gte=0)),
        ]


class AwardYear(models.Model):
    """Counter of what an approved award holds in one fiscal year until its agreement commits it."""

    award = models.ForeignKey("funding.Award", models.PROTECT, related_name="+")
    fiscal_year = models.PositiveSmallIntegerField()
    reserved = models.DecimalField(**_MONEY, default=0)

    class Meta:
        db_table = "award_year"
        constraints = [
            models.UniqueConstraint(name="award_year_unique", fields=["award", "fiscal_year"]),
            models.CheckConstraint(name="award_year_within_reserved", condition=Q(reserved__gte=0)),
        ]


class AgreementBalance(models.Model):
    """Counter of one agreement: 0 ≤ paid ≤ committed."""

    agreement = models.OneToOneField("funding.Agreement", models.PROTECT, primary_key=True, related_name="+")
    committed = models.DecimalField(**_MONEY, default=0)
    paid = models.DecimalField(**_MONEY, default=0)

    class Meta:
        db_table = "agreement_balance"
        constraints = [
            models.CheckConstraint(name="agreement_balance_within_committed", condition=Q(paid__gte=0, committed__gte=F("paid")))
        ]


class InstalmentBalance(models.Model):
    """Counter of one instalment: 0 ≤ paid ≤ scheduled."""

    instalment = models.OneToOneField("funding.Instalment", models.PROTECT, primary_key=True, related_name="+")
    scheduled = models.DecimalField(**_MONEY)
    paid = models.DecimalField(**_MONEY, default=0)

    class Meta:
        db_table = "instalment_balance"
        constraints = [
            models.CheckConstraint(name="instalment_balance_within_scheduled", condition=Q(paid__gte=0, scheduled__gte=F("paid")))
        ]
