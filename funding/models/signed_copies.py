"""An agreement signed outside the portal, as it was brought back; and the seal put on one that was signed inside."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from funding.enums import SignedCopyState

_PERSON = settings.AUTH_USER_MODEL


class SignedCopy(models.Model):
    """The PDF that both parties signed, recorded by one person and checked by another. `text` is the frozen text that it repeats."""

    agreement = models.ForeignKey("funding.Agreement", models.PROTECT, related_name="signed_copies")
    text = models.ForeignKey("funding.AgreementText", models.PROTECT, related_name="+")
    state = models.CharField(_("état"), max_length=10, choices=SignedCopyState, default=SignedCopyState.RECORDED)
    document = models.ForeignKey("projects.Document", models.PROTECT, related_name="+")
    beneficiary_name = models.CharField(_("signataire du bénéficiaire"), max_length=120)
    beneficiary_on = models.DateField(_("signée par le bénéficiaire le"))
    minister_name = models.CharField(_("signataire du ministre"), max_length=120)
    minister_on = models.DateField(_("signée pour le ministre le"))
    recorded_by = models.ForeignKey(_PERSON, models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField(_("inscrit le"))
    decided_by = models.ForeignKey(_PERSON, models.PROTECT, null=True, blank=True, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)
    refusal_reason = models.TextField(_("motif du refus"), max_length=2000, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="signed_copy_one_at_a_time",
                fields=["agreement"],
                condition=~Q(state=SignedCopyState.REFUSED),
                violation_error_message=_("Un exemplaire signé de cette convention est déjà inscrit."),
            ),
            models.CheckConstraint(
                name="signed_copy_two_people",
                condition=Q(decided_by=None) | ~Q(decided_by=F("recorded_by")),
                violation_error_message=_("Vous avez inscrit cet exemplaire; une autre personne doit le vérifier."),
            ),
            models.CheckConstraint(
                name="signed_copy_decision_is_whole",
                condition=Q(state=SignedCopyState.RECORDED, decided_by=None, decided_at=None, refusal_reason="")
                | Q(state=SignedCopyState.ACCEPTED, decided_by__isnull=False, decided_at__isnull=False, refusal_reason="")
                | Q(state=SignedCopyState.REFUSED, decided_by__isnull=False, decided_at__isnull=False) & ~Q(refusal_reason=""),
            ),
            models.CheckConstraint(name="signed_copy_names_both", condition=~Q(beneficiary_name="") & ~Q(minister_name="")),
        ]


class AgreementSeal(models.Model):
    """The PAdES seal of the portal on the agreement that both parties signed inside it: whose certificate, on what. Append-only."""

    agreement = models.OneToOneField("funding.Agreement", models.PROTECT, related_name="seal")
    text = models.ForeignKey("funding.AgreementText", models.PROTECT, related_name="+")
    document = models.ForeignKey("projects.Document", models.PROTECT, related_name="+")
    certificate_subject = models.CharField(_("certificat"), max_length=300)
    certificate_issuer = models.CharField(_("émetteur"), max_length=300)
    certificate_serial = models.CharField(_("numéro de série"), max_length=60)
    certificate_sha256 = models.CharField(_("empreinte du certificat"), max_length=64)
    sealed_at = models.DateTimeField(_("scellée le"))

    class Meta:
        constraints = [models.CheckConstraint(name="seal_certificate_hash", condition=Q(certificate_sha256__regex=r"^[0-9a-f]{64}$"))]
