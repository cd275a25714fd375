"""Amendments at each step, made by people who do nothing else."""

from dataclasses import replace
from decimal import Decimal

from django.db import connection

from funding.models import AmendmentPart
from funding.policies.amendments import levels_of
from funding.queries.amendments import proposed_instalments
from funding.services import amendments as acts
from funding.services.amendment_content import AmendmentContent
from projects.enums import Role
from tests.factories import NOW, agreement_in_force, person_with

REASON = "Le chantier coûte plus que prévu."


def content_of(agreement, **changes):
    """What is proposed of an agreement as it is; a new amount comes with its instalments, in proportion."""
    agreement.refresh_from_db()
    given = AmendmentContent(base_revision=agreement.revision, reason=REASON, **changes)
    if given.amount is not None and given.instalments is None:
        given = replace(given, instalments=proposed_instalments(agreement, given.amount))
    return given


def proposed(agreement=None, *, actor=None, now=NOW, **changes):
    agreement = agreement or agreement_in_force()
    content = content_of(agreement, **(changes or {"amount": Decimal("120000.00")}))
    return acts.propose_amendment(agreement_id=agreement.pk, content=content, actor=actor or person_with(Role.OFFICER), now=now)


def certified(amendment, now=NOW):
    if AmendmentPart.objects.filter(amendment=amendment).exists():
        rises = any(part.after > part.before for part in amendment.parts.order_by("pk"))
        if rises:
            acts.certify_amendment(amendment_id=amendment.pk, actor=person_with(Role.CONTROLLER), now=now)
    return amendment


def approved(agreement=None, *, now=NOW, **changes):
    amendment = certified(proposed(agreement, now=now, **changes), now)
    for role in levels_of(amendment, now):
        amendment = acts.approve_amendment(amendment_id=amendment.pk, actor=person_with(role), now=now)
    return amendment


def amended(agreement=None, *, now=NOW, **changes):
    """An amendment in force, as the database lets it be at COMMIT."""
    amendment = approved(agreement, now=now, **changes)
    amendment = acts.put_amendment_in_force(amendment_id=amendment.pk, actor=person_with(Role.HEAD), now=now)
    connection.check_constraints()
    return amendment
