"""The seal of an agreement that both parties signed in the portal."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _

from fondsinnovation.kit.errors import WrongState, act
from fondsinnovation.templatetags.typography import long_date
from funding.enums import Party
from funding.models import Agreement, AgreementSeal, AgreementText
from funding.queries.agreement_texts import proofs_of, text_faults, text_of
from funding.seal import seal
from projects.enums import DocumentKind
from projects.models import User
from projects.services.documents import store_bytes
from projects.services.journal import note
from projects.services.locks import lock


def may_be_sealed(agreement: Agreement) -> bool:
    """Whether a seal is due: both parties signed the frozen text in the portal, nothing was sealed yet, and a certificate is set."""
    signed = {row.party for row in agreement.signatures.filter(signed_copy=None).exclude(text_sha256="")}
    due = signed == set(Party) and agreement.in_force_at is not None and not AgreementSeal.objects.filter(agreement=agreement).exists()
    return due and bool(settings.SEAL_CERTIFICATE)


@act
def seal_agreement(*, agreement_id: int, actor: User | None, now: datetime, key: str | None = None) -> AgreementSeal:
    """Seal the PDF that was signed. The clock of the worker does it, for nobody. Raises WrongState, NoSeal."""
    read = Agreement.objects.select_related("document").get(pk=agreement_id)
    text = _sealable(read)
    with text.document.path.open("rb") as file:
        content = file.read()
    sealed, certificate = seal(content, reason=_reason(read))

    agreement = lock(Agreement, agreement_id)
    _sealable(agreement)
    last = agreement.signatures.get(party=Party.MINISTER)
    assert last.person is not None  # noqa: S101 — signed in the portal, as _sealable made sure
    document = store_bytes(
        sealed, name=f"convention-{agreement.number}-scellee.pdf", content_type="application/pdf", kind=DocumentKind.SIGNED,
        actor=last.person, now=now, application=text.document.application, project=text.document.project,
    )  # fmt: skip
    made = AgreementSeal.objects.create(
        agreement=agreement,
        text=text,
        document=document,
        certificate_subject=certificate.subject,
        certificate_issuer=certificate.issuer,
        certificate_serial=certificate.serial,
        certificate_sha256=certificate.sha256,
        sealed_at=now,
    )
    note(made, sha256=document.sha256, text_sha256=text.sha256, certificate=certificate.sha256)
    return made


def _sealable(agreement: Agreement) -> AgreementText:
    """The text to seal. Raises WrongState."""
    text = text_of(agreement)
    if text is None or not may_be_sealed(agreement) or text_faults(agreement):
        raise WrongState(_("Cette convention n’a pas de sceau à recevoir."))
    return text


def _reason(agreement: Agreement) -> str:
    """What the seal says in the PDF: who signed, for whom, when."""
    with translation.override("fr-ca"):
        return "; ".join(
            _("%(party)s : %(name)s, le %(day)s")
            % {"party": one.signature.get_party_display(), "name": one.name, "day": long_date(one.signature.signed_on)}
            for one in proofs_of(agreement)
        )
