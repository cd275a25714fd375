"""Who entrusts a file to an adviser, and who may be one."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from fondsinnovation.kit.verdict import Verdict, check, first_no
from funding.policies.separation import took_no_part
from projects.enums import Role
from projects.models import Application, User
from projects.policies.interests import is_recused, not_recused
from projects.policies.rights import needs_role
from projects.policies.rules import Subject, rule


@rule(
    Role.DIRECTOR,
    says=gettext_lazy("La direction, que rien n’écarte du dossier, en confie l’accompagnement à une personne qui n’y a rien décidé."),
    subject=Subject.APPLICATIONS,
)
def assign_adviser(actor: User, application: Application, now: datetime) -> Verdict:
    """The director, whom no recusal keeps away from the file."""
    return not_recused(actor, application.pk)


def advise(actor: User, person: User, application: Application, now: datetime) -> Verdict:
    """Whether a person may be entrusted with the file: an adviser other than the director, not recused, who took no part in it (SD-2)."""
    return first_no(
        needs_role(person, now, Role.ADVISER),
        check(person.pk != actor.pk, _("Personne ne se confie un dossier à soi-même.")),
        check(not is_recused(application.pk, person.pk), _("Une récusation écarte %(name)s de ce dossier.") % {"name": person.name}),
        took_no_part(person, application),
    )
