"""Files of one organisation at every stage, a neighbour who has its own, and the people who ask for them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from funding.enums import AgreementState, AwardState, BankState, ClaimState, MilestoneState, PaymentState, ReviewState
from funding.models import (
    Agreement,
    AgreementText,
    Award,
    Claim,
    ClaimLine,
    Eligibility,
    Instalment,
    Milestone,
    Payment,
    Review,
    SignedCopy,
)
from funding.services.batches import prepare_batch
from funding.services.payments import confirm_payment
from projects.enums import ApplicationState, CallState, DocumentKind, InterestAnswer, Role, TokenScope
from projects.models import (
    ApiToken,
    Application,
    ApplicationVersion,
    Call,
    Delegation,
    Document,
    ExceptionalAccess,
    GainPlan,
    Incident,
    InterestDeclaration,
    Invitation,
    JournalEntry,
    Membership,
    Organisation,
    Project,
    User,
)
from projects.services.baselines import ask_baseline
from projects.services.documents import store_bytes
from projects.services.journal import canonical, sha256
from reporting.enums import FollowUpState, ParameterKind
from reporting.models import Export, FollowUpAttachment, FollowUpReport, FollowUpVersion, ParameterMove, Run
from reporting.queries.samples import Asked
from reporting.services import gains
from reporting.services.follow_up_calendar import schedule_follow_ups
from reporting.services.parameters import ParameterValues, propose_parameter
from reporting.services.portfolio_imports import upload_portfolio
from reporting.services.portfolio_work import work_on_portfolio
from reporting.services.renewals import open_renewal
from reporting.services.restatements import cosign_restatement, restate_gain
from reporting.services.samples import draw_sample
from reporting.services.snapshots import request_recompute, run_recompute
from tests.factories import (
    NOW,
    ApplicationFactory,
    CallFactory,
    DraftApplicationFactory,
    MembershipFactory,
    OrganisationFactory,
    ReviewFactory,
    UserFactory,
    agreement_in_force,
    award_certified,
    bank_details_of,
    follow_up_done,
    person_with,
    reserved_call,
    sent,
    upload,
    verify_milestones,
)
from tests.funding.amending import proposed
from tests.funding.costs import proposed as proposed_cost
from tests.funding.credit import authority, frozen, received
from tests.funding.recovering import claimed
from tests.reporting.gains import OPINION, Team, answers
from tests.reporting.overlaps import overlapping
from tests.reporting.sharing import measure, share

S = ApplicationState
#: what an organisation's files are known by: nobody else ever reads them
TITLE, OWNER, AMOUNT, BYTES = "Passerelle ombragée", "Ombrageville", Decimal("98765.43"), "%PDF-1.7 contenu ombragé"


@dataclass
class World:
    """`places`: what an address may name, as the values of its parameters; `files`: the applications, by the stage where they stand."""

    organisation: Organisation
    neighbour: Organisation
    reviewer: User
    call: Call
    files: dict[str, Application] = field(default_factory=dict)
    places: dict[str, dict[str, Any]] = field(default_factory=dict)

    def secrets(self) -> list[str]:
        """The title, owner, amounts and bytes of the organisation's files, and every number of theirs."""
        amounts = ["98765.43", "98 765,43", "98 765", "98,765"]
        numbers = [application.number for application in self.files.values() if application.number]
        theirs = [values for name, values in self.places.items() if name != "neighbour"]
        others = [values[name] for values in theirs for name in ("project", "payment", "recovery", "number") if name in values]
        return [TITLE, OWNER, BYTES, *amounts, *sorted({*numbers, *(text for text in others if isinstance(text, str))})]


def make_world() -> World:
    """The whole world, in the transaction of the test, at NOW."""
    world = without_files()
    fill(world)
    return world


def without_files() -> World:
    """The neighbour's files and the calls, before the organisation has any file."""
    world = World(OrganisationFactory(name=OWNER), OrganisationFactory(name="Clairmont"), person_with(Role.REVIEWER), reserved_call())
    _calls(world)
    DraftApplicationFactory(organisation=world.neighbour, title="Voisinage", call=world.call)
    submitted = ApplicationFactory(organisation=world.neighbour, title="Patinoire", call=world.call)
    agreement_in_force(ApplicationFactory(organisation=world.neighbour, title="Aréna", call=world.call, state=S.CONVERTED))
    world.places["neighbour"] = {"pk": submitted.pk, "number": submitted.number}
    # what two organisations have between them, and neither of these does; their calls are public
    team = Team()
    sharing = share(team, Team())
    shared = measure(sharing, team.writer)
    world.places |= {"sharing": {"pk": sharing.pk}, "shared_gain": {"pk": shared.pk}, "overlap": {"pk": overlapping()[2].pk}}
    return world


def fill(world: World) -> None:
    """The organisation's files."""
    _applications(world)
    _awards(world)
    _agreements(world)
    _gains(world)
    _follow_ups(world)
    _shared(world)


# ── Before a decision ────────────────────────────────────────────────────────────────────────────────────────────────
def _application(world: World, name: str, state: ApplicationState, **fields: Any) -> Application:
    asked = {"amount_requested": AMOUNT, "total_cost": Decimal("125000.00"), "call": world.call, **fields}
    made = ApplicationFactory(title=TITLE, organisation=world.organisation, state=state, **asked)
    content = canonical({"number": made.number, "sections": {"need": {"title": TITLE}}})
    ApplicationVersion.objects.create(
        application=made, number=1, content=content, sha256=sha256(content), received_at=NOW, submitted_by=UserFactory()
    )
    world.files[name] = made
    world.places[name] = {"pk": made.pk, "number": made.number, "document": document_of(made).pk, "slug": "organisme"}
    return made


def document_of(application: Application, kind: DocumentKind = DocumentKind.RESOLUTION) -> Document:
    return store_bytes(
        BYTES.encode(),
        name=f"{TITLE}.pdf",
        content_type="application/pdf",
        kind=kind,
        actor=UserFactory(),
        now=NOW,
        application=application,
    )


def _calls(world: World) -> None:
    unpublished = {"approved_by": None, "approved_at": None, "published_at": None, "opened_at": None, "opens_at": NOW + timedelta(days=9)}
    calls = {
        "call": world.call,
        "call_draft": CallFactory(state=CallState.DRAFT, **unpublished),
        "call_submitted": CallFactory(state=CallState.SUBMITTED, **unpublished),
    }
    world.places |= {name: {"reference": call.reference} for name, call in calls.items()}


def _applications(world: World) -> None:
    draft = DraftApplicationFactory(title=TITLE, organisation=world.organisation, amount_requested=AMOUNT, call=world.call)
    world.files["draft"] = draft
    world.places["draft"] = {"pk": draft.pk, "document": document_of(draft).pk, "slug": "organisme"}
    for name, state in (("submitted", S.SUBMITTED), ("ineligible", S.SUBMITTED), ("eligible", S.ELIGIBLE), ("reviewed", S.REVIEWED)):
        _application(world, name, state)
    in_review = _application(world, "in_review", S.IN_REVIEW)
    _eligibility(world.files["ineligible"])
    review = ReviewFactory(application=in_review, reviewer=world.reviewer)
    _declaration(in_review, world.reviewer, InterestAnswer.NONE)
    Review.objects.filter(pk=review.pk).update(state=ReviewState.IN_PROGRESS, version=1)
    waiting = _declaration(in_review, person_with(Role.REVIEWER), InterestAnswer.POTENTIAL)
    world.places |= {"review": {"pk": review.pk}, "declaration": {"pk": waiting.pk}}
    world.places["document"] = {"pk": world.places["submitted"]["document"]}


def _eligibility(application: Application) -> None:
    Eligibility.objects.create(
        application=application, is_eligible=False, reason="Organisme non visé", decided_by=UserFactory(), decided_at=NOW, checklist={}
    )


def _declaration(application: Application, person: User, answer: InterestAnswer) -> InterestDeclaration:
    return InterestDeclaration.objects.create(
        application=application, person=person, answer=answer, explanation="Mandat antérieur", declared_at=NOW
    )


# ── From the recommendation to the agreement ─────────────────────────────────────────────────────────────────────────
def _award(world: World, name: str, stage: ApplicationState, **fields: Any) -> Award:
    application = _application(world, name, stage, score=Decimal("80.00"))
    return award_certified(application, amount=AMOUNT, **fields)


def _awards(world: World) -> None:
    uncertified = {"state": AwardState.RECOMMENDED, "certified_by": None, "certified_at": None}
    _award(world, "recommended", S.RECOMMENDED, **uncertified)
    _award(world, "certified", S.RECOMMENDED)
    _award(world, "approved", S.ACCEPTED, state=AwardState.APPROVED, decided_at=NOW)
    told = _award(world, "told", S.ACCEPTED, state=AwardState.APPROVED, decided_at=NOW)
    letter = document_of(told.application, DocumentKind.LETTER)
    Award.objects.filter(pk=told.pk).update(letter=letter, letter_by=UserFactory(), letter_at=NOW)


def _agreement(world: World, name: str) -> Agreement:
    agreement = agreement_in_force(_application(world, name, S.CONVERTED), amount=AMOUNT)
    project = agreement.project.reference
    world.places[name] = {"number": agreement.number, "project": project, "reference": project, "line": "L1"}
    return agreement


def _agreements(world: World) -> None:
    reviewed = {"reviewed_by": UserFactory(), "reviewed_at": NOW}
    unread = {"in_force_at": None, "reviewed_by": None, "reviewed_at": None}
    for name, state, facts in (
        ("drafted", AgreementState.DRAFT, unread),
        ("to_review", AgreementState.LEGAL_REVIEW, unread),
        ("reviewed_draft", AgreementState.LEGAL_REVIEW, {"in_force_at": None, **reviewed}),
        ("signed", AgreementState.SIGNED_BENEFICIARY, {"in_force_at": None, **reviewed}),
        ("suspended", AgreementState.SUSPENDED, {}),
    ):
        agreement = _agreement(world, name)
        document = document_of(world.files[name], DocumentKind.AGREEMENT)
        Agreement.objects.filter(pk=agreement.pk).update(state=state, document=document, **facts)
    _copied(world)
    completed = _agreement(world, "completed")
    Milestone.objects.filter(agreement=completed).update(
        state=MilestoneState.VERIFIED, reported_by=UserFactory(), verified_by=UserFactory(), verified_at=NOW,
        document=document_of(world.files["completed"], DocumentKind.EVIDENCE),
    )  # fmt: skip
    Agreement.objects.filter(pk=completed.pk).update(state=AgreementState.COMPLETED)
    follow_up_done(completed)
    paid, project = _agreement(world, "paid"), _agreement(world, "project")
    people = [UserFactory() for _ in range(3)]
    verify_milestones(paid)
    for position, state in enumerate((PaymentState.REQUESTED, PaymentState.CERTIFIED, PaymentState.AUTHORISED), start=1):
        payment = _payment(paid.instalments.get(position=position), state, people)
        world.places[f"payment_{state}"] = {"payment": payment.number, "number": payment.number}
    _sent(world, _agreement(world, "sent"), people)
    first, second = project.milestones.order_by("position")
    Milestone.objects.filter(pk=second.pk).update(
        state=MilestoneState.REPORTED,
        report="Livré",
        reported_by=people[0],
        reported_at=NOW,
        document=document_of(project.award.application, DocumentKind.EVIDENCE),
    )
    world.places |= {"milestone": {"milestone": first.pk}, "milestone_reported": {"milestone": second.pk}}
    _claims(world)
    amendment = proposed(project, ends_on=date(2028, 3, 31))
    world.places["amendment"] = {"number": project.number, "amendment": amendment.number, "step": "approbation"}
    world.places["instalment"] = {"instalment": project.instalments.get(position=1).pk}


def _copied(world: World) -> None:
    """An agreement signed outside the portal, whose copy waits; and a clause."""
    agreement = _agreement(world, "copied")
    document = document_of(world.files["copied"], DocumentKind.AGREEMENT)
    Agreement.objects.filter(pk=agreement.pk).update(state=AgreementState.DRAFT, document=document, in_force_at=None)
    text = AgreementText.objects.create(
        agreement=agreement, version=1, content="{}", sha256=sha256("{}"), document=document, frozen_by=UserFactory(), frozen_at=NOW
    )
    Agreement.objects.filter(pk=agreement.pk).update(state=AgreementState.LEGAL_REVIEW)
    SignedCopy.objects.create(
        agreement=agreement, text=text, document=document, beneficiary_name="A. B.", beneficiary_on=NOW.date(), minister_name="C. D.",
        minister_on=NOW.date(), recorded_by=UserFactory(), recorded_at=NOW,
    )  # fmt: skip
    world.places["clause"] = {"kind": "grant", "clause": "objet"}


def _sent(world: World, agreement: Agreement, people: list[User]) -> None:
    """A payment at the accounting system, one that it confirmed, one that a batch holds; and where they are paid."""
    verify_milestones(agreement)
    rows = [_payment(one, PaymentState.AUTHORISED, people, "667") for one in agreement.instalments.order_by("position")]
    owner, requester = agreement.project.organisation, person_with(Role.PAYMENT_REQUESTER)
    bank_details_of(owner)
    sent(*rows[:2], actor=requester)
    confirm_payment(payment_id=rows[1].pk, reference="S-667", paid_on=NOW.date(), actor=requester, now=NOW)
    batch = prepare_batch(payment_ids=[rows[2].pk], actor=requester, now=NOW)
    recovery = claimed(agreement, "1234.00")
    waiting = bank_details_of(owner, number="76543", state=BankState.ENTERED, decided_by=None, decided_at=None)
    world.places |= {
        "payment_transmitted": {"payment": rows[0].number},
        "payment_confirmed": {"payment": rows[1].number},
        "batch": {"batch": batch.number},
        "bank": {"code": owner.code, "bank": waiting.pk},
        "recovery": {"recovery": recovery.number, "step": "encaissement"},
    }


def _claims(world: World) -> None:
    """Claims of one instalment each: a draft, one that waits for its verification, and one in verification."""
    steps: dict[str, dict[str, Any]] = {"claim": {}, "claim_submitted": {"state": ClaimState.SUBMITTED}}
    steps["claim_examined"] = {"state": ClaimState.IN_VERIFICATION, "examined_by": UserFactory(), "examined_at": NOW}
    for number, (name, fields) in enumerate(steps.items(), start=1):
        instalment = _agreement(world, name).instalments.get(kind="milestone")
        claim = Claim.objects.create(
            number=f"RCL-2026-6660{number}", instalment=instalment, period_start=NOW.date(), period_end=NOW.date(), other_public_aid=0,
            drafted_by=UserFactory(), drafted_at=NOW,
        )  # fmt: skip
        if fields:
            ClaimLine.objects.create(
                claim=claim, category="fees", amount=AMOUNT, document=document_of(instalment.agreement.award.application)
            )
            Claim.objects.filter(pk=claim.pk).update(submitted_by=UserFactory(), submitted_at=NOW, **fields)
        world.places[name] = {"claim": claim.number, "number": claim.number}
        world.places.setdefault("instalment_claimed", {"instalment": instalment.pk})


def _payment(instalment: Instalment, state: PaymentState, people: list[User], series: str = "666") -> Payment:
    certified, authorised = state != PaymentState.REQUESTED, state == PaymentState.AUTHORISED
    return Payment.objects.create(
        number=f"VER-2026-{series}{instalment.position:02}",
        instalment=instalment,
        amount=instalment.amount,
        fiscal_year=2026,
        state=state,
        attests_legal_basis=True,
        attests_credit=True,
        attests_due=True,
        requested_by=people[0],
        requested_at=NOW,
        certified_by=people[1] if certified else None,
        certified_at=NOW if certified else None,
        authorised_by=people[2] if authorised else None,
        authorised_at=NOW if authorised else None,
    )


# ── Gains ────────────────────────────────────────────────────────────────────────────────────────────────────────────
def _gains(world: World) -> None:
    project = Project.objects.get(reference=world.places["project"]["project"])
    Project.objects.filter(pk=project.pk).update(starts_on=date(2026, 4, 1))
    line = GainPlan.objects.get(project=project).lines.get()
    writer = person_with(Role.WRITER, organisation=world.organisation)
    finance = person_with(Role.FINANCE_RESPONDENT, organisation=world.organisation)
    verifier = person_with(Role.GAIN_VERIFIER)
    ask_baseline(
        line_id=line.pk, cost=AMOUNT, volume=Decimal(900), period_start=date(2026, 4, 1), period_end=date(2026, 9, 30), source=TITLE,
        reason=TITLE, effective_on=date(2026, 10, 1), actor=finance, now=NOW,
    )  # fmt: skip
    world.places["baseline"] = {"project": project.reference, "line": line.code}
    for name, month in (("gain", 4), ("gain_submitted", 6), ("gain_verified", 8), ("gain_restated", 2)):
        report = gains.report_gain(
            line_id=line.pk, period_start=date(2026, month, 1), period_end=date(2026, month + 1, 30), amount=AMOUNT,
            method="Factures comparées", evidence=upload(f"{TITLE}.pdf", BYTES.encode()), actor=writer, now=NOW,
        )  # fmt: skip
        world.places[name] = {"number": report.number}
        if name != "gain":
            gains.cosign_gain(report_id=report.pk, actor=finance, now=NOW)
        if name in ("gain_verified", "gain_restated"):
            opinion = {**OPINION, "answers": answers(), "reason": ""}
            gains.verify_gain(report_id=report.pk, amount=AMOUNT, actor=verifier, now=NOW, **opinion)
    _restated(report.pk, writer, finance, verifier)
    asked = Asked("all", NOW.date(), NOW)
    sample = draw_sample(asked=asked, largest=1, points=0, seed="a", actor=verifier, now=NOW)
    world.places["sample"] = {"sample": sample.number}
    world.places["sample_item"] = {"sample": sample.number, "position": 1}
    renewal = open_renewal(project_id=project.pk, actor=person_with(Role.OFFICER), now=NOW)
    world.places |= {
        "renewal": {"renewal": renewal.number},
        "project_file": {"project": project.reference, "form": "csv"},
        "project_year": {"project": project.reference, "fiscal_year": 2026},
    }


def _restated(report_id: int, writer: User, finance: User, verifier: User) -> None:
    """A gain that was captured, then restated, returned, and restated again: to co-sign, with a capture to correct."""
    gains.capture_gain(report_id=report_id, amount=AMOUNT, document=upload("budget.pdf"), actor=person_with(Role.CONTROLLER), now=NOW)
    words = {"maturity": "final", "method": "Recalcul", "reason": "Facture oubliée", "evidence": None, "actor": writer, "now": NOW}
    first = restate_gain(report_id=report_id, amount=AMOUNT / 2, **words)
    cosign_restatement(restatement_id=first.pk, actor=finance, now=NOW)
    gains.return_gain(report_id=report_id, reason="Quelle facture?", actor=verifier, now=NOW)
    restate_gain(report_id=report_id, amount=AMOUNT / 4, **words)


# ── Follow-up reports ────────────────────────────────────────────────────────────────────────────────────────────────
def _follow_ups(world: World) -> None:
    """One report that is being written, with a file; one to co-sign, and one to verify."""
    agreement = Agreement.objects.get(number=world.places["project"]["number"])
    schedule_follow_ups(agreement_id=agreement.pk, actor=None, now=NOW)
    final, signed, submitted = FollowUpReport.objects.filter(agreement=agreement).order_by("period_start")[:3]
    writer, finance = UserFactory(), UserFactory()
    document = document_of(agreement.award.application, DocumentKind.EVIDENCE)
    FollowUpAttachment.objects.create(report=final, document=document)
    rows = FollowUpReport.objects.filter(pk__in=[signed.pk, submitted.pk])
    rows.update(state=FollowUpState.TO_COSIGN, signed_by=writer, signed_at=NOW)
    FollowUpVersion.objects.create(report=submitted, number=1, content="{}", sha256=sha256("{}"), signed_by=writer, signed_at=NOW)
    rows.filter(pk=submitted.pk).update(state=FollowUpState.SUBMITTED, cosigned_by=finance, cosigned_at=NOW, submitted_at=NOW)
    world.places |= {
        "follow_up": {"number": final.number, "slug": "avancement"},
        "follow_up_file": {"number": final.number, "document": document.pk},
        "follow_up_signed": {"number": signed.number},
        "follow_up_submitted": {"number": submitted.number},
    }


# ── What belongs to no file ──────────────────────────────────────────────────────────────────────────────────────────
def _shared(world: World) -> None:
    member = MembershipFactory(organisation=world.organisation, person=UserFactory())
    for run in Run.objects.order_by("pk"):
        run_recompute(run_id=run.pk, now=NOW)
    run = request_recompute(now=NOW)
    run_recompute(run_id=run.pk, now=NOW)
    world.places |= {
        "-": {},
        "organisation": {"code": world.organisation.code},
        "register": {"code": world.organisation.code},  # the facts of an organisation, which are public
        "membership": {"pk": member.pk},
        "token": {"pk": token_of(member.person, "fip_membre").pk},
        "run": {"pk": run.pk},
        "export": {"pk": _export().pk},
        "entry": {"pk": JournalEntry.objects.filter(object_type="reporting.gainreport").order_by("pk").values_list("pk", flat=True)[0]},
        "report": {"code": "roi-projects"},
        **_import(),
        "cell": {"code": "roi-projects", "column": "fund_paid", "?": "project=TOTAL"},
        "authority": {"authority": authority().number},
        "cash": {"pk": received(Decimal("1000.00")).pk},
        **_costs(),
        "fund_file": {"form": "csv"},
        "parameter": {"parameter": _rate().number},
        "parameter_kind": {"kind": "rate"},
        "credit_move": {"move": frozen(Decimal("1000.00")).number},
        "year_end": {"envelope": "PROJECTS", "year": 2025},
        "password": {"uidb36": "1", "key": "set-password"},
        **_access(world, member),
    }


def _rate() -> ParameterMove:
    """A discount rate that waits for its decision."""
    values = ParameterValues(valid_from=date(2026, 4, 1), value=Decimal("0.04"))
    said = {"source": "Avis", "reason": "Révision", "actor": person_with(Role.CONTROLLER), "now": NOW}
    return propose_parameter(kind=ParameterKind.RATE, values=values, **said)


def _costs() -> dict[str, dict[str, Any]]:
    """A cost of the Secretariat, and what waits for a decision about it."""
    move = proposed_cost()
    return {"cost": {"cost": move.cost.number}, "cost_move": {"cost_move": move.number}}


def _access(world: World, member: Membership) -> dict[str, dict[str, Any]]:
    """An invitation, a delegation, an exceptional access, an incident, and what is another person's own: a session, a factor, a link."""
    signatory = person_with(Role.SIGNATORY, organisation=world.organisation)
    day = NOW.date()
    invitation = Invitation.objects.create(
        organisation=world.organisation, email="invitee@exemple.quebec", role=Role.WRITER, starts_on=day, invited_by=signatory,
        invited_at=NOW, expires_at=NOW + timedelta(days=7), sha256=sha256("lien"),
    )  # fmt: skip
    delegation = Delegation.objects.create(
        source=signatory.memberships.get(), holder=signatory, delegate=member.person, starts_on=day, ends_on=day + timedelta(days=9),
        reason="Congé", proposed_by=signatory, proposed_at=NOW,
    )  # fmt: skip
    access = ExceptionalAccess.objects.create(
        person=person_with(Role.TECHNICAL_ADMIN), application=world.files["submitted"], reason="Pièce illisible à l’écran du guichet",
        minutes=60, requested_at=NOW,
    )  # fmt: skip
    incident = Incident.objects.create(
        number="INC-2026-0001", discovered_at=NOW, description="Courriel mal adressé", kinds=["identity"], recorded_by=UserFactory(),
        recorded_at=NOW,
    )  # fmt: skip
    session = UserSession.objects.create(user=member.person, session_key="a" * 32, ip="192.0.2.7", user_agent="Essai")
    factor = Authenticator.objects.create(user=member.person, type="webauthn", data={"name": "Clef", "credential": {}})
    return {
        "invitation": {"pk": invitation.pk},
        "invitation_link": {"code": world.organisation.code, "token": "lien"},
        "delegation": {"pk": delegation.pk},
        "access": {"pk": access.pk},
        "incident": {"number": incident.number},
        "session": {"pk": session.pk},
        "factor": {"pk": factor.pk},
        "email": {"key": "inconnu"},
    }


def _import() -> dict[str, dict[str, Any]]:
    """A package that was examined, and one whose examination found something to correct."""
    controller = person_with(Role.CONTROLLER)
    header = "code,name,kind,fiscal_calendar,region\n"
    texts = {"import_ready": f"{header}ORG-IMP,Organisme repris,ministry,state,03\n", "import_refused": "code\n"}
    places: dict[str, dict[str, Any]] = {}
    for name, text in texts.items():
        made = upload_portfolio(files=[upload("organisations.csv", text.encode())], actor=controller, now=NOW)
        work_on_portfolio(portfolio_id=made.pk, now=NOW)
        places[name] = {"portfolio": made.pk}
        places[f"{name}_file"] = {"portfolio": made.pk, "pk": made.files.get().pk}
    return places


def _export() -> Export:
    """A file that somebody else took."""
    return Export.objects.create(
        report="roi-projects", format="csv", effective=NOW.date(), known=NOW, path="exports/rendement.csv", name="rendement.csv", size=1,
        rows=0, sha256=sha256(""), created_by=UserFactory(), created_at=NOW, expires_at=NOW + timedelta(days=1),
    )  # fmt: skip


def token_of(person: User, secret: str) -> ApiToken:
    """A token of that secret, with every scope."""
    return ApiToken.objects.create(
        person=person,
        name="Entrepôt",
        prefix=secret[:12],
        sha256=sha256(secret),
        scopes=TokenScope.values,
        created_at=NOW,
        expires_on=(NOW + timedelta(days=30)).date(),
    )


# ── The URL map ──────────────────────────────────────────────────────────────────────────────────────────────────────
#: the address without a name, which takes what no other one does
NAMELESS = "api:(none)"


def routes(resolver: URLResolver | None = None, prefix: str = "") -> set[str]:
    """The name of every address of the URL map."""
    found = set()
    for entry in (resolver or get_resolver()).url_patterns:
        if isinstance(entry, URLPattern):
            found.add(prefix + (entry.name or "(none)"))
        else:
            found |= routes(entry, prefix + (f"{entry.namespace}:" if entry.namespace else ""))
    return found


def parameters(route: str) -> tuple[str, ...]:
    """The names of the parameters of an address, `format` apart: the API's suffixes are the same resource."""
    namespace, _colon, name = route.rpartition(":")
    resolver = get_resolver()
    known = resolver.namespace_dict[namespace][1].reverse_dict if namespace else resolver.reverse_dict
    [(_template, names)], *_rest = known.getlist(name)[0]
    return tuple(names)


def address(route: str, place: dict[str, Any]) -> str:
    """Where a route leads with what a place names."""
    if route == NAMELESS:
        return "/api/nulle-part/"
    path = reverse(route, kwargs={name: place[name] for name in parameters(route)} or None)
    return f"{path}?{place['?']}" if "?" in place else path
