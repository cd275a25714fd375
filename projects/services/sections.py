"""Sections of a draft: kept whole as typed, and never written over what a colleague saved meanwhile."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _

from fondsinnovation.kit.errors import Stale, WrongState, act
from projects.enums import ApplicationState, SectionKind
from projects.models import Application, ApplicationSection, User
from projects.policies import applications as policies
from projects.queries.applications import facts_of
from projects.sections import BudgetSection, SectionForm, section_form
from projects.services.journal import note, note_organisation
from projects.services.locks import lock

#: how long an autosave may take to answer
ON_ITS_WAY = timedelta(seconds=5)


@act
def save_section(
    *,
    application_id: int,
    kind: SectionKind,
    typed: Mapping[str, Any],
    version: int,
    actor: User,
    now: datetime,
    key: str | None = None,
) -> ApplicationSection:
    """Keep what was typed in one section, right or wrong. `version` is the one that the page was made from.

    Raises NotAllowed, WrongState (already submitted), Stale (somebody saved since: nothing is overwritten).
    """
    application = lock_draft(application_id, actor, now)
    section = _section(application, kind)
    form = section_form(kind, typed, facts_of(application))
    if section.version and section.data == form.typed():
        return section  # a double click, or a colleague who typed the same: nothing to write over
    if section.version != version and not _by_the_same_window(section, actor, now):
        raise Stale(changed_meanwhile(section, actor))
    _keep(section, form, actor=actor, now=now)
    _show(application, now)
    return section


@act
def fill_sections(
    *, application_id: int, sections: Mapping[str, Mapping[str, Any]], actor: User, now: datetime, key: str | None = None
) -> Application:
    """Keep several sections at once, in the shape of their posted fields (docs/rules/application.md): the door of imports and seeds."""
    application = lock_draft(application_id, actor, now)
    facts = facts_of(application)
    for kind, typed in sections.items():
        _keep(_section(application, SectionKind(kind)), section_form(kind, typed, facts), actor=actor, now=now)
    _show(application, now)
    return application


def lock_draft(application_id: int, actor: User, now: datetime) -> Application:
    """Lock an application that this person may edit. Raises NotAllowed, WrongState."""
    application = lock(Application, application_id)
    policies.edit_application(actor, application, now).require()
    if application.state != ApplicationState.DRAFT:
        raise WrongState(_("Cette demande est déposée : elle ne se modifie plus."))
    note_organisation(application.organisation_id)
    return application


def changed_meanwhile(section: ApplicationSection, actor: User) -> str:
    """Who saved the section since the page was opened."""
    if section.saved_by_id == actor.pk:
        return _("Vous avez modifié cette section dans une autre fenêtre. Rien n’a été écrasé.")
    name = section.saved_by.name if section.saved_by else ""
    return _("%(name)s a modifié cette section depuis que vous l’avez ouverte. Rien n’a été écrasé.") % {"name": name}


def _section(application: Application, kind: SectionKind) -> ApplicationSection:
    """The section of a locked application; one that was never saved has version 0 and no row yet."""
    try:
        section = ApplicationSection.objects.select_related("saved_by").get(application=application, kind=kind)
    except ApplicationSection.DoesNotExist:
        section = ApplicationSection(kind=kind)
    section.application = application
    return section


def _by_the_same_window(section: ApplicationSection, actor: User, now: datetime) -> bool:
    """Whether the save in between was this person's own autosave, still on its way when they pressed the button."""
    return section.saved_by_id == actor.pk and section.saved_at is not None and now - section.saved_at < ON_ITS_WAY


def _keep(section: ApplicationSection, form: SectionForm, *, actor: User, now: datetime) -> None:
    section.data, section.is_complete = form.typed(), form.is_valid()
    section.version += 1
    section.saved_at, section.saved_by = now, actor
    section.save()
    note(section, kind=str(section.kind), version=section.version)
    application = section.application
    if section.kind == SectionKind.NEED:
        application.title = section.data.get("title", "").strip()[:200]
    if isinstance(form, BudgetSection):
        balance = form.balance() if section.is_complete else None
        application.amount_requested = balance.asked if balance else None
        application.total_cost = balance.cost if balance else None


def _show(application: Application, now: datetime) -> None:
    """Keep what lists show of a draft."""
    application.changed_at = now
    application.save(update_fields=["title", "amount_requested", "total_cost", "changed_at"])
