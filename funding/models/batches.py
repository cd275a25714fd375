"""What leaves for the accounting system and what comes back: batches of payment orders, and return files."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from funding.enums import BatchState, ReturnStatus

_PERSON = settings.AUTH_USER_MODEL


class PaymentBatch(models.Model):
    """A file of payment orders. Its bytes are made of its orders alone, so they are the same at each download; `sha256` proves it."""

    number = models.CharField(_("numéro"), max_length=20, unique=True)
    state = models.CharField(_("état"), max_length=12, choices=BatchState, default=BatchState.PREPARED)
    prepared_by = models.ForeignKey(_PERSON, models.PROTECT, related_name="+")
    prepared_at = models.DateTimeField(_("préparé le"))
    order_count = models.PositiveIntegerField(_("ordres"))
    total = models.DecimalField(_("total"), max_digits=15, decimal_places=2)
    sha256 = models.CharField(max_length=64)
    transmitted_by = models.ForeignKey(_PERSON, models.PROTECT, null=True, blank=True, related_name="+")
    transmitted_at = models.DateTimeField(_("transmis le"), null=True, blank=True)
    cancelled_by = models.ForeignKey(_PERSON, models.PROTECT, null=True, blank=True, related_name="+")
    cancelled_at = models.DateTimeField(null=True, blank=True)
    cancellation_reason = models.TextField(_("motif de l’annulation"), max_length=2000, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(name="batch_hash", condition=Q(sha256__regex=r"^[0-9a-f]{64}$")),
            models.CheckConstraint(name="batch_not_empty", condition=Q(order_count__gt=0, total__gt=0)),
            models.CheckConstraint(
                name="batch_state_is_dated",
                condition=Q(state=BatchState.PREPARED, transmitted_by=None, transmitted_at=None, cancelled_by=None, cancelled_at=None)
                | Q(
                    state=BatchState.TRANSMITTED,
                    transmitted_by__isnull=False,
                    transmitted_at__isnull=False,
                    cancelled_by=None,
                    cancelled_at=None,
                )
                | Q(
                    state=BatchState.CANCELLED,
                    transmitted_by=None,
                    transmitted_at=None,
                    cancelled_by__isnull=False,
                    cancelled_at__isnull=False,
                )
                & ~Q(cancellation_reason=""),
            ),
        ]
        indexes = [models.Index(fields=["-prepared_at", "-id"], name="batch_reading_order")]

    def __str__(self) -> str:
        return self.number


class BatchOrder(models.Model):
    """One order of a batch, as it leaves: whatever changes later, the file does not. Released when its batch is cancelled."""

    batch = models.ForeignKey(PaymentBatch, models.PROTECT, related_name="orders")
    payment = models.ForeignKey("funding.Payment", models.PROTECT, related_name="orders")
    position = models.PositiveIntegerField()
    order_number = models.CharField(_("ordre"), max_length=40)
    beneficiary = models.CharField(_("bénéficiaire"), max_length=200)
    amount = models.DecimalField(_("montant"), max_digits=15, decimal_places=2)
    bank_detail = models.ForeignKey("funding.BankDetail", models.PROTECT, related_name="+")
    is_live = models.BooleanField(default=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(name="batch_position_unique", fields=["batch", "position"]),
            models.UniqueConstraint(
                name="batch_order_once",
                fields=["order_number"],
                condition=Q(is_live=True),
                violation_error_message=_("Cet ordre est déjà dans un lot."),
            ),
            models.CheckConstraint(name="batch_order_positive", condition=Q(amount__gt=0)),
        ]


class ReturnFile(models.Model):
    """A file in which the accounting system says what it did of the orders. Taken once: its SHA-256 is its identity. Append-only."""

    name = models.CharField(_("fichier"), max_length=200)
    sha256 = models.CharField(max_length=64, unique=True)
    received_by = models.ForeignKey(_PERSON, models.PROTECT, related_name="+")
    received_at = models.DateTimeField(_("reçu le"))
    line_count = models.PositiveIntegerField(_("lignes"))

    class Meta:
        constraints = [models.CheckConstraint(name="return_file_hash", condition=Q(sha256__regex=r"^[0-9a-f]{64}$"))]


class ReturnLine(models.Model):
    """What a return file said of one order. Append-only."""

    file = models.ForeignKey(ReturnFile, models.PROTECT, related_name="lines")
    position = models.PositiveIntegerField()
    payment = models.ForeignKey("funding.Payment", models.PROTECT, related_name="return_lines")
    status = models.CharField(_("statut"), max_length=10, choices=ReturnStatus)
    reference = models.CharField(_("référence"), max_length=60)
    dated_on = models.DateField(_("date"))
    reason = models.CharField(_("motif"), max_length=500, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(name="return_line_position_unique", fields=["file", "position"]),
            models.UniqueConstraint(name="return_line_payment_unique", fields=["file", "payment"]),
            models.CheckConstraint(
                name="return_line_rejection_says_why",
                condition=Q(status=ReturnStatus.CONFIRMED) | Q(status=ReturnStatus.REJECTED) & ~Q(reason=""),
            ),
        ]
