"""A whole fund written at once: `seed` tells it up to a stage, each noun in one act over the tables and the guards of the pages."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any, TypeVar

from django.db.models import OuterRef, Subquery
from django.utils.translation import gettext as _

from fondsinnovation.kit.errors import Invalid, WrongState, act, current_entry
from funding.models import Agreement, Envelope
from funding.services.envelopes import Posting, post
from projects import pdf
from projects.demo import ACCOUNTS
from projects.models import Application, Call, GainPlan, KnowledgeFloor, Project, TermsProfile
from projects.services.documents import keep_bytes
from projects.services.organisations import MUNICIPALITIES, import_bodies, import_municipalities, read_register
from projects.services.outbox import queue
from projects.services.people import create_demo_accounts
from reporting.seeding.applications import write_applications, write_calls
from reporting.seeding.awards import release_calls, write_agreements, write_awards
from reporting.seeding.bank import write_bank_details
from reporting.seeding.copying import Identifiers, Sheaf
from reporting.seeding.gains import number_gains, write_gains
from reporting.seeding.payments import write_cofunding, write_payments
from reporting.seeding.people import assemble
from reporting.seeding.reviews import decide_scores, write_reviews
from reporting.seeding.story import LARGEST_SCALE, Story, tell

T = TypeVar("T")
#: money rows, or projects with their gains, in one act: an entry of the journal stays of a readable size
LEDGER_ROWS, PROJECTS = 4_000, 200
FIRST_DAY = datetime(2024, 4, 1, tzinfo=UTC)
SAMPLES = {
    "resolution": "Résolution",
    "letter": "Lettre de décision",
    "contract": "Convention d’aide financière",
    "proof": "Pièce justificative",
    "budget": "Document budgétaire",
}


def seed_fund(*, stage: str, scale: int, now: datetime) -> Story:
    """Write a believable fund stopped at a stage; nothing is written when there is one already. Slow for a large scale.

    The same day gives the same rows. Raises WrongState (there are calls already, or a report has fixed what was known), Invalid.
    """
    _require_empty(scale)
    import_bodies(actor=None, now=now)
    import_municipalities(rows=read_register(MUNICIPALITIES.read_bytes(), str(MUNICIPALITIES)), actor=None, now=now)
    create_demo_accounts(accounts=ACCOUNTS, actor=None, now=now)
    identifiers = Identifiers()
    write = partial(seed_file, identifiers=identifiers, actor=None, now=now)
    applicants, cast = write(noun="people", rows=partial(assemble, scale=scale, now=now))
    story = tell(stage=stage, scale=scale, now=now, applicants=applicants, cast=cast)
    _write_story(story, write)
    return story


def _require_empty(scale: int) -> None:
    if not 1 <= scale <= LARGEST_SCALE:
        raise Invalid(_("L’échelle va de 1 à %(largest)d.") % {"largest": LARGEST_SCALE})
    if Call.objects.exists() or Application.objects.exists():
        raise WrongState(_("Cette base contient déjà un fonds : rien n’a été écrit."))
    if KnowledgeFloor.objects.filter(known__gte=FIRST_DAY).exists():
        raise WrongState(
            _("Un rapport a déjà fixé ce qui était connu : le passé du fonds ne peut plus être écrit. Repartez d’une base vide.")
        )


def _write_story(story: Story, write: Callable[..., Any]) -> None:
    envelope = Envelope.objects.get(code="PROJECTS").pk
    samples = {name: _sample(title) for name, title in SAMPLES.items()}
    terms = TermsProfile.objects.get(code="JALONS")
    write(noun="calls", rows=lambda sheaf: write_calls(story, sheaf, terms=terms, envelope_id=envelope))
    decide_scores(story)
    write(noun="applications", rows=lambda sheaf: write_applications(story, sheaf, resolution=samples["resolution"]))
    if story.reaches("review"):
        write(noun="reviews", rows=lambda sheaf: write_reviews(story, sheaf))
    if story.reaches("agreement"):
        write(noun="awards", rows=lambda sheaf: write_awards(story, sheaf, envelope_id=envelope, letter=samples["letter"]))
        release_calls(story, envelope)
        write(noun="agreements", rows=lambda sheaf: _write_agreements(story, sheaf, envelope, samples))
    if story.reaches("payment"):
        write(noun="bank_details", rows=lambda sheaf: write_bank_details(story, sheaf))
        write(noun="payments", rows=lambda sheaf: write_payments(story, sheaf, envelope_id=envelope))
        write(noun="cofunding", rows=lambda sheaf: write_cofunding(story, sheaf))
    _post_ledger(story)
    if story.reaches("report"):
        _write_gains(story, write, samples)


def _sample(title: str) -> dict[str, Any]:
    """A PDF that says that it is an example, kept once for all the rows that show it."""
    content = keep_bytes(pdf.render("sample.typ", {"title": title}))
    return {**content, "name": f"{title.lower()}.pdf", "content_type": "application/pdf"}


def _write_agreements(story: Story, sheaf: Sheaf, envelope: int, samples: dict[str, dict[str, Any]]) -> None:
    for file in story.projects:
        file.rows["proof"] = samples["proof"]
    write_agreements(story, sheaf, envelope_id=envelope, contract=samples["contract"])
    sheaf.close()
    signed = Agreement.objects.filter(award__application=OuterRef("application"))
    GainPlan.objects.filter(application__project__isnull=False).update(
        project=Subquery(Project.objects.filter(application=OuterRef("application")).values("pk")),
        locked_at=Subquery(signed.values("in_force_at")),
    )


def _post_ledger(story: Story) -> None:
    """The ledger rows in the order in which they are known, a few thousand an act."""
    batches: list[tuple[datetime, Sequence[Posting]]] = []
    for recorded_at in sorted(story.postings):
        batches.append((recorded_at, story.postings[recorded_at]))
        if sum(len(postings) for _known, postings in batches) >= LEDGER_ROWS:
            seed_ledger(batches=batches, actor=None, now=story.now)
            batches = []
    seed_ledger(batches=batches, actor=None, now=story.now)


def _write_gains(story: Story, write: Callable[..., Any], samples: dict[str, dict[str, Any]]) -> None:
    numbers: Any = None
    projects = story.projects
    for start in range(0, len(projects), PROJECTS):
        files = projects[start : start + PROJECTS]

        def rows(sheaf: Sheaf, files: Any = files) -> None:
            nonlocal numbers
            numbers = number_gains(story) if numbers is None else numbers
            write_gains(story, sheaf, files, numbers, budget=samples["budget"])

        write(noun="gains", rows=rows)


@act
def seed_file(*, noun: str, rows: Callable[[Sheaf], T], identifiers: Identifiers, actor: None, now: datetime, key: str | None = None) -> T:
    """Write the rows of one noun. The journal keeps the count and the SHA-256 of what each table was sent."""
    sheaf = Sheaf(identifiers)
    current_entry().facts["noun"] = noun
    written = rows(sheaf)
    sheaf.close()
    return written


@act
def seed_ledger(*, batches: Sequence[tuple[datetime, Sequence[Posting]]], actor: None, now: datetime, key: str | None = None) -> None:
    """Post ledger rows, each batch at its own instant; the reports are then recomputed. Raises EnvelopeExceeded."""
    rows = [row for recorded_at, postings in batches for row in post(postings, actor=actor, recorded_at=recorded_at)]
    current_entry().facts["rows"] = len(rows)
    queue("money", now=now)
