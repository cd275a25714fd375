"""Samples of gains: drawn from a stored seed, kept with what gives them again, and examined item by item."""

from __future__ import annotations

from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from fondsinnovation.kit.errors import Invalid, WrongState, act
from funding.refusals import say
from projects.models import User
from projects.services.journal import canonical, next_numbers, note, sha256
from reporting.models import GainSample, GainSampleCheck, GainSampleItem
from reporting.policies import samples as policies
from reporting.queries.samples import Asked, population_of
from reporting.sampling import draw
from reporting.services.snapshots import fix_knowledge


@act
def draw_sample(*, asked: Asked, largest: int, points: int, seed: str, actor: User, now: datetime, key: str | None = None) -> GainSample:
    """Draw and keep a sample of the gains reported by a pair of dates. Nothing recorded from here on is known at its knowledge date.

    Raises NotAllowed, Invalid (nothing to draw, a future date).
    """
    policies.draw_sample(actor, now, call=asked.call_id).require()
    fix_knowledge(asked.known, now=now)
    items, gains = population_of(asked)
    drawn = draw(items, largest=largest, points=points, seed=seed)
    if not drawn.picks:
        raise Invalid(_("Aucun gain de cette population ne peut être tiré."))
    sample = GainSample.objects.create(
        number=next_numbers(f"ECH-{timezone.localdate(now).year}", 1, width=5)[0],
        fiscal_year=asked.fiscal_year,
        call_id=asked.call_id,
        population=asked.population,
        effective=asked.effective,
        known=asked.known,
        largest=largest,
        points=points,
        seed=seed,
        interval=drawn.interval,
        start=drawn.start,
        count=drawn.count,
        cents=drawn.cents,
        covered=drawn.covered,
        sha256=sha256(canonical(sorted(items))),
        drawn_by=actor,
        drawn_at=now,
    )
    GainSampleItem.objects.bulk_create(
        GainSampleItem(
            sample=sample,
            position=position,
            gain_id=gains[pick.key],
            key=pick.key,
            cents=pick.cents,
            why=pick.why.value,
            cumulative=pick.cumulative,
            hits=pick.hits,
        )
        for position, pick in enumerate(drawn.picks, start=1)
    )
    note(sample, seed=seed, items=len(drawn.picks), population=sample.sha256, covered=drawn.covered)
    return sample


@act
def examine_item(*, item_id: int, note_text: str, actor: User, now: datetime, key: str | None = None) -> GainSampleCheck:
    """Write what was found on an item of a sample, once. Raises NotAllowed, Invalid, WrongState (already examined)."""
    item = GainSampleItem.objects.select_related("sample", "gain__project__application").get(pk=item_id)
    policies.examine_item(actor, item, now).require()
    if not note_text.strip():
        raise Invalid(errors={"note_text": _("Inscrivez votre constat.")})
    found = GainSampleCheck.objects.create(item=item, note=note_text.strip(), examined_by=actor, examined_at=now)
    note(item.sample, item=item.position)
    project = item.gain.project
    note(project.application or project)
    return found


say({"reporting_gainsamplecheck_item_id_key": gettext_lazy("Ce gain de l’échantillon est déjà examiné.")}, WrongState)
