"""A seeded fund where something waits at every step, and for each page of the portal the person and the rows that it is opened with."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.utils import encrypt
from allauth.socialaccount.models import SocialAccount
from allauth.usersessions.models import UserSession
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from fondsinnovation.kit.money import fiscal_year_of
from funding.enums import (
    AgreementState,
    BatchState,
    ClaimState,
    CostMoveState,
    EligibilityPoint,
    InstalmentKind,
    MilestoneState,
    PaymentState,
    ReviewState,
)
from funding.models import (
    Agreement,
    BankDetail,
    CashEntry,
    Claim,
    ClaimLine,
    CostMove,
    CreditMove,
    DrawAuthority,
    Instalment,
    Milestone,
    Payment,
    PaymentBatch,
    Recovery,
    Review,
    SecretariatCost,
)
from funding.services.agreement_ends import suspend_agreement
from funding.services.bank import Account, enter_bank_details
from funding.services.batches import prepare_batch, transmit_batch
from funding.services.calls import submit_call
from funding.services.eligibility import decide_eligibility
from funding.services.interests import declare_interest
from funding.services.milestone_changes import place_hold
from funding.services.payments import ATTESTATIONS, authorise_payment, certify_payment, request_payment
from funding.services.signed_copies import Signatories, record_signed_copy
from projects.demo import PASSWORD as DEMO_PASSWORD
from projects.enums import CallState, DocumentKind, ExceptionalState, FiscalCalendar, InterestAnswer, OrganisationKind, Role
from projects.models import (
    ApiToken,
    Application,
    Call,
    Delegation,
    EmailChange,
    ExceptionalAccess,
    GainLine,
    Incident,
    InterestDeclaration,
    Invitation,
    JournalEntry,
    Membership,
    Organisation,
    User,
)
from projects.services import organisation_changes as register
from projects.services.accounts import link_key, request_email_change
from projects.services.attachments import attach_document
from projects.services.baselines import ask_baseline
from projects.services.calls import create_call
from projects.services.delegations import propose_delegation
from projects.services.documents import store_bytes
from projects.services.exceptional import grant_exceptional_access, request_exceptional_access
from projects.services.incidents import IncidentContent, record_incident
from projects.services.invitations import invite_member, make_link
from projects.services.organisation_changes import OrganisationFacts
from projects.services.tokens import create_token
from reporting.enums import FollowUpState, GainReportState, ImportState, ParameterKind, RenewalState
from reporting.models import (
    Export,
    FollowUpAttachment,
    FollowUpReport,
    GainReport,
    GainSharing,
    Overlap,
    ParameterMove,
    PortfolioImport,
    Renewal,
    Run,
    SharedGain,
)
from reporting.queries.samples import Asked
from reporting.seeding import live
from reporting.seeding.follow_ups import add_follow_ups
from reporting.services import gains, renewals, snapshots
from reporting.services.follow_up_calendar import schedule_follow_ups
from reporting.services.follow_ups import attach_to_follow_up
from reporting.services.objectives import record_results
from reporting.services.parameters import ParameterValues, propose_parameter
from reporting.services.portfolio import seed_fund
from reporting.services.portfolio_imports import upload_portfolio
from reporting.services.portfolio_work import work_on_portfolio
from reporting.services.restatements import cosign_restatement, restate_gain
from reporting.services.samples import draw_sample, examine_item
from reporting.services.shared_corrections import correct_shared_gain
from reporting.services.sharing import report_shared_gain, share_gain
from reporting.services.variances import explain_variance
from tests.factories import call_content, upload
from tests.funding.amending import proposed
from tests.funding.costs import proposed as proposed_cost
from tests.funding.credit import authority, frozen, received
from tests.projects.signing import passkey_credential
from tests.reporting.gains import OPINION, Team, answers
from tests.reporting.overlaps import overlapping

#: files that the demonstration does not have: each stops at a step where a page waits for somebody
MORE = tuple(
    live.Waiting(organisation, title, 95_000, last)
    for organisation, title, last in (
        ("RBQ", "Dossier incomplet", "submit"),
        ("45072", "Dossier recevable", "decide_eligibility"),
        ("RBQ", "Décision sans lettre", "approve"),
        ("45072", "Projet de convention à compléter", "draft"),
        ("45072", "Convention à relire", "submit_draft"),
        ("45072", "Convention à signer pour le ministre", "sign_beneficiary"),
        ("45072", "Convention signée sur papier", "review_draft"),
        ("RBQ", "Versement à autoriser", "sign_minister"),
        ("RBQ", "Versement à confirmer", "sign_minister"),
        ("RBQ", "Versement transmis", "sign_minister"),
        ("RBQ", "Versement dans un lot", "sign_minister"),
        ("RBQ", "Versement à réunir", "sign_minister"),
        ("RBQ", "Convention suspendue", "sign_minister"),
    )
)


def person(local: str) -> User:
    return User.objects.get(email=f"{local}@exemple.quebec")


def titled(title: str) -> Application:
    return Application.objects.get(title=title)


def prepare(monkeypatch: Any) -> None:
    """Write the fund, and make one more act wherever a page would have nothing to show."""
    monkeypatch.setattr(snapshots, "_nudge", lambda run_id: None)
    monkeypatch.setattr(live, "FILES", MORE + live.FILES)
    now = timezone.now()
    seed_fund(stage="report", scale=1, now=now)
    live.add_live_files(now=now)
    officer = {"actor": person("agente1"), "now": now}
    for submitted in (False, True):
        content = call_content(opens_at=now + timedelta(days=9), closes_at=now + timedelta(days=60))
        call = create_call(content=content, **officer)
        if submitted:
            submit_call(call_id=call.pk, **officer)
    points = {str(point): point != EligibilityPoint.values[0] for point in EligibilityPoint}
    decide_eligibility(application_id=titled("Dossier incomplet").pk, checklist=points, reason="Organisme non visé", **officer)
    create_token(name="Entrepôt", scopes=["read:calls"], expires_on=timezone.localdate(now) + timedelta(days=30), **officer)
    draft = titled("Toitures réfléchissantes")
    attach_document(
        application_id=draft.pk, kind=DocumentKind.RESOLUTION, file=upload("resolution.pdf"), actor=person("redaction.rimouski"), now=now
    )
    sign_in_facts()
    declare_interests(now)
    merge_an_organisation(now)
    invite_and_delegate(now)
    request_payments(now)
    bring_back_a_copy(now)
    send_payments(now)
    claim_costs(now)
    freeze_credit(now)
    amend(now)
    return_a_gain(now)
    follow_up(now)
    overlapping()
    renew(now)
    share_a_gain()
    ask_a_baseline(now)
    bring_packages(now)
    restate_a_gain(now)
    open_exceptionally(now)
    after = timezone.now()  # accounts and roles are known by the database's own clock
    snapshots.run_recompute(run_id=snapshots.request_recompute(now=after).pk, now=after)
    client = Client()
    client.force_login(person("audit"))
    client.post("/rapports/roi-projects/exporter/", {"format": "csv"})


def follow_up(now: Any) -> None:
    """Reports in each state; of a file in force, one that waits for its co-signature, and a file that may be taken back."""
    add_follow_ups(now=now)
    schedule_follow_ups(agreement_id=agreement(GAINED).pk, actor=None, now=now)
    first, second = FollowUpReport.objects.filter(agreement=agreement(GAINED)).order_by("period_start")[:2]
    attach_to_follow_up(report_id=second.pk, file=upload("etude.pdf"), actor=person("redaction.rimouski"), now=now)
    signed = {"signed_by": person("redaction.rimouski"), "signed_at": now, "state": FollowUpState.TO_COSIGN}
    FollowUpReport.objects.filter(pk=first.pk).update(**signed)


def report_of(state: FollowUpState, *more: Any, own: bool = True) -> Callable[[], tuple[Any, ...]]:
    """The number of a report in that state, of the file in force or of another one."""

    def found() -> tuple[Any, ...]:
        rows = FollowUpReport.objects.filter(state=state, **({"agreement": agreement(GAINED)} if own else {})).order_by("pk")
        return (rows[0].number, *more)

    return found


def attached() -> tuple[str, int]:
    last = FollowUpAttachment.objects.select_related("report").order_by("-pk")[0]
    return last.report.number, last.document_id


def merge_an_organisation(now: Any) -> None:
    """An organisation that had two names and joined another."""
    facts = OrganisationFacts(kind=OrganisationKind.OTHER, fiscal_calendar=FiscalCalendar.STATE)
    day, director = timezone.localdate(now), {"actor": person("direction"), "now": now}
    old = register.create_organisation(code="ANCIENNE", name="Ancienne corporation", facts=facts, **director)
    register.rename_organisation(
        organisation_id=old.pk, version=1, name="Ancienne société", effective_on=day, reason="Lettres patentes", **director
    )
    successor = Organisation.objects.get(code="ENAP")
    register.merge_organisations(
        organisation_id=old.pk, version=2, successor_id=successor.pk, effective_on=day, reason="Décret de fusion", **director
    )


def invite_and_delegate(now: Any) -> None:
    """An invitation that waits, and a delegation to decide on."""
    town, signatory = Organisation.objects.get(code="10043"), person("greffe.rimouski")
    dates = {"starts_on": timezone.localdate(now), "ends_on": timezone.localdate(now) + timedelta(days=14), "now": now}
    invite_member(email="invitee@exemple.quebec", role=Role.WRITER, organisation_id=town.pk, actor=signatory, **dates)
    propose_delegation(
        source_id=signatory.memberships.get().pk, delegate_id=person("redaction.rimouski").pk, reason="Vacances", actor=signatory, **dates
    )


def declare_interests(now: Any) -> None:
    file = titled("Inventaire intelligent des panneaux de signalisation")
    for local, answer in (("evaluation1", InterestAnswer.POTENTIAL), ("evaluation3", InterestAnswer.NONE)):
        declare_interest(application_id=file.pk, answer=answer, explanation="Mandat antérieur", actor=person(local), now=now)


def open_exceptionally(now: Any) -> None:
    """An access that lasts, one that waits, an incident, and an e-mail that waits for its link."""
    reason = "Le téléversement d’une pièce échoue depuis hier"
    for local, title in (("exploitation1", SUBMITTED), ("exploitation2", REVIEWED)):
        file = {"target": str(titled(title).number), "reason": reason, "minutes": 240}
        access = request_exceptional_access(**file, actor=person(local), now=now)
        if local == "exploitation1":
            grant_exceptional_access(access_id=access.pk, actor=person("tete"), now=now)
    content = IncidentContent(
        now - timedelta(days=2), "Un courriel est parti au mauvais organisme.", ("contact", "identity"), 12, "low",
        "Les coordonnées étaient publiques.", "Le courriel est rappelé et détruit.",
    )  # fmt: skip
    record_incident(content=content, actor=person("renseignements"), now=now)
    root = "http://localhost"
    request_email_change(email="ariane@exemple.quebec", password=DEMO_PASSWORD, root=root, actor=person("agente1"), now=now)


def request_payments(now: Any) -> None:
    for title, steps in (
        ("Versement à autoriser", ((certify_payment, "controle"),)),
        ("Versement à confirmer", ((certify_payment, "controle"), (authorise_payment, "paiement2"))),
    ):
        advance = Instalment.objects.get(agreement=agreement(title), kind=InstalmentKind.ADVANCE)
        payment = request_payment(
            instalment_id=advance.pk, attestations=dict.fromkeys(ATTESTATIONS, True), actor=person("paiement1"), now=now
        )
        for step, local in steps:
            step(payment_id=payment.pk, actor=person(local), now=now)
    director = {"actor": person("direction"), "now": now}
    place_hold(agreement_id=agreement(GAINED).pk, reason="Rapport annuel en retard", **director)
    suspend_agreement(agreement_id=agreement("Convention suspendue").pk, reason="Changement de direction", **director)


def bring_back_a_copy(now: Any) -> None:
    """An agreement that was signed on paper, to be checked."""
    day = timezone.localdate(now)
    record_signed_copy(
        agreement_id=agreement("Convention signée sur papier").pk, file=upload("convention-signee.pdf"),
        signatories=Signatories("Greffe de Magog", day, "Direction du financement", day), actor=person("agente1"), now=now,
    )  # fmt: skip


def claim_costs(now: Any) -> None:
    """A claim that is being written, one that waits for its verification, and one in verification."""
    for title, state in (
        (IN_FORCE, ClaimState.DRAFT),
        ("Versement à autoriser", ClaimState.SUBMITTED),
        ("Versement à confirmer", ClaimState.IN_VERIFICATION),
    ):
        instalment = Instalment.objects.filter(agreement=agreement(title), kind=InstalmentKind.MILESTONE).order_by("position")[0]
        member, project, day = person("greffe.magog"), instalment.agreement.project, timezone.localdate(now)
        evidence = store_bytes(
            b"%PDF-1.7",
            name="factures.pdf",
            content_type="application/pdf",
            kind=DocumentKind.EVIDENCE,
            actor=member,
            now=now,
            project=project,
        )
        claim = Claim.objects.create(
            number=f"RCL-2026-{instalment.pk:05}", instalment=instalment, period_start=day - timedelta(days=60), period_end=day,
            other_public_aid=Decimal("1500.00"), drafted_by=member, drafted_at=now,
        )  # fmt: skip
        for category, amount in (("fees", "12500.50"), ("salaries", "8400.00")):
            ClaimLine.objects.create(claim=claim, category=category, amount=Decimal(amount), document=evidence)
        if state != ClaimState.DRAFT:
            Claim.objects.filter(pk=claim.pk).update(state=state, submitted_by=member, submitted_at=now)


def send_payments(now: Any) -> None:
    """A confirmed payment, one that waits for its answer, one in a batch that did not leave, one to batch; bank details to confirm."""
    sent, held, _ready = (authorised(title, now) for title in ("Versement transmis", "Versement dans un lot", "Versement à réunir"))
    requester = {"actor": person("paiement1"), "now": now}
    transmit_batch(batch_id=prepare_batch(payment_ids=[sent.pk], **requester).pk, **requester)
    prepare_batch(payment_ids=[held.pk], **requester)
    account = Account("Magog", "815", "30000", "7654321")
    organisation = Organisation.objects.get(code="45072")
    enter_bank_details(organisation_id=organisation.pk, account=account, actor=person("finances.magog"), now=now)


def authorised(title: str, now: Any) -> Payment:
    advance = Instalment.objects.get(agreement=agreement(title), kind=InstalmentKind.ADVANCE)
    attested = dict.fromkeys(ATTESTATIONS, True)
    payment = request_payment(instalment_id=advance.pk, attestations=attested, actor=person("paiement1"), now=now)
    certify_payment(payment_id=payment.pk, actor=person("controle"), now=now)
    return authorise_payment(payment_id=payment.pk, actor=person("paiement2"), now=now)


def freeze_credit(now: Any) -> None:
    """A move of credit that waits for its decision."""
    frozen(Decimal("250000.00"), actor=person("controle"), now=now)
    authority(Decimal("300000000.00"), actor=person("controle"))
    received(Decimal("1500000.00"), actor=person("controle"))
    proposed_cost(actor=person("direction"), now=now)


def amend(now: Any) -> None:
    """An amendment of amount, dates and scope that waits for its certificate."""
    found = agreement(IN_FORCE)
    more = found.amount + Decimal("15000.00")
    changes = {"amount": more, "ends_on": found.ends_on + timedelta(days=120), "scope": "Une seconde succursale s’ajoute."}
    proposed(found, actor=person("agente1"), now=now, **changes)


def amendment(*more: str) -> Callable[[], tuple[Any, ...]]:
    return lambda: (agreement(IN_FORCE).number, 1, *more)


def credit_move() -> tuple[str]:
    return (CreditMove.objects.get().number,)


def newest_cost() -> tuple[str]:
    return (SecretariatCost.objects.order_by("-pk")[0].number,)


def waiting_cost() -> tuple[str]:
    return (CostMove.objects.filter(state=CostMoveState.PROPOSED).order_by("pk")[0].number,)


def proposed_authority() -> tuple[str]:
    return (DrawAuthority.objects.get().number,)


def ask_a_baseline(now: Any) -> None:
    line = GainLine.objects.get(plan__application__title=GAINED, code="L1")
    ask_baseline(
        line_id=line.pk,
        cost=line.baseline.cost * 2,
        volume=line.baseline.volume,
        period_start=line.baseline.period_start,
        period_end=line.baseline.period_end,
        source="États financiers redressés",
        reason="Un second comptoir, ouvert par une loi, double le service rendu.",
        effective_on=now.date(),
        actor=person("finances.rimouski"),
        now=now,
    )


def share_a_gain() -> None:
    """A line other than the one of the gains: what is shared is reported on the page of the sharing alone."""
    line = GainLine.objects.get(plan__application__title=GAINED, code="L2")
    shares = {line.pk: Decimal("0.6"), Team(nature=line.nature).line.pk: Decimal("0.4")}
    now = timezone.now()
    sharing = share_gain(title="Guichet commun", shares=shares, reason="Entente", actor=person("agente1"), now=now)
    day = timezone.localdate(now) - timedelta(days=30)
    measured = {"period_start": day, "period_end": day + timedelta(days=9), "amount": Decimal("2400.00"), "method": "Relevé commun"}
    shared = report_shared_gain(sharing_id=sharing.pk, evidence=upload(), actor=person("redaction.rimouski"), now=now, **measured)
    words = {"maturity": "final", "method": "Relevé commun corrigé", "reason": "Un poste avait été oublié.", "evidence": None}
    correct_shared_gain(shared_id=shared.pk, amount=Decimal("2350.05"), actor=person("redaction.rimouski"), now=now, **words)


def return_a_gain(now: Any) -> None:
    line = GainLine.objects.get(plan__application__title=GAINED, code="L1")
    start = timezone.localdate(now) - timedelta(days=3)
    report = gains.report_gain(
        line_id=line.pk, period_start=start, period_end=start + timedelta(days=1), amount=Decimal("210.00"), method="Relevé",
        evidence=upload(), actor=person("redaction.rimouski"), now=now,
    )  # fmt: skip
    gains.cosign_gain(report_id=report.pk, actor=person("finances.rimouski"), now=now)
    gains.return_gain(report_id=report.pk, reason="Relevé illisible", actor=person("verification"), now=now)


def restate_a_gain(now: Any) -> None:
    """A gain that was captured, then restated, returned, and restated again; and a sample of what was reported."""
    line = GainLine.objects.get(plan__application__title=GAINED, code="L1")
    start, verifier = timezone.localdate(now) - timedelta(days=50), person("verification")
    writer, finance = person("redaction.rimouski"), person("finances.rimouski")
    report = gains.report_gain(
        line_id=line.pk, period_start=start, period_end=start + timedelta(days=6), amount=Decimal("1310.00"), method="Relevé",
        evidence=upload(), actor=writer, now=now,
    )  # fmt: skip
    gains.cosign_gain(report_id=report.pk, actor=finance, now=now)
    gains.verify_gain(report_id=report.pk, amount=report.amount, **OPINION, answers=answers(), reason="", actor=verifier, now=now)
    budget = {"document": upload("budget.pdf"), "actor": person("controle"), "now": now}
    gains.capture_gain(report_id=report.pk, amount=report.amount, **budget)
    words = {"maturity": "final", "method": "Relevé corrigé", "evidence": None, "actor": writer, "now": now}
    reason = "Une journée avait été comptée deux fois dans le relevé."
    first = restate_gain(report_id=report.pk, amount=Decimal("1120.00"), reason=reason, **words)
    cosign_restatement(restatement_id=first.pk, actor=finance, now=now)
    gains.return_gain(report_id=report.pk, reason="Joignez le relevé corrigé.", actor=verifier, now=now)
    restate_gain(report_id=report.pk, amount=Decimal("1125.00"), reason=f"{reason} Relevé corrigé en pièce.", **words)
    asked = Asked("all", timezone.localdate(now), now)
    sample = draw_sample(asked=asked, largest=1, points=3, seed="2026-11", actor=verifier, now=now)
    examine_item(item_id=sample.items.get(position=1).pk, note_text="Relevé rapproché de la facture.", actor=verifier, now=now)


GAINED = live.FILES[-1].title
#: state of a dossier → the project that it is about
RENEWED = {
    RenewalState.OPENED: "Versement à autoriser",
    RenewalState.ANALYSED: "Versement à confirmer",
    RenewalState.RECOMMENDED: "Versement dans un lot",
    RenewalState.DECIDED: "Versement à réunir",
}


def renew(now: Any) -> None:
    """A dossier of renewal at each step, a variance that is explained, values of objectives and a rate to decide on."""
    officer = {"actor": person("agente1"), "now": now}
    for state, title in RENEWED.items():
        found = renewals.open_renewal(project_id=agreement(title).project_id, **officer)
        if state == RenewalState.OPENED:
            continue
        said = {"eligible_base": Decimal("20000.00"), "base_reason": "Coûts récurrents du service", "analysis": "Les gains se confirment."}
        renewals.analyse_renewal(renewal_id=found.pk, **said, **officer)
        if state == RenewalState.ANALYSED:
            continue
        known = snapshots.fix_knowledge(timezone.now(), now=timezone.now())
        renewals.recommend_renewal(
            renewal_id=found.pk, effective=timezone.localdate(), known=known, actor=person("agente1"), now=timezone.now()
        )
        if state == RenewalState.DECIDED:
            none = {"decision": "none", "amount": Decimal(0), "reason": "Vérification à compléter"}
            renewals.decide_renewal(renewal_id=found.pk, **none, actor=person("direction"), now=timezone.now())
    project, writer = agreement(GAINED).project, person("redaction.rimouski")
    values = {each.pk: each.baseline + (each.target - each.baseline) / 2 for each in project.call.objectives.order_by("position")}
    day = timezone.localdate()
    record_results(project_id=project.pk, values=values, measured_on=day, source="Registre du service", actor=writer, now=timezone.now())
    words = {"cause": "delay", "explanation": "Mise en service retardée.", "action": "Calendrier revu avec le fournisseur."}
    explain_variance(project_id=project.pk, fiscal_year=fiscal_year_of(day), **words, actor=writer, now=timezone.now())
    rate = ParameterValues(valid_from=date(2026, 4, 1), value=Decimal("0.04"))
    said = {"source": "Avis du Conseil du trésor", "reason": "Révision annuelle"}
    propose_parameter(kind=ParameterKind.RATE, values=rate, **said, actor=person("controle"), now=timezone.now())


# ── Rows by what a page needs ────────────────────────────────────────────────────────────────────────────────────────
def agreement(title: str) -> Agreement:
    return Agreement.objects.get(award__application__title=title)


def number(title: str) -> Callable[[], tuple[str]]:
    return lambda: (str(titled(title).number),)


def contract(title: str) -> Callable[[], tuple[str]]:
    return lambda: (agreement(title).number,)


def of_call(state: CallState) -> Callable[[], tuple[str]]:
    return lambda: (Call.objects.filter(state=state).order_by("-pk").values_list("reference", flat=True)[0],)


def draft(*more: str) -> Callable[[], tuple[Any, ...]]:
    return lambda: (titled("Toitures réfléchissantes").pk, *more)


def review(state: ReviewState, local: str) -> Callable[[], tuple[int]]:
    return lambda: (Review.objects.filter(state=state, reviewer=person(local)).order_by("-pk")[0].pk,)


def payment(state: PaymentState, local: str = "paiement1") -> Callable[[], tuple[str]]:
    """The newest in this state: the accounts of a demonstration took no other part in it."""
    return lambda: (Payment.objects.filter(state=state, requested_by=person(local)).order_by("-pk")[0].number,)


def recovery(state: str, *step: str) -> Callable[[], tuple[str, ...]]:
    return lambda: (Recovery.objects.filter(state=state).order_by("pk")[0].number, *step)


def batch(state: BatchState) -> Callable[[], tuple[str]]:
    return lambda: (PaymentBatch.objects.filter(state=state).order_by("-pk")[0].number,)


def milestone(state: MilestoneState) -> Callable[[], tuple[int]]:
    return lambda: (Milestone.objects.filter(state=state, agreement__award__application__title=IN_FORCE).order_by("pk")[0].pk,)


def claim(state: ClaimState) -> Callable[[], tuple[str]]:
    return lambda: (Claim.objects.get(state=state).number,)


def gain(state: GainReportState) -> Callable[[], tuple[str]]:
    return lambda: (GainReport.objects.filter(state=state, project__title=GAINED).order_by("pk")[0].number,)


def bring_packages(now: Any) -> None:
    """A package that may be imported, and one in which cells are to be corrected."""
    header = "code,name,kind,fiscal_calendar,region\n"
    for rows in ("REPRIS,Organisme repris,ministry,state,03\n", "REPRIS,Organisme repris,ministère,state,3\n" * 25):
        made = upload_portfolio(files=[upload("organisations.csv", (header + rows).encode())], actor=person("controle"), now=now)
        work_on_portfolio(portfolio_id=made.pk, now=now)


def brought(state: ImportState) -> Callable[[], tuple[int]]:
    return newest(PortfolioImport, state=state)


def newest(model: Any, **fields: Any) -> Callable[[], tuple[int]]:
    return lambda: (model.objects.filter(**fields).order_by("-pk")[0].pk,)


def reset_key() -> tuple[str, str]:
    writer = person("redaction.magog")
    return user_pk_to_url_str(writer), default_token_generator.make_token(writer)


def invitation_link() -> tuple[str, str]:
    made = make_link(Invitation.objects.order_by("-pk")[0].pk, timezone.now())
    assert made is not None
    return ("10043", made[1].rstrip("/").rsplit("/", 1)[1])


def sign_in_facts() -> None:
    """One person with every kind of second factor and a linked identity, another with a second device signed in."""
    comite, agente = person("comite"), person("agente1")
    Authenticator.objects.create(user=comite, type="totp", data={"secret": encrypt("JBSWY3DPEHPK3PXP")})
    Authenticator.objects.create(user=comite, type="webauthn", data={"name": "Portable du bureau", "credential": passkey_credential()})
    RecoveryCodes.activate(comite)
    SocialAccount.objects.create(user=comite, provider="https://identite.exemple.quebec", uid="personne-1")
    client = Client(headers={"User-Agent": "Mozilla/5.0 (Windows NT 10.0; rv:133.0) Gecko/20100101 Firefox/133.0"})
    client.force_login(agente)
    UserSession.objects.create(
        user=agente, session_key=client.session.session_key, ip="192.0.2.7", user_agent="Mozilla/5.0 (Windows NT 10.0) Firefox/133.0"
    )


def other_session() -> tuple[int]:
    return (UserSession.objects.get(ip="192.0.2.7").pk,)


def passkey() -> tuple[int]:
    return (Authenticator.objects.get(type="webauthn").pk,)


def nothing() -> tuple[()]:
    return ()


SUBMITTED, INCOMPLETE, ELIGIBLE = "Rendez-vous en ligne aux comptoirs de services", "Dossier incomplet", "Dossier recevable"
REVIEWED, RECOMMENDED = "Réponses assistées aux demandes de renseignements", "Carte ouverte des travaux et des entraves"
CERTIFIED, TOLD = "Gestion mutualisée des locaux et des plateaux", "Dossier unique de l’entreprise de construction"
TO_SIGN, IN_FORCE = "Déneigement guidé par capteurs de chaussée", "Bibliothèque libre-service le soir"


def renewal(state: RenewalState) -> Callable[[], tuple[str]]:
    return lambda: (Renewal.objects.get(state=state, project__title=RENEWED[state]).number,)


def project() -> tuple[str]:
    return (agreement(GAINED).project.reference,)


def paid_project() -> str:
    return f"project={Payment.objects.filter(state=PaymentState.CONFIRMED).order_by('pk')[0].instalment.agreement.project.reference}"


def gain_line() -> tuple[str, str]:
    return (*project(), "L1")


def own_application(title: str) -> Callable[[], tuple[int]]:
    return lambda: (titled(title).pk,)


#: route → (account, the address's arguments); a list when a page is worth opening in several states; after « ? », the query
PAGES: dict[str, list[tuple[str | None, Callable[[], tuple[Any, ...]], str | Callable[[], str]]]] = {}


def address_of(route: str, arguments: Callable[[], tuple[Any, ...]], query: str | Callable[[], str]) -> str:
    """The address of a line of PAGES."""
    path = reverse(route, args=arguments())
    asked = query() if callable(query) else query
    return f"{path}?{asked}" if asked else path


def page(
    route: str, local: str | None = None, arguments: Callable[[], tuple[Any, ...]] = nothing, query: str | Callable[[], str] = ""
) -> None:
    PAGES.setdefault(route, []).append((local, arguments, query))


# public pages and one's account
page("projects:home")
page("projects:call_list")
page("projects:call_detail", None, of_call(CallState.OPEN))
page("projects:accessibility")
page("projects:privacy")
page("projects:contact")
page("api:documentation")
page("account_login")
page("account_signup")
page("account_inactive")
page("account_reset_password")
page("account_reset_password_done")
page("account_reset_password_from_key", None, reset_key)
page("account_reset_password_from_key", None, lambda: ("1", "perime-depuis-longtemps"))
page("account_reset_password_from_key_done")
page("account_logout", "agente1")
page("account_reauthenticate", "agente1")
page("account_change_password", "agente1")
page("projects:account", "agente1")
page("projects:account", "redaction.rimouski")
page("projects:session_list", "agente1")
page("projects:session_end", "agente1", other_session)
page("projects:session_end_others", "agente1")
page("mfa_index", "agente1")
page("mfa_index", "comite")
page("mfa_activate_totp", "agente1")
page("mfa_add_webauthn", "agente1")
page("mfa_edit_webauthn", "comite", passkey)
page("mfa_remove", "comite", passkey)
page("mfa_view_recovery_codes", "comite")
page("mfa_generate_recovery_codes", "comite")
page("mfa_reauthenticate", "comite")
page("mfa_reauthenticate_webauthn", "comite")
page("identity_unlink", "comite", newest(SocialAccount))
page("projects:token_list", "agente1")
page("projects:token_create", "agente1")
page("projects:token_revoke", "agente1", newest(ApiToken))
page("projects:own_data", "agente1")
page("projects:own_name", "agente1")
page("projects:own_email", "agente1")
page("projects:email_confirm", "agente1", lambda: (link_key(EmailChange.objects.order_by("-pk")[0].pk),))
# technical administration, exceptional access, incidents
page("reporting:operations", "exploitation1")
page("projects:exceptional_access_list", "direction")
page("projects:exceptional_access_list", "exploitation1")
page("projects:exceptional_access_request", "exploitation1")
page("projects:exceptional_access_detail", "exploitation1", newest(ExceptionalAccess, state=ExceptionalState.GRANTED))
page("projects:exceptional_access_detail", "direction", newest(ExceptionalAccess, state=ExceptionalState.REQUESTED))
page("projects:exceptional_access_decide", "direction", newest(ExceptionalAccess, state=ExceptionalState.REQUESTED))
page("projects:incident_list", "renseignements")
page("projects:incident_create", "renseignements")
page("projects:incident_detail", "renseignements", lambda: (Incident.objects.get().number,))
page("projects:incident_edit", "renseignements", lambda: (Incident.objects.get().number,))
page("projects:incident_close", "renseignements", lambda: (Incident.objects.get().number,))
page("reporting:report_detail", "renseignements", lambda: ("access",))
page("reporting:report_detail", "audit", lambda: ("access",), "vue=separation")
# an organisation
page("projects:workspace", "redaction.rimouski")
page("projects:organisation_detail", "greffe.rimouski", lambda: ("10043",))
page("projects:organisation_list", "redaction.rimouski")
page("projects:organisation_list", "agente1", query="q=ancienne&state=ended")
page("projects:organisation_detail", "direction", lambda: ("ANCIENNE",))
page("projects:organisation_detail", "redaction.rimouski", lambda: ("ENAP",))
page("projects:organisation_create", "agente1")
page("projects:organisation_rename", "agente1", lambda: ("ENAP",))
page("projects:organisation_correct", "agente1", lambda: ("ENAP",))
page("projects:organisation_merge", "direction", lambda: ("CIQ",))
page("projects:organisation_abolish", "direction", lambda: ("CIQ",))
page("projects:membership_create", "greffe.rimouski", lambda: ("10043",))
page("projects:membership_end", "greffe.rimouski", newest(Membership, organisation__code="10043", role=Role.WRITER))
page("projects:membership_edit", "greffe.rimouski", newest(Membership, organisation__code="10043", role=Role.WRITER))
page("projects:invitation_create", "greffe.rimouski", lambda: ("10043",))
page("projects:invitation_resend", "greffe.rimouski", newest(Invitation))
page("projects:invitation_revoke", "greffe.rimouski", newest(Invitation))
page("projects:invitation_accept", None, invitation_link)
page("projects:delegation_list", "direction")
page("projects:delegation_create", "finances.rimouski", newest(Membership, organisation__code="10043", role=Role.FINANCE_RESPONDENT))
page("projects:delegation_approve", "direction", newest(Delegation))
page("projects:delegation_refuse", "direction", newest(Delegation))
page("projects:delegation_end", "redaction.rimouski", newest(Delegation))
page("projects:application_transfer", "greffe.rimouski", draft())
page("projects:application_list", "redaction.rimouski")
page("projects:application_start", "redaction.rimouski", of_call(CallState.OPEN))
page("projects:application_detail", "redaction.rimouski", draft())
page("projects:application_detail", "greffe.rimouski", own_application(SUBMITTED))
for slug in ("organisme", "besoin", "realisation", "budget", "gains", "documents", "declaration"):
    page("projects:section_detail", "redaction.rimouski", draft(slug))
    page("projects:section_detail", "redaction.rimouski", draft(slug), "erreurs=1")
page("projects:document_remove", "redaction.rimouski", lambda: draft(titled("Toitures réfléchissantes").documents.get().pk)())
page("projects:application_check", "redaction.rimouski", draft())
page("projects:application_check", "greffe.rimouski", draft())
page("funding:award_decision", "greffe.rimouski", number(TO_SIGN))
# calls
page("projects:staff_call_list", "agente1")
page("funding:call_create", "agente1")
page("funding:call_detail", "agente1", of_call(CallState.DRAFT))
page("funding:call_detail", "direction", of_call(CallState.OPEN))
page("funding:call_edit", "agente1", of_call(CallState.DRAFT))
page("funding:call_submit", "agente1", of_call(CallState.DRAFT))
page("funding:call_approve", "direction", of_call(CallState.SUBMITTED))
page("funding:call_return", "direction", of_call(CallState.SUBMITTED))
# eligibility, interests, reviews
page("projects:staff_application_list", "agente1")
page("projects:staff_application_list", "agente1", query="q=introuvable")
page("funding:application_detail", "agente1", number(SUBMITTED))
page("funding:application_detail", "comite", number(REVIEWED))
page("funding:eligibility_decide", "agente1", number(SUBMITTED))
page("funding:eligibility_confirm", "agent2", number(INCOMPLETE))
page("funding:review_assign", "agente1", number(ELIGIBLE))
page("funding:adviser_assign", "direction", number(ELIGIBLE))
page("funding:interest_declare", "agente1", number(SUBMITTED))
page("funding:interest_decide", "comite", newest(InterestDeclaration, answer=InterestAnswer.POTENTIAL))
page("funding:review_list", "evaluation3")
page("funding:review_edit", "evaluation3", review(ReviewState.IN_PROGRESS, "evaluation3"))
page("funding:review_edit", "evaluation3", review(ReviewState.SUBMITTED, "evaluation3"))
page("funding:review_declare", "evaluation2", review(ReviewState.ASSIGNED, "evaluation2"))
page("funding:review_submit", "evaluation3", review(ReviewState.IN_PROGRESS, "evaluation3"))
# recommendation, decision, agreement
page("funding:award_list", "tete")
page("funding:award_ranking", "comite", lambda: (titled(REVIEWED).call.reference,))
page("funding:award_recommend", "comite", number(REVIEWED))
page("funding:award_detail", "tete", number(CERTIFIED))
page("funding:award_certify", "controle", number(RECOMMENDED))
page("funding:award_approve", "tete", number(CERTIFIED))
page("funding:award_refuse", "tete", number(CERTIFIED))
page("funding:award_return", "tete", number(CERTIFIED))
page("funding:letter_issue", "agente1", number("Décision sans lettre"))
page("funding:agreement_draft", "agente1", number(TOLD))
page("funding:agreement_list", "agente1")
page("funding:agreement_detail", "greffe.rimouski", contract(TO_SIGN))
page("funding:agreement_detail", "agente1", contract(IN_FORCE))
for _step in ("edit", "submit", "cancel"):
    page(f"funding:agreement_{_step}", "agente1", contract("Projet de convention à compléter"))
page("funding:agreement_detail", "agente1", contract("Projet de convention à compléter"))
for _step in ("review", "return"):
    page(f"funding:agreement_{_step}", "agente1", contract("Convention à relire"))
page("funding:agreement_complete", "agente1", contract(IN_FORCE))
page("funding:amendment_propose", "agente1", contract(IN_FORCE))
page("funding:amendment_detail", "tete", amendment())
page("funding:amendment_revise", "agente1", amendment())
page("funding:amendment_step", "controle", amendment("certification"))
page("funding:agreement_suspend", "direction", contract(IN_FORCE))
page("funding:agreement_resume", "direction", contract("Convention suspendue"))
page("funding:agreement_detail", "direction", contract("Convention suspendue"))
page("funding:agreement_close", "direction", lambda: (Agreement.objects.filter(state=AgreementState.COMPLETED).order_by("pk")[0].number,))
page("funding:agreement_terminate", "tete", contract(IN_FORCE))
page("funding:agreement_text", "greffe.rimouski", contract(TO_SIGN))
page("funding:agreement_certificate", "direction", contract("Convention à signer pour le ministre"))
page("funding:signed_copy_record", "agente1", contract(TO_SIGN))
page("funding:signed_copy_decide", "direction", contract("Convention signée sur papier"))
page("funding:clause_list", "direction")
page("funding:clause_detail", "agente1", lambda: ("grant", "objet"))
page("funding:clause_publish", "direction", nothing, "kind=grant&code=objet")
page("funding:agreement_sign", "greffe.rimouski", contract(TO_SIGN))
page("funding:agreement_sign_minister", "direction", contract("Convention à signer pour le ministre"))
# milestones and payments
page("funding:milestone_list", "agent2")
page("funding:milestone_detail", "agente1", milestone(MilestoneState.REPORTED))
page("funding:milestone_report", "redaction.magog", milestone(MilestoneState.PLANNED))
page("funding:milestone_verify", "agente1", milestone(MilestoneState.REPORTED))
page("funding:milestone_refuse", "agente1", milestone(MilestoneState.REPORTED))
page("funding:milestone_accept_partly", "agente1", milestone(MilestoneState.REPORTED))
page("funding:milestone_postpone", "agente1", milestone(MilestoneState.PLANNED))
page("funding:milestone_cancel", "agente1", milestone(MilestoneState.PLANNED))
page("funding:hold_place", "direction", contract(IN_FORCE))
page("funding:hold_lift", "controle", contract(GAINED))
page("funding:claim_list", "agente1")
page("funding:claim_detail", "greffe.magog", claim(ClaimState.DRAFT))
page("funding:claim_edit", "redaction.magog", lambda: (Claim.objects.get(state=ClaimState.DRAFT).instalment_id,))
page("funding:claim_submit", "greffe.magog", claim(ClaimState.DRAFT))
page("funding:claim_examine", "agente1", claim(ClaimState.SUBMITTED))
page("funding:claim_decide", "agente1", claim(ClaimState.IN_VERIFICATION))
page("funding:payment_list", "controle")
page("funding:payment_detail", "audit", payment(PaymentState.AUTHORISED))
page(
    "funding:payment_request", "paiement1",
    lambda: (Instalment.objects.get(agreement=agreement(IN_FORCE), kind=InstalmentKind.ADVANCE).pk,),
)  # fmt: skip
page("funding:payment_certify", "controle", payment(PaymentState.REQUESTED))
page("funding:payment_authorise", "paiement2", payment(PaymentState.CERTIFIED))
page("funding:payment_confirm", "paiement1", payment(PaymentState.TRANSMITTED))
page("funding:payment_reverse", "controle", lambda: (Payment.objects.filter(state="confirmed").order_by("-pk")[0].number,))
page("funding:recovery_list", "controle")
page("funding:recovery_detail", "paiement1", recovery("scheduled"))
page("funding:recovery_open", "agente1", lambda: (Recovery.objects.order_by("pk")[0].agreement.number,))
page("funding:recovery_step", "paiement1", recovery("scheduled", "encaissement"))
page("funding:bank_detail", "greffe.magog", lambda: ("45072",))
page("funding:bank_enter", "finances.rbq", lambda: ("RBQ",))
page("funding:bank_confirm", "greffe.magog", newest(BankDetail))
page("funding:bank_refuse", "greffe.magog", newest(BankDetail))
page("funding:batch_list", "paiement1")
page("funding:batch_create", "paiement1")
page("funding:batch_detail", "paiement1", batch(BatchState.PREPARED))
page("funding:batch_transmit", "paiement1", batch(BatchState.PREPARED))
page("funding:batch_cancel", "paiement1", batch(BatchState.PREPARED))
page("funding:return_create", "paiement1")
page("funding:reconciliation", "audit")
page("funding:payment_reject", "paiement1", payment(PaymentState.REQUESTED))
page("funding:cofunding_create", "agente1", project)
page("funding:envelope_list", "controle")
page("funding:ledger_list", "controle")
page("funding:cash_detail", "controle")
page("funding:cash_record", "controle")
page("funding:cash_reverse", "controle", newest(CashEntry))
page("funding:cash_rule_set", "tete")
page("funding:authority_record", "tete")
page("funding:authority_adopt", "tete", proposed_authority)
page("funding:authority_force", "tete", proposed_authority)
page("funding:year_end_list", "controle")
page("funding:year_end_prepare", "controle", lambda: ("SECRETARIAT", 2025))
page("reporting:cost_list", "direction")
page("funding:cost_propose", "direction")
page("funding:cost_forecast", "direction")
page("funding:cost_detail", "direction", newest_cost)
page("funding:cost_entry", "direction", newest_cost)
page("funding:cost_decide", "controle", waiting_cost)
page("reporting:control", "controle")
page("reporting:control", "controle", query="voir=age:0-90")
page("funding:credit_move_list", "controle")
page("funding:credit_move_propose", "tete")
page("funding:credit_move_detail", "controle", credit_move)
page("funding:credit_move_approve", "tete", credit_move)
page("funding:credit_move_refuse", "tete", credit_move)
# projects and gains
page("reporting:project_list", "agente1")
page("reporting:project_detail", "agente1", project)
page("reporting:project_detail", "redaction.rimouski", project)
page("reporting:follow_up_list", "agente1", query="view=all")
page("reporting:follow_up_list", "redaction.rimouski")
page("reporting:follow_up_detail", "redaction.rimouski", report_of(FollowUpState.EXPECTED))
page("reporting:follow_up_detail", "agente1", report_of(FollowUpState.SUBMITTED, own=False))
page("reporting:follow_up_detail", "direction", report_of(FollowUpState.LATE, own=False))
for slug in ("avancement", "couts", "gains", "objectifs", "ads", "lecons"):
    page("reporting:follow_up_section", "redaction.rimouski", report_of(FollowUpState.EXPECTED, slug), "erreurs=1")
page("reporting:follow_up_attach", "redaction.rimouski", report_of(FollowUpState.EXPECTED))
page("reporting:follow_up_detach", "redaction.rimouski", attached)
page("reporting:follow_up_sign", "redaction.rimouski", report_of(FollowUpState.EXPECTED))
page("reporting:follow_up_take_back", "redaction.rimouski", report_of(FollowUpState.TO_COSIGN))
page("reporting:follow_up_cosign", "finances.rimouski", report_of(FollowUpState.TO_COSIGN))
page("reporting:follow_up_verify", "agente1", report_of(FollowUpState.SUBMITTED, own=False))
page("reporting:call_lessons", None, of_call(CallState.OPEN))
page("funding:agreement_risk", "agente1", contract(GAINED))
page("funding:agreement_failure", "direction", contract(GAINED))
page("reporting:gain_list", "verification")
page("reporting:gain_detail", "audit", gain(GainReportState.VERIFIED))
page("reporting:gain_create", "redaction.rimouski", gain_line)
page("reporting:baseline_detail", "audit", gain_line)
page("reporting:baseline_ask", "finances.rimouski", lambda: (*project(), "L2"))
page("reporting:baseline_decide", "direction", gain_line)
page("reporting:gain_correct", "redaction.rimouski", gain(GainReportState.RETURNED))
page("reporting:gain_cosign", "finances.rimouski", gain(GainReportState.DRAFT))
page("reporting:gain_verify", "verification", gain(GainReportState.SUBMITTED))
page("reporting:gain_capture", "controle", gain(GainReportState.VERIFIED))
page("reporting:overlap_list", "controle")
page("reporting:overlap_detail", "controle", newest(Overlap))
page("reporting:overlap_resolve", "controle", newest(Overlap))
page("reporting:project_objectives", "redaction.rimouski", project)
page("reporting:results_record", "redaction.rimouski", project)
page("reporting:project_variances", "redaction.rimouski", project)
page("reporting:variance_explain", "redaction.rimouski", lambda: (*project(), 2026))
page("reporting:project_sensitivity", "direction", project)
page("reporting:fund_sensitivity", "audit")
page("reporting:call_objectives", "agente1", lambda: (agreement(GAINED).project.call.reference,))
page("reporting:renewal_open", "agente1", project)
page("reporting:renewal_list", "audit")
page("reporting:renewal_detail", "direction", renewal(RenewalState.RECOMMENDED))
page("reporting:renewal_analyse", "agente1", renewal(RenewalState.OPENED))
page("reporting:renewal_recommend", "agente1", renewal(RenewalState.ANALYSED))
page("reporting:renewal_decide", "direction", renewal(RenewalState.RECOMMENDED))
page("reporting:renewal_return", "direction", renewal(RenewalState.RECOMMENDED))
page("reporting:renewal_carry_out", "agente1", renewal(RenewalState.DECIDED))
page("reporting:parameter_list", "controle")
page("reporting:parameter_propose", "controle", lambda: ("rate",))
page("reporting:parameter_decide", "tete", lambda: (ParameterMove.objects.order_by("pk").last().number,))
page("reporting:sharing_list", "agente1")
page("reporting:sharing_create", "agente1")
page("reporting:sharing_report", "redaction.rimouski", newest(GainSharing))
page("reporting:shared_gain_correct", "redaction.rimouski", newest(SharedGain))
# returns
page("reporting:project_returns", "audit", project)
page("reporting:project_returns", "redaction.rimouski", project)
page("reporting:call_returns", "direction", lambda: (Agreement.objects.order_by("pk")[0].project.call.reference,))
page("reporting:organisation_returns", "greffe.rimouski", lambda: ("10043",))
page("reporting:fund_returns", "direction")
page("reporting:period_returns", "audit")
page("reporting:gain_detail", "finances.rimouski", gain(GainReportState.TO_REVERIFY))
page("reporting:gain_restate", "redaction.rimouski", gain(GainReportState.VERIFIED))
page("reporting:restatement_cosign", "finances.rimouski", gain(GainReportState.TO_REVERIFY))
page("reporting:capture_correct", "controle", gain(GainReportState.TO_REVERIFY))
page("reporting:gain_desk", "verification")
page("reporting:sample_list", "audit")
page("reporting:sample_draw", "verification", query="population=all&effective=2027-01-01&largest=2&points=3&seed=2026-11")
page("reporting:sample_detail", "verification", lambda: ("ECH-2026-00001",))
page("reporting:sample_item", "verification", lambda: ("ECH-2026-00001", 2))
# dashboard, reports, journal
page("reporting:dashboard", "direction")
page("reporting:report_list", "audit")
for code in ("roi-projects", "gains", "envelopes", "gains-by-year", "commitments", "payments"):
    page("reporting:report_detail", "audit", lambda code=code: (code,))
page("reporting:report_detail", "audit", lambda: ("roi-projects",), "vue=rendement")
page("reporting:report_detail", "audit", lambda: ("roi-projects",), "effet=2026-01-31&connaissance=2026-01-31")
page("reporting:report_cell", "audit", lambda: ("roi-projects", "fund_paid"), paid_project)
page("reporting:run_create", "audit", query="report=roi-projects")
page("reporting:run_detail", "audit", newest(Run))
page("reporting:export_detail", "audit", newest(Export))
page("reporting:import_list", "controle")
page("reporting:import_create", "controle")
page("reporting:import_detail", "controle", brought(ImportState.READY))
page("reporting:import_detail", "audit", brought(ImportState.REFUSED))
page("reporting:import_confirm", "controle", brought(ImportState.READY))
page("reporting:import_examine", "controle", brought(ImportState.REFUSED))
page("reporting:import_cancel", "controle", brought(ImportState.READY))
page("reporting:audit_list", "audit")
page("reporting:audit_detail", "audit", newest(JournalEntry))
page("reporting:permission_list", "redaction.rimouski")
page("reporting:permission_list", "audit", query="role=controller")

#: addresses that answer no page: posts alone, files, answers for programs
NOT_PAGES = {
    "reporting:sample_export",
    "set_language", "health", "projects:document_attach", "projects:staff_application_export", "reporting:audit_export",
    "reporting:export_create", "reporting:export_download", "projects:document_download", "projects:application_content",
    "reporting:import_problems", "reporting:import_file",
    "reporting:fund_sensitivity_file", "reporting:project_sensitivity_file",
    "projects:application_pdf", "projects:organisation_export", "api:schema", "reporting:permission_export",
    "projects:own_data_export", "funding:batch_download", "projects:exceptional_access_end", "projects:incident_export",
    # the second step of a sign-in (tests/browser/test_sign_in.py opens it), its files, and what leaves for elsewhere
    "mfa_authenticate", "mfa_login_webauthn", "mfa_deactivate_totp", "mfa_totp_picture", "mfa_download_recovery_codes",
    "identity_login", "identity_callback", "projects:session_state",
}  # fmt: skip
