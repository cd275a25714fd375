"""What a portfolio package brings that nothing else of the portal holds."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class ImportedCost(models.Model):
    """A cost of the Secretariat taken from history, in dollars. Append-only; `reference` identifies the row."""

    amount = models.DecimalField(_("montant"), max_digits=15, decimal_places=2)
    effective_on = models.DateField(_("date d’effet"))
    recorded_at = models.DateTimeField(_("date de connaissance"))
    reference = models.CharField(_("référence"), max_length=60, unique=True)
    sha256 = models.CharField(max_length=64)

    class Meta:
        db_table = "imported_cost"
        constraints = [
            models.CheckConstraint(name="imported_cost_not_zero", condition=~Q(amount=0)),
            models.CheckConstraint(name="imported_cost_has_a_reference", condition=~Q(reference="")),
            models.CheckConstraint(name="imported_cost_hash", condition=Q(sha256__regex=r"^[0-9a-f]{64}$")),
        ]
        indexes = [models.Index(fields=["recorded_at", "id"])]

    def __str__(self) -> str:
        return self.reference


def cost_facts(row: ImportedCost) -> dict[str, object]:
    """What the SHA-256 of an imported cost covers."""
    return {"amount": row.amount, "effective_on": row.effective_on, "recorded_at": row.recorded_at, "reference": row.reference}
