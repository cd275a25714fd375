"""Who approves a call for projects."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from fondsinnovation.kit.verdict import Verdict, check
from projects.enums import Role
from projects.models import Call, JournalEntry
from projects.policies.rules import Subject, rule

WRITING = ("create_call", "edit_call", "submit_call")


@rule(
    Role.DIRECTOR,
    says=gettext_lazy("La direction approuve ou retourne un appel dont elle n’a rien rédigé, modifié ni soumis."),
    subject=Subject.CALLS,
    acts=("approve_call", "return_call"),
)
def decide_call(actor: Any, call: Call, now: datetime) -> Verdict:
    """The director approves or returns a call of which they wrote nothing (SD-1): neither its draft, nor a change, nor its submission."""
    written = JournalEntry.objects.filter(object_type="projects.call", object_id=call.pk, act__in=WRITING, actor=actor)
    return check(
        call.created_by_id != actor.pk and not written.exists(),
        _("Vous avez rédigé cet appel ou l’avez modifié; une autre personne doit l’approuver."),
    )
