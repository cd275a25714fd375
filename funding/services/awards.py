"""Awards: recommended, certified, approved level by level or refused, then told by a letter — each by a different person."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal

from django.utils import timezone
from django.utils.translation import gettext as _

from fondsinnovation.kit.errors import Invalid, WrongState, act
from fondsinnovation.kit.money import ZERO
from fondsinnovation.kit.states import require_move
from fondsinnovation.templatetags.typography import fiscal_year, long_date, money_cents
from funding.enums import AWARD_MOVES, AwardState, LedgerKind
from funding.models import Approval, Award, AwardPart, Envelope
from funding.policies import awards as policies
from funding.queries.awards import call_holds, call_years, proposed_parts
from funding.services.envelopes import Posting, post
from funding.services.prizes import chosen_prize, free_prize, give_prize
from projects import pdf
from projects.enums import APPLICATION_MOVES, ApplicationState, DocumentKind
from projects.models import Application, User
from projects.queries.people import active_members
from projects.services import messages
from projects.services.documents import store_bytes
from projects.services.journal import money_clock, note, note_reason, transition
from projects.services.locks import lock
from projects.services.outbox import queue

_OPEN = (AwardState.RECOMMENDED, AwardState.CERTIFIED, AwardState.PARTLY_APPROVED)
_DECIDED = (AwardState.APPROVED, AwardState.REFUSED)


@act
def recommend_award(
    *,
    application_id: int,
    is_favourable: bool,
    amount: Decimal | None = None,
    parts: Mapping[int, Decimal] | None = None,
    prize: int | None = None,
    reason: str,
    conditions: str = "",
    actor: User,
    now: datetime,
    key: str | None = None,
) -> Award:
    """Recommend an amount (dollars, at most what was asked; `parts` by fiscal year, by default as `proposed_parts` says), or a refusal.

    A call that gives prizes recommends one of them, by its rank, at its own amount.
    A returned recommendation starts a new round. Raises NotAllowed, WrongState, Invalid.
    """
    application = lock(Application, application_id)
    policies.recommend_award(actor, application, now).require()
    target = ApplicationState.RECOMMENDED if is_favourable else ApplicationState.NOT_RECOMMENDED
    require_move(APPLICATION_MOVES, application.state, target)
    given = chosen_prize(application, prize) if is_favourable else None
    if given is not None:
        amount = given.amount
    amount = (application.amount_requested or ZERO if amount is None else amount) if is_favourable else ZERO
    split = dict(parts if parts is not None else proposed_parts(application, amount)) if is_favourable else {}
    _require_sound(application, is_favourable, amount, split, reason, asked=amount if given else application.amount_requested or ZERO)
    award = _recommended(
        application, is_favourable=is_favourable, amount=amount, reason=reason, conditions=conditions, actor=actor, now=now
    )
    give_prize(award, given)
    kept = {year: part for year, part in split.items() if part}
    award.parts.all().delete()
    AwardPart.objects.bulk_create([AwardPart(award=award, fiscal_year=year, amount=part) for year, part in kept.items()])
    transition([application], target, moves=APPLICATION_MOVES, now=now)
    note(award, is_favourable=is_favourable, amount=amount, parts={str(year): part for year, part in kept.items()}, round=award.round)
    note_reason(reason)
    return award


def _recommended(
    application: Application, *, is_favourable: bool, amount: Decimal, reason: str, conditions: str, actor: User, now: datetime
) -> Award:
    """The award as recommended: a new one, or the returned one in its next round, without its certificate."""
    award = Award(application=application)
    for returned in Award.objects.select_for_update(of=("self",), no_key=True).filter(application=application).order_by("pk"):
        require_move(AWARD_MOVES, returned.state, AwardState.RECOMMENDED)
        award = returned
        award.round += 1
    award.state = AwardState.RECOMMENDED
    award.is_favourable, award.amount, award.reason, award.conditions = is_favourable, amount, reason, conditions
    award.rank = _rank(application)
    award.recommended_by, award.recommended_at = actor, now
    award.certified_by = award.certified_at = None
    award.save()
    return award


def _rank(application: Application) -> int | None:
    """The place of an application in its call by score then number, whoever looks."""
    if application.score is None:
        return None
    others = Application.objects.filter(call=application.call_id)
    ahead = others.filter(score__gt=application.score) | others.filter(score=application.score, number__lt=application.number)
    return ahead.count() + 1


def _require_sound(
    application: Application, is_favourable: bool, amount: Decimal, parts: Mapping[int, Decimal], reason: str, *, asked: Decimal
) -> None:
    """Raises Invalid with every fault of a recommendation at once."""
    errors = {}
    if not reason.strip():
        errors["reason"] = _("Inscrivez les motifs de la recommandation.")
    if is_favourable:
        if amount <= 0:
            errors["amount"] = _("Inscrivez le montant recommandé.")
        elif amount > asked:
            errors["amount"] = _("Le montant recommandé dépasse de %(over)s le montant demandé (%(asked)s).") % {
                "over": money_cents(amount - asked),
                "asked": money_cents(asked),
            }
        errors |= _parts_faults(application, amount, parts)
    if errors:
        raise Invalid(errors=errors)


def _parts_faults(application: Application, amount: Decimal, parts: Mapping[int, Decimal]) -> dict[str, str]:
    years = call_years(application.call)
    for year, part in parts.items():
        if year not in years or part < 0:
            return {"parts": _("L’appel ne prévoit rien pour l’exercice %(year)s.") % {"year": fiscal_year(year)}}
    difference = amount - sum(parts.values(), ZERO)
    if difference:
        return {
            "parts": _("Les parts par exercice totalisent %(total)s; le montant recommandé est de %(amount)s : il manque %(difference)s.")
            % {"total": money_cents(amount - difference), "amount": money_cents(amount), "difference": money_cents(difference)}
            if difference > 0
            else _("Les parts par exercice totalisent %(total)s; le montant recommandé est de %(amount)s : il y a %(difference)s de trop.")
            % {"total": money_cents(amount - difference), "amount": money_cents(amount), "difference": money_cents(-difference)}
        }
    return {}


def _hold(award_id: int) -> tuple[Application, Award]:
    """The file, then its award, both held until COMMIT."""
    application = lock(Application, Award.objects.values_list("application", flat=True).get(pk=award_id))
    award = lock(Award, award_id)
    award.application = application
    return application, award


def require_open(award: Award) -> None:
    """Raise WrongState once the award is decided or returned."""
    if award.state not in _OPEN:
        raise WrongState(
            _("Cette action n’est plus possible : l’état de la décision est « %(state)s ».") % {"state": award.get_state_display()}
        )


@act
def certify_award(*, award_id: int, actor: User, now: datetime, key: str | None = None) -> Award:
    """Certify that the money is available, or renew a certificate. Raises NotAllowed, WrongState."""
    application, award = _hold(award_id)
    policies.certify_award(actor, award, now).require()
    require_open(award)
    if not award.is_favourable:
        raise WrongState(_("Une recommandation défavorable n’engage aucune somme : elle n’a pas à être certifiée."))
    if award.state == AwardState.RECOMMENDED:
        transition([award], AwardState.CERTIFIED, moves=AWARD_MOVES, now=now, certified_by=actor, certified_at=now)
    else:
        award.certified_by, award.certified_at = actor, now
        award.save(update_fields=["certified_by", "certified_at"])
        note(award, renewed=True)
    note(application)
    return award


@act
def approve_award(*, award_id: int, actor: User, now: datetime, key: str | None = None) -> Award:
    """Approve an award at the next level of its delegation; the last level takes its money from the call, year by year.

    Raises NotAllowed, WrongState (no fresh certificate), EnvelopeExceeded (the call or the envelope has not enough left).
    """
    known = money_clock(now)
    application, award = _hold(award_id)
    given, roles = policies.approvals_of(award), policies.delegation_of(award, now)
    policies.decide_award(actor, award, now, roles=roles, approvals=given).require()
    _require_certified(award, now)
    level, is_last = len(given) + 1, len(given) + 1 == len(roles)
    note(award, level=level, role=str(roles[level - 1]), amount=award.amount, round=award.round)
    if is_last:
        transition([award], AwardState.APPROVED, moves=AWARD_MOVES, now=now, decided_at=now)
        transition([application], ApplicationState.ACCEPTED, moves=APPLICATION_MOVES, now=now)
    else:
        if level == 1:
            transition([award], AwardState.PARTLY_APPROVED, moves=AWARD_MOVES, now=now)
        note(application)
    queue("money", now=now)
    years = {part.fiscal_year: part.amount for part in award.parts.order_by("fiscal_year", "pk")}
    if is_last:  # last: nobody else posts on these years until this act's COMMIT
        _take_from_call(award, application, years, actor=actor, now=now, known=known)
    margin = call_holds(application.call_id, years) - (ZERO if is_last else award.amount)
    Approval.objects.create(
        award=award, round=award.round, level=level, role=roles[level - 1], person=actor, approved_at=now, margin_after=margin
    )
    return award


def _require_certified(award: Award, now: datetime) -> None:
    require_open(award)
    if not award.is_favourable:
        raise WrongState(_("La recommandation est défavorable : elle ne peut pas être approuvée."))
    if award.certified_at is None:
        raise WrongState(_("La disponibilité budgétaire n’est pas encore certifiée."))
    if not policies.is_fresh(award, now):
        raise WrongState(
            _("Le certificat de disponibilité budgétaire du %(day)s date de plus de 30 jours : il doit être renouvelé.")
            % {"day": long_date(award.certified_at)}
        )


def _take_from_call(
    award: Award, application: Application, years: Mapping[int, Decimal], *, actor: User, now: datetime, known: datetime
) -> None:
    """Move the reservation of each fiscal year from the call to the award."""
    envelope, day = Envelope.objects.get(code=application.call.envelope), timezone.localdate(now)
    postings = []
    for year, part in years.items():
        for amount, holder in ((-part, None), (part, award.pk)):
            postings.append(Posting(envelope.pk, year, LedgerKind.RESERVATION, amount, day, call_id=application.call_id, award_id=holder))
    post(postings, actor=actor, recorded_at=known)


@act
def refuse_award(*, award_id: int, reason: str, actor: User, now: datetime, key: str | None = None) -> Award:
    """Refuse an application, with the reason that its organisation will read. Raises NotAllowed, WrongState, Invalid."""
    application, award = _hold(award_id)
    policies.decide_award(actor, award, now).require()
    require_open(award)
    if not reason.strip():
        raise Invalid(errors={"reason": _("Inscrivez le motif du refus : l’organisme le lira.")})
    free_prize(award)
    transition([award], AwardState.REFUSED, moves=AWARD_MOVES, now=now, refused_by=actor, refusal_reason=reason, decided_at=now)
    transition([application], ApplicationState.REFUSED, moves=APPLICATION_MOVES, now=now)
    note_reason(reason)
    return award


@act
def return_award(*, award_id: int, reason: str, actor: User, now: datetime, key: str | None = None) -> Award:
    """Send a recommendation back to the committee's secretary, with the reason. Raises NotAllowed, WrongState, Invalid."""
    application, award = _hold(award_id)
    policies.return_award(actor, award, now).require()
    require_open(award)
    if not reason.strip():
        raise Invalid(errors={"reason": _("Inscrivez le motif du retour.")})
    free_prize(award)
    transition([award], AwardState.RETURNED, moves=AWARD_MOVES, now=now, returned_by=actor, return_reason=reason)
    transition([application], ApplicationState.REVIEWED, moves=APPLICATION_MOVES, now=now)
    note_reason(reason)
    return award


@act
def issue_letter(*, award_id: int, actor: User, now: datetime, key: str | None = None) -> Award:
    """Make the letter of a decision and tell the organisation: from then on it sees the decision. Raises NotAllowed, WrongState."""
    unlocked = Award.objects.select_related("application__organisation", "application__call").get(pk=award_id)
    policies.issue_letter(actor, unlocked, now).require()
    require_untold(unlocked)
    content = pdf.render("letter.typ", letter_data(unlocked, now), at=now)  # a decision no longer changes: made before the first lock
    application, award = _hold(award_id)
    policies.issue_letter(actor, award, now).require()
    require_untold(award)
    document = store_bytes(
        content,
        name=f"lettre-{application.number}.pdf",
        content_type="application/pdf",
        kind=DocumentKind.LETTER,
        actor=actor,
        now=now,
        application=application,
    )
    award.letter, award.letter_by, award.letter_at = document, actor, now
    award.save(update_fields=["letter", "letter_by", "letter_at"])
    note(award, letter=document.sha256)
    note(application)
    people = User.objects.filter(
        pk__in=active_members(application.organisation_id, now).for_call(application.call_id).values("person")
    ).order_by("pk")
    with messages.in_french():
        subject = _("%(number)s : une décision est rendue") % {"number": application.number}
        body = _("La décision sur votre demande est rendue. Lisez la lettre dans le portail.")
    messages.send(people, application=application, subject=subject, body=body, now=now)
    return award


def require_untold(award: Award) -> None:
    """Raise WrongState unless the award is decided and its letter is still to leave."""
    if award.state not in _DECIDED:
        raise WrongState(_("La décision n’est pas encore rendue : il n’y a rien à transmettre."))
    if award.letter_id is not None:
        raise WrongState(_("La lettre de cette décision est déjà transmise."))


def letter_data(award: Award, now: datetime) -> dict[str, object]:
    """What the letter says, as `templates/pdf/letter.typ` reads it."""
    application = award.application
    return {
        "number": application.number,
        "title": application.title,
        "organisation": application.organisation.name,
        "call": f"{application.call.reference} – {application.call.title}",
        "day": timezone.localdate(now),
        "decided_on": timezone.localdate(award.decided_at),
        "approved": award.state == AwardState.APPROVED,
        "amount": award.amount,
        "parts": [{"year": part.fiscal_year, "amount": part.amount} for part in award.parts.order_by("fiscal_year", "pk")],
        "conditions": award.conditions,
        "reason": award.refusal_reason,
    }
