"""What an agreement still waits for: each unmet condition of its entry in force, of its completion and of its end, as a sentence."""

from __future__ import annotations

from decimal import Decimal

from django.db.models import Sum
from django.utils.translation import gettext as _

from fondsinnovation.kit.money import ZERO
from fondsinnovation.templatetags.typography import fiscal_year, money_cents
from funding.enums import DEAD_PAYMENTS, AmendmentState, ClaimState, InstalmentKind, LedgerKind, MilestoneState, Party, PaymentState
from funding.models import Agreement, Claim, LedgerEntry, Payment
from funding.queries.agreement_texts import text_faults
from funding.queries.bank import current_details
from funding.queries.follow_ups import unmet_follow_up
from funding.queries.outcomes import pays_results, schedule_of
from funding.queries.recoveries import credited_by_year, unsettled
from projects.models import GainPlan


def unmet_conditions(agreement: Agreement) -> list[str]:
    """What keeps an agreement from being in force, in sentences; empty when nothing does."""
    signed = set(agreement.signatures.values_list("party", flat=True))
    return [
        *([] if agreement.reviewed_by_id else [_("L’avis juridique favorable n’est pas encore donné.")]),
        *([] if Party.BENEFICIARY in signed else [_("La signature du bénéficiaire manque.")]),
        *([] if Party.MINISTER in signed else [_("La signature du ministre manque.")]),
        *text_faults(agreement),
        *_plan_faults(agreement),
        *_schedule_faults(agreement),
        *([_("Le barème de résultats manque.")] if pays_results(agreement) and schedule_of(agreement) is None else []),
        *_reservation_faults(agreement),
        *_account_faults(agreement),
    ]


def _plan_faults(agreement: Agreement) -> list[str]:
    """The plan of gains is locked at the signature: it must say where every line starts from."""
    plan = GainPlan.objects.filter(application=agreement.project.application_id).first()
    if plan is not None and not agreement.project.call.terms.gains_required:
        return []
    if plan is None or not plan.lines.exists():
        return [_("Le plan de gains n’a aucune ligne.")]
    bare = plan.lines.filter(baseline=None).order_by("code").values_list("code", flat=True)
    return [_("La ligne de gains %(line)s n’a pas de situation de départ.") % {"line": code} for code in bare]


def _schedule_faults(agreement: Agreement) -> list[str]:
    planned = agreement.instalments.filter(replaced_by=None).aggregate(total=Sum("amount"))["total"] or ZERO
    if planned == agreement.amount:
        return []
    return [
        _("Les versements totalisent %(planned)s pour une aide de %(amount)s.")
        % {"planned": money_cents(planned), "amount": money_cents(agreement.amount)}
    ]


def _reservation_faults(agreement: Agreement) -> list[str]:
    """Before it is committed, each fiscal year of an agreement is reserved by its decision."""
    if committed_by_year(agreement):
        return []
    rows = LedgerEntry.objects.filter(award=agreement.award_id, kind=LedgerKind.RESERVATION)
    held = dict(rows.values_list("fiscal_year").annotate(total=Sum("amount")).order_by("fiscal_year"))
    return [
        _("Exercice %(year)s : la décision réserve %(held)s et la convention engage %(part)s.")
        % {"year": fiscal_year(part.fiscal_year), "held": money_cents(held.get(part.fiscal_year, ZERO)), "part": money_cents(part.amount)}
        for part in agreement.parts.order_by("fiscal_year", "pk")
        if held.get(part.fiscal_year, ZERO) < part.amount
    ]


def _account_faults(agreement: Agreement) -> list[str]:
    """Two people know where the beneficiary is paid before anything is committed to it (SM-5)."""
    organisation = agreement.project.organisation
    if current_details([organisation.pk]):
        return []
    return [_("Les coordonnées bancaires de %(name)s ne sont pas confirmées par une seconde personne.") % {"name": organisation.name}]


def committed_by_year(agreement: Agreement) -> dict[int, Decimal]:
    """Net dollars committed by fiscal year."""
    return _by_year(agreement, LedgerKind.COMMITMENT)


def engaged_by_year(agreement: Agreement) -> dict[int, Decimal]:
    """Net dollars committed by fiscal year, before what receipts gave back: a payment that was recovered used its commitment up."""
    credited = credited_by_year(agreement)
    return {year: amount + credited.get(year, ZERO) for year, amount in committed_by_year(agreement).items()}


def unpaid_by_year(agreement: Agreement) -> dict[int, Decimal]:
    """Dollars committed and never paid, by fiscal year: what was recovered was paid, credited back to the envelope or not (T10)."""
    engaged, paid = engaged_by_year(agreement), _by_year(agreement, LedgerKind.PAYMENT)
    left = {year: engaged.get(year, ZERO) - paid.get(year, ZERO) for year in sorted({*engaged, *paid})}
    over = -sum((amount for amount in left.values() if amount < 0), ZERO)  # paid before a year-end moved its commitment
    found = {}
    for year, amount in left.items():
        taken = min(over, max(amount, ZERO))
        over -= taken
        if amount > taken:
            found[year] = amount - taken
    return found


def _by_year(agreement: Agreement, kind: LedgerKind) -> dict[int, Decimal]:
    rows = LedgerEntry.objects.filter(agreement=agreement, kind=kind)
    return dict(rows.values_list("fiscal_year").annotate(total=Sum("amount")).order_by("fiscal_year"))


def payments_under_way(agreement: Agreement) -> list[str]:
    """The payments that are neither confirmed nor rejected nor taken back: an agreement does not end while money is on its way."""
    ended = (PaymentState.CONFIRMED, *DEAD_PAYMENTS)
    numbers = Payment.objects.filter(instalment__agreement=agreement).exclude(state__in=ended).order_by("number")
    return [_("Le paiement %(number)s est en cours.") % {"number": number} for number in numbers.values_list("number", flat=True)]


def unmet_for_completion(agreement: Agreement) -> list[str]:
    """Every milestone that was not cancelled is verified, the final report's too."""
    waiting = agreement.milestones.exclude(state__in=(MilestoneState.VERIFIED, MilestoneState.CANCELLED)).order_by("position", "pk")
    unpaid = agreement.instalments.filter(kind=InstalmentKind.PRIZE).exclude(payments__state=PaymentState.CONFIRMED)
    return [
        *[_("Le jalon %(position)s (%(title)s) n’est pas vérifié.") % {"position": one.position, "title": one.title} for one in waiting],
        *([_("Le prix n’est pas versé.")] if unpaid.exists() else []),
    ]


def unmet_for_closing(agreement: Agreement) -> list[str]:
    """Every milestone verified, no payment under way, claims and recoveries settled, and the plan whose gains will be followed locked."""
    return [*unmet_for_completion(agreement), *unmet_for_failure(agreement)]


def unmet_for_failure(agreement: Agreement) -> list[str]:
    """The same without the milestones, which a documented failure did not all reach: its duties are met, its results are not there."""
    locked = GainPlan.objects.filter(project=agreement.project_id, locked_at__isnull=False).exists()
    return [
        *payments_under_way(agreement),
        *_claims_under_way(agreement),
        *_amendments_under_way(agreement),
        *unsettled(agreement),
        *([] if locked else [_("Le calendrier de suivi des gains n’est pas établi.")]),
        *unmet_follow_up(agreement),
    ]


def _claims_under_way(agreement: Agreement) -> list[str]:
    """The claims that the beneficiary submitted and nobody decided yet."""
    waiting = Claim.objects.filter(instalment__agreement=agreement, state__in=(ClaimState.SUBMITTED, ClaimState.IN_VERIFICATION))
    numbers = waiting.order_by("number").values_list("number", flat=True)
    return [_("La réclamation %(number)s n’est pas décidée.") % {"number": number} for number in numbers]


def _amendments_under_way(agreement: Agreement) -> list[str]:
    """The amendments that nobody put in force, refused or gave up: they can only be given up once the agreement is no longer in force."""
    under_way = (AmendmentState.PROPOSED, AmendmentState.PARTLY_APPROVED, AmendmentState.APPROVED)
    numbers = agreement.amendments.filter(state__in=under_way).order_by("number").values_list("number", flat=True)
    return [_("L’avenant %(number)s est en cours.") % {"number": number} for number in numbers]
