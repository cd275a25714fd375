"""Eligibility and reviews as rows, up to the state that each file has in the story."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from random import Random

from funding import scoring
from funding.enums import EligibilityPoint, ReviewState
from funding.models import Eligibility, Review, Score
from projects.enums import ApplicationState, InterestAnswer
from projects.models import InterestDeclaration, Recusal, User
from reporting.seeding.copying import Sheaf
from reporting.seeding.story import SEED, File, Story
from reporting.seeding.words import COMMENTS, CONFLICT, INELIGIBLE

#: one file in so many has a reviewer who is recused, and another in their place
RECUSED = 12
_S = ApplicationState


def decide_scores(story: Story) -> None:
    """Give each reviewed file the marks of its reviewers: the funded ones first, as the ranking of their call will show."""
    random = Random(f"{SEED}/scores")  # noqa: S311 — a story, not a secret
    for file in story.files:
        lowest, highest = (3, 5) if file.fate == "funded" else (1, 3)
        count = file.round.call.terms.reviews_required
        file.rows["marks"] = [[random.randint(lowest, highest) for _one in file.round.criteria] for _review in range(count)]
        totals = [_total(file, marks) for marks in file.rows["marks"]]
        file.rows["totals"], file.rows["score"] = totals, scoring.mean(totals)
    for one in story.rounds:
        ranked = sorted(one.files, key=lambda file: (-file.rows["score"], file.place))
        for rank, file in enumerate([file for file in ranked if file.fate != "ineligible"], start=1):
            file.rows["rank"] = rank


def _total(file: File, marks: list[int]) -> Decimal:
    return scoring.total((one.weight, mark, one.maximum) for one, mark in zip(file.round.criteria, marks, strict=True))


def write_reviews(story: Story, sheaf: Sheaf) -> None:
    random = Random(f"{SEED}/reviews")  # noqa: S311 — a story, not a secret
    for file in story.files:
        state = file.rows["application"].state
        if state not in (_S.DRAFT, _S.SUBMITTED):
            _write_eligibility(story, sheaf, file)
        if state not in (_S.DRAFT, _S.SUBMITTED, _S.ELIGIBLE, _S.INELIGIBLE):
            _write_file(story, sheaf, file, random)


def _write_eligibility(story: Story, sheaf: Sheaf, file: File) -> None:
    eligible = file.fate != "ineligible"
    decided_at = file.round.closes_at + timedelta(days=14)
    first, second = story.cast.officers[:2]
    sheaf.add(
        Eligibility,
        application=file.rows["application"],
        checklist={str(point): eligible or point != EligibilityPoint.PUBLIC_AID for point in EligibilityPoint},
        is_eligible=eligible,
        reason="" if eligible else INELIGIBLE,
        decided_by=first,
        decided_at=decided_at,
        confirmed_by=None if eligible else second,
        confirmed_at=None if eligible else decided_at + timedelta(days=2),
    )


def _write_file(story: Story, sheaf: Sheaf, file: File, random: Random) -> None:
    """The reviews of a file: all in when it is reviewed; otherwise each as far as its reviewer has come."""
    done = file.rows["application"].state != _S.IN_REVIEW
    assigned_at = file.round.closes_at + timedelta(days=20)
    people = random.sample(story.cast.reviewers, len(file.rows["marks"]) + 1)
    if file.place % RECUSED == 0:
        _write_review(story, sheaf, file, people[-1], ReviewState.RECUSED, None, assigned_at)
    for place, (person, marks) in enumerate(zip(people, file.rows["marks"], strict=False)):
        state = ReviewState.SUBMITTED if done else (ReviewState.SUBMITTED, ReviewState.IN_PROGRESS, ReviewState.ASSIGNED)[place % 3]
        _write_review(story, sheaf, file, person, state, marks, assigned_at, random.randrange(len(COMMENTS)))


def _write_review(
    story: Story,
    sheaf: Sheaf,
    file: File,
    person: tuple[User, bool],
    state: ReviewState,
    marks: list[int] | None,
    assigned_at,
    comment: int = 0,
) -> None:
    application, (reviewer, external) = file.rows["application"], person
    submitted = state == ReviewState.SUBMITTED
    review = sheaf.add(
        Review,
        application=application,
        reviewer=reviewer,
        state=state,
        is_external=external,
        due_on=(assigned_at + timedelta(days=60)).date(),
        comment=COMMENTS[comment] if submitted else "",
        total=_total(file, marks) if submitted and marks else None,
        assigned_by=story.cast.officers[0],
        assigned_at=assigned_at,
        submitted_at=assigned_at + timedelta(days=25) if submitted else None,
        version=1 if submitted else 0,
    )
    if state == ReviewState.ASSIGNED:
        return
    recused, declared_at = state == ReviewState.RECUSED, assigned_at + timedelta(days=3)
    declaration = sheaf.add(
        InterestDeclaration,
        application=application,
        person=reviewer,
        declared_at=declared_at,
        answer=InterestAnswer.ACTUAL if recused else InterestAnswer.NONE,
        explanation=CONFLICT if recused else "",
    )
    if recused:
        sheaf.add(Recusal, application=application, person=reviewer, declaration=declaration, reason=CONFLICT, recused_at=declared_at)
    if submitted and marks:
        for place, (criterion, mark) in enumerate(zip(file.round.criteria, marks, strict=True)):
            sheaf.add(Score, review=review, criterion=criterion, score=mark, comment=COMMENTS[(comment + place) % len(COMMENTS)])
