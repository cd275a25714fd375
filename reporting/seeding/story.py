"""What happens to each application of the seeded fund: the same on the same day, whatever the machine. Pure: no database here."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import ROUND_CEILING, Decimal
from itertools import pairwise
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from fondsinnovation.kit.money import ZERO, round_cents, split
from projects.enums import Nature
from reporting.seeding.words import SCOPES, THEMES, Theme

SEED = 20240401
ZONE = ZoneInfo("America/Toronto")
STAGES = ("intake", "review", "agreement", "payment", "report")
LARGEST_SCALE = 400
#: what one application asks: at least, on average above that, at most (dollars); the envelope lowers the average of a large fund
LEAST, USUAL, MOST = 10_000, 1_500_000, 4_800_000
#: how much of a call its awards take
TAKEN = Decimal("0.95")
NATURES = {Nature.CASH: 60, Nature.REV: 12, Nature.AVOID: 14, Nature.PROD: 14}
#: what a project brings each fiscal year after its first, in shares of a full year
RAMP = (Decimal("0.50"), Decimal(1), Decimal(1), Decimal(1), Decimal("0.90"))


def at(day: date, hour: int = 10, minute: int = 0) -> datetime:
    """An instant of a day in Montréal."""
    return datetime.combine(day, time(hour, minute), ZONE)


@dataclass(frozen=True, slots=True)
class Applicant:
    """An organisation and the people who apply for it; `names` by their role."""

    organisation: Any
    writer: Any
    finance: Any
    signatory: Any


@dataclass(slots=True)
class Round:
    """A call and its calendar. `fates`: how many applications of each fate in one unit of scale."""

    title: str
    purpose: str
    first_year: int
    opens_on: date
    closes_on: date
    budgets: dict[int, Decimal]
    fates: dict[str, int]
    decided_on: Sequence[date] = ()
    signed_on: Sequence[date] = ()
    due_on: Sequence[date] = ()
    periods: Sequence[tuple[date, date]] = ()
    files: list[File] = field(default_factory=list)
    call: Any = None
    criteria: list[Any] = field(default_factory=list)

    @property
    def opens_at(self) -> datetime:
        return at(self.opens_on, 8)

    @property
    def closes_at(self) -> datetime:
        return at(self.closes_on, 16)

    @property
    def total(self) -> Decimal:
        return sum(self.budgets.values(), ZERO)

    @property
    def is_over(self) -> bool:
        """Whether its decisions are made."""
        return bool(self.decided_on)


@dataclass(slots=True)
class File:
    """One application: what it asks, what it promises, and the days on which it is decided and signed, if it is.

    `rows` holds what the nouns have written of it so far.
    """

    round: Round
    place: int
    fate: str
    applicant: Applicant
    theme: Theme
    title: str
    asked: dict[int, Decimal]
    own: dict[int, Decimal]
    quebec: dict[int, Decimal]
    nature: Nature
    yearly: Decimal
    expense: Decimal
    submitted_at: datetime
    decided_on: Any = None
    signed_on: Any = None
    awarded: dict[int, Decimal] = field(default_factory=dict)
    rows: dict[str, Any] = field(default_factory=dict)

    @property
    def amount(self) -> Decimal:
        return sum(self.awarded.values(), ZERO)

    @property
    def asks(self) -> Decimal:
        return sum(self.asked.values(), ZERO)

    @property
    def starts_on(self) -> date:
        """One project in ten of the second call starts after its first reported period: its first gains are a windfall."""
        late = self.place % 10 == 3 and self.round.first_year == 2025
        first: date = date(2026, 5, 15) if late else self.signed_on
        return first

    @property
    def is_completed(self) -> bool:
        return self.round.first_year == 2024 and self.place % 5 < 3

    def forecast(self, yearly: Decimal) -> dict[int, Decimal]:
        """What a yearly amount makes of each fiscal year, in whole dollars."""
        return {self.round.first_year + 1 + index: (yearly * share).quantize(Decimal(1)) for index, share in enumerate(RAMP)}

    def promised(self, yearly: Decimal, year: int) -> Decimal:
        """What a yearly amount was promised to give in one fiscal year, in dollars."""
        return self.forecast(yearly).get(year, yearly)


def rounds(today: date) -> list[Round]:
    """Two calls that are over, one in review, and one that takes applications for four more weeks."""
    over = {"funded": 10, "refused": 6, "ineligible": 2}
    starts = [date(2025, month, 1) for month in (4, 6, 8, 10, 12)] + [date(2026, 2, 1), date(2026, 4, 1)]
    two_months = [(first, following - timedelta(days=1)) for first, following in pairwise(starts)]
    months = [(date(2026, month, 1), date(2026, month + 1, 1) - timedelta(days=1)) for month in range(4, 10)]
    return [
        Round(
            "Services numériques à la population", "Refondre un service à fort volume, de la demande à la réponse.", 2024,
            date(2024, 5, 6), date(2024, 7, 5), _budgets(2024, 30, 14), over,
            [date(2024, 10, 8), date(2024, 10, 22), date(2024, 11, 5)],
            [date(2024, 11, 26), date(2024, 12, 10), date(2025, 1, 14), date(2025, 1, 28)],
            [date(2025, 5, 30), date(2025, 10, 31), date(2026, 2, 27)], two_months,
        ),
        Round(
            "Entretien intelligent des infrastructures", "Dépenser moins et mieux pour les rues, les réseaux et les bâtiments.", 2025,
            date(2025, 5, 5), date(2025, 7, 4), _budgets(2025, 30, 14), over,
            [date(2025, 10, 7), date(2025, 10, 21), date(2025, 11, 4)],
            [date(2025, 11, 25), date(2025, 12, 9), date(2026, 1, 13), date(2026, 2, 10)],
            [date(2026, 5, 29), date(2026, 10, 30), date(2027, 2, 26)], months,
        ),
        Round(
            "Mutualisation entre organismes", "Faire une seule fois, à plusieurs, ce que chacun fait de son côté.", 2026,
            date(2026, 6, 8), date(2026, 9, 25), _budgets(2026, 25, 14), {"in_review": 8}, due_on=_due(2026),
        ),
        Round(
            "Transition et efficacité énergétique", "Réduire durablement les dépenses d’énergie et de transport.", 2026,
            today - timedelta(days=30), today + timedelta(days=28), _budgets(2026, 6, 20), {"submitted": 4, "draft": 2}, due_on=_due(2026),
        ),
    ]  # fmt: skip


def _budgets(first: int, *millions: int) -> dict[int, Decimal]:
    return {first + index: Decimal(amount) * 1_000_000 for index, amount in enumerate(millions)}


def _due(year: int) -> list[date]:
    return [date(year + 1, 5, 31), date(year + 1, 10, 29), date(year + 2, 2, 26)]


@dataclass
class Story:
    """The whole fund up to a stage. `postings` gathers the ledger rows that the nouns ask for, by the instant they are known."""

    stage: str
    scale: int
    now: datetime
    rounds: list[Round]
    cast: Any
    postings: dict[datetime, list[Any]] = field(default_factory=lambda: defaultdict(list))

    def reaches(self, stage: str) -> bool:
        return STAGES.index(self.stage) >= STAGES.index(stage)

    @property
    def files(self) -> Iterator[File]:
        for one in self.rounds:
            yield from one.files

    @property
    def projects(self) -> list[File]:
        """The funded files, in the order of their signatures."""
        funded = [file for file in self.files if file.signed_on]
        return sorted(funded, key=lambda file: (file.signed_on, file.round.first_year, file.place))


def tell(*, stage: str, scale: int, now: datetime, applicants: Sequence[Applicant], cast: Any) -> Story:
    """Decide everything."""
    random = Random(SEED)  # noqa: S311 — a story, not a secret
    story = Story(stage, scale, now, rounds(now.astimezone(ZONE).date()), cast)
    for one in story.rounds:
        _fill(one, scale, now, applicants, random)
    return story


def _fill(one: Round, scale: int, now: datetime, applicants: Sequence[Applicant], random: Random) -> None:
    fates = [fate for fate, count in one.fates.items() for _n in range(count * scale)]
    random.shuffle(fates)
    taking = fates.count("funded") or len(fates)
    pool = min(int(one.total * TAKEN) - taking * LEAST, taking * (USUAL - LEAST))
    weights = [random.lognormvariate(0, 0.8) for _fate in fates]
    whole = sum(weight for weight, fate in zip(weights, fates, strict=True) if fate == "funded") or sum(weights)
    end = min(one.closes_at, now)
    for place, (fate, weight) in enumerate(zip(fates, weights, strict=True)):
        asks = Decimal(min(LEAST + int(pool * (weight / whole)), MOST))
        one.files.append(_file(one, place, fate, asks, random.choice(applicants), random))
        lead = (end - one.opens_at) * (random.random() ** 3)  # most arrive in the last days
        arrival = end - lead - timedelta(minutes=random.randrange(5, 300))
        one.files[-1].submitted_at = max(arrival, one.opens_at + timedelta(hours=1))
    _number_in_order(one)


def _file(one: Round, place: int, fate: str, asks: Decimal, applicant: Applicant, random: Random) -> File:
    asked = _by_year(asks, one)
    own_rate = random.choice((Decimal("0.25"), Decimal("0.30"), Decimal("0.50"), Decimal("0.80")))
    own = _by_year((asks * own_rate).to_integral_value(ROUND_CEILING), one)
    quebec = _by_year(asks * Decimal("0.2") // 1, one) if own_rate == Decimal("0.50") else {}
    theme = THEMES[random.randrange(len(THEMES))]
    yearly = asks * random.randint(15, 55) // 100
    file = File(
        one,
        place,
        fate,
        applicant,
        theme,
        theme.title + random.choice(SCOPES),
        asked,
        own,
        quebec,
        random.choices(list(NATURES), list(NATURES.values()))[0],
        yearly,
        yearly * random.randint(8, 18) // 100,
        one.opens_at,
    )
    if fate in ("funded", "refused"):
        file.decided_on = random.choice(one.decided_on)
    if fate == "funded":
        file.signed_on = random.choice(one.signed_on)
        cut = random.random() < 0.3
        file.awarded = dict(zip(asked, split(round_cents(asks * Decimal("0.9")), list(asked.values())), strict=True)) if cut else asked
    return file


def _by_year(amount: Decimal, one: Round) -> dict[int, Decimal]:
    """Whole dollars by fiscal year of the call, as its own money is."""
    (first, share), (second, _rest) = one.budgets.items()
    part = round_cents(amount * share // one.total)
    return {first: part, second: round_cents(amount) - part}


def _number_in_order(one: Round) -> None:
    """Files stand in the order of their arrival."""
    one.files.sort(key=lambda file: (file.submitted_at, file.place))
    for place, file in enumerate(one.files):
        file.place = place
