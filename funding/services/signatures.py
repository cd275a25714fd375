"""One signature inside the portal: of the very text that was shown, meant, and proven by a second factor."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from fondsinnovation.kit.errors import Invalid, NotAllowed, Stale, WrongState
from funding.enums import Party, SignatureFactor
from funding.models import Agreement, AgreementText, Signature
from funding.policies.agreements import MINISTER_ROLES
from funding.queries.agreement_texts import text_faults
from projects.enums import Role
from projects.models import User
from projects.policies.rights import rights_of
from projects.services.journal import note

#: party → the sentence that the person who signs for it agrees to
INTENTS: dict[Party, str | Promise] = {
    Party.BENEFICIARY: gettext_lazy("J’ai lu la convention et je la signe au nom du bénéficiaire, que j’ai le pouvoir d’engager."),
    Party.MINISTER: gettext_lazy("J’ai lu la convention et je la signe pour le ministre, que j’ai le pouvoir d’engager."),
}


@dataclass(frozen=True, slots=True)
class Shown:
    """What the person who signs was shown and gave: the document's SHA-256, the number typed again, the sentence, the second factor."""

    document_sha256: str
    confirmation: str
    intent: bool
    factor: str


def sign(agreement: Agreement, party: Party, shown: Shown, *, actor: User, now: datetime) -> Signature:
    """One signature, of the frozen text that the person saw. Raises NotAllowed, Stale, Invalid, WrongState."""
    if shown.factor not in SignatureFactor.values:
        raise NotAllowed(_("Une signature demande un second facteur : ajoutez-en un, connectez-vous de nouveau, puis signez."))
    text = require_text(agreement, shown.document_sha256)
    if shown.confirmation.strip().upper() != agreement.number:
        asked = _("Inscrivez le numéro de la convention, %(number)s, pour signer.") % {"number": agreement.number}
        raise Invalid(errors={"confirmation": asked})
    if not shown.intent:
        raise Invalid(errors={"intent": _("Cochez cette phrase pour signer.")})
    signature = Signature.objects.create(
        agreement=agreement,
        party=party,
        person=actor,
        signed_on=timezone.localdate(now),
        document=text.document,
        document_sha256=text.document.sha256,
        text_sha256=text.sha256,
        role=_role_of(actor, party, agreement, now),
        factor=shown.factor,
        intent=str(INTENTS[party]),
        recorded_at=now,
    )
    note(signature, party=str(party), sha256=text.document.sha256, text_sha256=text.sha256, factor=shown.factor, role=signature.role)
    return signature


def require_text(agreement: Agreement, document_sha256: str) -> AgreementText:
    """The frozen text of the document that was shown. Raises Stale, WrongState."""
    if agreement.document is None or agreement.document.sha256 != document_sha256:
        raise Stale(_("Le document a changé depuis que vous avez ouvert cette page. Relisez-le avant de le signer."))
    if faults := text_faults(agreement):
        raise WrongState(" ".join(faults))
    return agreement.texts.select_related("document").get(version=agreement.version)


def _role_of(actor: User, party: Party, agreement: Agreement, now: datetime) -> str:
    """In what capacity the person signs: the first of the roles that bind the party that they hold."""
    if party == Party.BENEFICIARY:
        return Role.SIGNATORY
    rights = rights_of(actor, now)
    return next(role for role in MINISTER_ROLES if rights.has(role, call=agreement.project.call_id))
