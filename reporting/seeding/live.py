"""Files of a demonstration that wait, each for one of its accounts: every step so far was made through the acts of the pages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.core.files.base import ContentFile
from django.utils import timezone
from django.utils.translation import gettext as _

from fondsinnovation.kit.errors import WrongState
from fondsinnovation.kit.money import fiscal_year_of
from funding.enums import AgreementState, EligibilityPoint, InstalmentKind, RecoveryBasis, SignatureFactor
from funding.models import Agreement, AgreementBalance, Award, Instalment, Milestone, Review
from funding.queries.bank import current_details
from funding.services.advisers import assign_adviser
from funding.services.agreement_drafts import review_agreement, submit_agreement
from funding.services.agreements import draft_agreement, sign_for_beneficiary, sign_for_minister
from funding.services.awards import approve_award, certify_award, issue_letter, recommend_award
from funding.services.bank import Account, confirm_bank_details, enter_bank_details
from funding.services.calls import approve_call, submit_call
from funding.services.eligibility import decide_eligibility
from funding.services.interests import declare_interest
from funding.services.milestones import report_milestone
from funding.services.payments import ATTESTATIONS, request_payment
from funding.services.recoveries import RecoveryTerms, Schedule, claim_recovery, open_recovery
from funding.services.recovery_receipts import record_receipt
from funding.services.reviews import assign_reviewers, save_review, submit_review
from projects import pdf
from projects.demo import ACCOUNTS
from projects.enums import CallState, DocumentKind, InterestAnswer, Nature, Role
from projects.models import Application, Call, Criterion, GainLine, Organisation, TermsProfile, User
from projects.services.applications import start_application
from projects.services.attachments import attach_document
from projects.services.calls import CallContent, CriterionRow, ObjectiveRow, create_call, move_call
from projects.services.sections import fill_sections
from projects.services.submissions import submit_application
from reporting.enums import Assurance, Rating
from reporting.seeding.applications import BEGUN, answers_of
from reporting.seeding.bank import account_number
from reporting.seeding.plans import measured
from reporting.seeding.story import Applicant, File, Round
from reporting.seeding.words import ANSWERS, COMMENTS, CRITERIA, FAVOURABLE, OBJECTIVES, THEMES
from reporting.services.gains import cosign_gain, report_gain, verify_gain
from reporting.services.verification import Answer

#: the files are begun so many days ago, so that what waits has a past
DAYS = 45
#: days that a request takes since the project, for 20 before it
DELAY = Decimal(17)
#: steps in their order: a file goes as far as the last one it is given
STEPS = (
    "submit", "decide_eligibility", "assign", "review", "recommend", "certify", "approve", "tell", "draft", "submit_draft",
    "review_draft", "sign_beneficiary",
    "sign_minister",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Waiting:
    """One file: what it asks (dollars), and the last step made."""

    organisation: str
    title: str
    asks: int
    last: str


FILES = (
    Waiting("10043", "Rendez-vous en ligne aux comptoirs de services", 84_000, "submit"),
    Waiting("45072", "Inventaire intelligent des panneaux de signalisation", 61_500, "assign"),
    Waiting("RBQ", "Réponses assistées aux demandes de renseignements", 240_000, "review"),
    Waiting("10043", "Carte ouverte des travaux et des entraves", 72_000, "recommend"),
    Waiting("45072", "Gestion mutualisée des locaux et des plateaux", 128_000, "certify"),
    Waiting("RBQ", "Dossier unique de l’entreprise de construction", 410_000, "tell"),
    Waiting("10043", "Déneigement guidé par capteurs de chaussée", 156_000, "review_draft"),
    Waiting("45072", "Bibliothèque libre-service le soir", 95_000, "sign_minister"),
    Waiting("RBQ", "Inspections à distance par vidéo", 188_000, "sign_minister"),
    Waiting("10043", "Optimisation de l’éclairage des arénas", 140_000, "sign_minister"),
)
DRAFTS = (
    ("10043", "Toitures réfléchissantes"),
    ("45072", "Flotte partagée entre services"),
    ("RBQ", "Bâtiment intelligent : quai de livraison"),
)


def add_live_files(*, now: datetime) -> list[Application]:
    """Make the waiting files, over a seeded fund. Raises WrongState when no call takes applications."""
    live = Live(now)
    live.open_call()
    files = [live.make(number, waiting) for number, waiting in enumerate(FILES)]
    live.now = now - timedelta(days=4)  # what was signed a month ago has begun
    paid, certified, gained = files[-3:]
    live.entrust(paid)
    live.report_first_milestone(paid)
    live.request_advance(certified)
    live.report_gains(gained)
    live.recover()
    return files + [live.begin(number, code, title) for number, (code, title) in enumerate(DRAFTS)]


class Live:
    """The accounts, and a clock that each act moves forward."""

    def __init__(self, now: datetime) -> None:
        self.people: dict[tuple[str, str], list[User]] = {}
        by_email = {person.email: person for person in User.objects.filter(email__in=[account.email for account in ACCOUNTS])}
        for account in ACCOUNTS:
            self.people.setdefault((account.role, account.organisation), []).append(by_email[account.email])
        self.end = now
        self.now = now - timedelta(days=DAYS)
        self.call: Call
        self.round: Round

    def staff(self, role: Role) -> list[User]:
        return [person for (held, _where), people in self.people.items() if held == role for person in people]

    def one(self, role: Role, organisation: str | None = None) -> User:
        return self.people[role, organisation][0] if organisation else self.staff(role)[0]

    def act(self, **by: Any) -> dict[str, Any]:
        """Who acts and when: each act comes a while after the one before, and none in the future."""
        self.now = min(self.now + timedelta(hours=2), self.end)
        return {"now": self.now, **by}

    # ── The call ─────────────────────────────────────────────────────────────────────────────────────────────────────
    def open_call(self, **given: Any) -> None:
        """A call with continuous intake, or as `given`: its files are decided as they come."""
        writer, year = self.one(Role.OFFICER), fiscal_year_of(timezone.localdate(self.end))
        usual = {
            "title": "Guichet continu : améliorer un service",
            "purpose": "Soutenir en tout temps un projet prêt, mesurable et reproductible.",
            "terms": "JALONS", "amounts": (3_000_000, 2_000_000), **given,
        }  # fmt: skip
        terms, amounts = usual.pop("terms"), usual.pop("amounts")
        content = CallContent(
            terms_id=TermsProfile.objects.get(code=terms).pk, opens_at=self.now, closes_at=self.end + timedelta(days=120),
            budgets={year + place: Decimal(amount) for place, amount in enumerate(amounts)},
            objectives=[ObjectiveRow(name, unit, Decimal(base), Decimal(goal), weight) for name, unit, base, goal, weight in OBJECTIVES],
            criteria=[CriterionRow(title, weight, guidance) for title, weight, guidance in CRITERIA],
            **usual,
        )  # fmt: skip
        self.call = create_call(content=content, **self.act(actor=writer))
        submit_call(call_id=self.call.pk, **self.act(actor=writer))
        approve_call(call_id=self.call.pk, **self.act(actor=self.one(Role.DIRECTOR)))
        self.call = move_call(call_id=self.call.pk, **self.act(actor=None))
        first = timezone.localdate(self.end)
        due = [first + timedelta(days=days) for days in (60, 150, 300)]
        self.round = Round(self.call.title, "", year, first, first, dict(content.budgets or {}), {}, due_on=due)

    # ── The files ────────────────────────────────────────────────────────────────────────────────────────────────────
    def make(self, number: int, waiting: Waiting) -> Application:
        """One file, up to its last step."""
        file = self._file(number, waiting.organisation, waiting.title, waiting.asks, self.round)
        application = self._fill(file, self.call, list(answers_of(file)))
        for step in STEPS[: STEPS.index(waiting.last) + 1]:
            getattr(self, step)(application, file)
        return application

    def begin(self, number: int, code: str, title: str) -> Application:
        """A draft in the seeded call that is open: its organisation has the rest to fill in."""
        calls = Call.objects.filter(state=CallState.OPEN, closes_at__gt=self.end).exclude(pk=self.call.pk).order_by("closes_at", "pk")
        for call in calls:
            return self._fill(self._file(number, code, title, 50_000, self.round), call, list(BEGUN))
        raise WrongState(_("Aucun appel ne reçoit de demandes : les brouillons de démonstration demandent un fonds déjà écrit."))

    def _file(self, number: int, code: str, title: str, asks: int, one: Round) -> File:
        organisation = Organisation.objects.get(code=code)
        people = [self.one(role, code) for role in (Role.WRITER, Role.FINANCE_RESPONDENT, Role.SIGNATORY)]
        year, next_year = one.budgets
        asked = {year: Decimal(asks) * 3 / 5, next_year: Decimal(asks) * 2 / 5}
        own = {each: amount / 2 for each, amount in asked.items()}
        theme = THEMES[number % len(THEMES)]
        yearly = Decimal(asks) / 4
        return File(
            one, number, "live", Applicant(organisation, *people), theme, title, asked, own, {}, Nature.CASH, yearly, yearly / 10, self.now
        )

    def _fill(self, file: File, call: Call, kinds: Sequence[str]) -> Application:
        writer, answers = file.applicant.writer, answers_of(file)
        application = start_application(call_id=call.pk, organisation_id=file.applicant.organisation.pk, **self.act(actor=writer))
        if len(kinds) > len(BEGUN):
            resolution = _file("resolution.pdf", "Résolution du conseil")
            attach_document(application_id=application.pk, kind=DocumentKind.RESOLUTION, file=resolution, **self.act(actor=writer))
        sections = {str(kind): answers[str(kind)] for kind in kinds}
        return fill_sections(application_id=application.pk, sections=sections, **self.act(actor=writer))

    def entrust(self, application: Application) -> None:
        """A file that an adviser accompanies, and so does not verify."""
        adviser, director = self.one(Role.ADVISER), self.one(Role.DIRECTOR)
        assign_adviser(application_id=application.pk, person_id=adviser.pk, **self.act(actor=director))

    # ── The steps ────────────────────────────────────────────────────────────────────────────────────────────────────
    def submit(self, application: Application, file: File) -> None:
        by = self.act(actor=file.applicant.signatory)
        submit_application(application_id=application.pk, received_at=by["now"], **by)

    def decide_eligibility(self, application: Application, file: File) -> None:
        checklist = {str(point): True for point in EligibilityPoint}
        decide_eligibility(application_id=application.pk, checklist=checklist, reason="", **self.act(actor=self.one(Role.OFFICER)))

    def assign(self, application: Application, file: File) -> None:
        reviewers = [person.pk for person in self.staff(Role.REVIEWER)]
        due_on = timezone.localdate(self.end) + timedelta(days=14)
        assign_reviewers(application_id=application.pk, reviewer_ids=reviewers, due_on=due_on, **self.act(actor=self.one(Role.OFFICER)))

    def review(self, application: Application, file: File) -> None:
        criteria = list(Criterion.objects.filter(call=self.call).order_by("position"))
        for place, person in enumerate(self.staff(Role.REVIEWER)):
            declare_interest(application_id=application.pk, answer=InterestAnswer.NONE, explanation="", **self.act(actor=person))
            review = Review.objects.get(application=application, reviewer=person)
            marks = {
                one.pk: ((place + index + file.place) % 3 + 3, COMMENTS[(place + index) % len(COMMENTS)])
                for index, one in enumerate(criteria)
            }
            comment = COMMENTS[(place + file.place) % len(COMMENTS)]
            review = save_review(review_id=review.pk, marks=marks, comment=comment, version=review.version, **self.act(actor=person))
            submit_review(review_id=review.pk, version=review.version, **self.act(actor=person))

    def recommend(self, application: Application, file: File) -> None:
        secretary = self.one(Role.COMMITTEE_SECRETARY)
        recommend_award(application_id=application.pk, is_favourable=True, reason=FAVOURABLE, **self.act(actor=secretary))

    def certify(self, application: Application, file: File) -> None:
        certify_award(award_id=_award(application).pk, **self.act(actor=self.one(Role.CONTROLLER)))

    def approve(self, application: Application, file: File) -> None:
        for role in (Role.HEAD, Role.MINISTER_DELEGATE):
            approve_award(award_id=_award(application).pk, **self.act(actor=self.one(role)))

    def tell(self, application: Application, file: File) -> None:
        issue_letter(award_id=_award(application).pk, **self.act(actor=self.one(Role.OFFICER)))

    def draft(self, application: Application, file: File) -> None:
        self.give_account(file)
        draft_agreement(award_id=_award(application).pk, **self.act(actor=self.staff(Role.OFFICER)[1]))

    def submit_draft(self, application: Application, file: File) -> None:
        submit_agreement(agreement_id=_agreement(application).pk, **self.act(actor=self.staff(Role.OFFICER)[1]))

    def review_draft(self, application: Application, file: File) -> None:
        agreement = _agreement(application)
        sha256 = agreement.document.sha256 if agreement.document else ""
        review_agreement(agreement_id=agreement.pk, document_sha256=sha256, **self.act(actor=self.one(Role.OFFICER)))

    def sign_beneficiary(self, application: Application, file: File) -> None:
        agreement = _agreement(application)
        sign_for_beneficiary(agreement_id=agreement.pk, **_shown(agreement), **self.act(actor=file.applicant.signatory))

    def sign_minister(self, application: Application, file: File) -> None:
        agreement = _agreement(application)
        sign_for_minister(agreement_id=agreement.pk, **_shown(agreement), **self.act(actor=self.one(Role.DIRECTOR)))

    def give_account(self, file: File) -> None:
        """Where the organisation is paid, unless it is known: entered by its finance respondent, confirmed by its signatory."""
        owner = file.applicant.organisation
        if current_details([owner.pk]):
            return
        account = Account(owner.name[:120], "815", "30000", account_number(owner.code))
        detail = enter_bank_details(organisation_id=owner.pk, account=account, **self.act(actor=file.applicant.finance))
        numbers = {"institution": account.institution, "transit": account.transit, "number": account.number}
        confirm_bank_details(detail_id=detail.pk, **numbers, **self.act(actor=file.applicant.signatory))

    # ── After the signature ──────────────────────────────────────────────────────────────────────────────────────────
    def report_first_milestone(self, application: Application) -> None:
        """The milestone waits for its verification, and the advance for its request."""
        milestone = Milestone.objects.get(agreement=_agreement(application), position=1)
        report_milestone(
            milestone_id=milestone.pk, report="L’analyse est terminée; le rapport est joint.",
            evidence=_file("rapport.pdf", "Rapport d’analyse"), **self.act(actor=self.one(Role.WRITER, application.organisation.code)),
        )  # fmt: skip

    def request_advance(self, application: Application) -> None:
        """The payment waits for its certification."""
        advances = Instalment.objects.filter(agreement=_agreement(application), kind=InstalmentKind.ADVANCE).order_by("position")
        for advance in advances[:1]:
            request_payment(
                instalment_id=advance.pk, attestations=dict.fromkeys(ATTESTATIONS, True), **self.act(actor=self.one(Role.PAYMENT_REQUESTER))
            )

    def report_gains(self, application: Application) -> None:
        """Three weeks of gains: one to capture, one to verify, one to co-sign."""
        line = GainLine.objects.get(plan__application=application, code="L1")
        code = application.organisation.code
        writer, finance = self.one(Role.WRITER, code), self.one(Role.FINANCE_RESPONDENT, code)
        last = timezone.localdate(self.now)
        reports = []
        for week, amount in enumerate((Decimal("1150.00"), Decimal("1240.00"), Decimal("980.00"))):
            start = last - timedelta(days=7 * (3 - week))
            end = start + timedelta(days=6)
            reports.append(
                report_gain(
                    line_id=line.pk, period_start=start, period_end=end, amount=amount,
                    measures=measured(line, line.baseline, amount, start, end, DELAY),
                    method="Relevé hebdomadaire comparé à la situation de départ.", evidence=_file("releve.pdf", "Relevé de consommation"),
                    **self.act(actor=writer),
                )
            )  # fmt: skip
        for report in reports[:2]:
            cosign_gain(report_id=report.pk, **self.act(actor=finance))
        verifier = self.one(Role.GAIN_VERIFIER)
        answers = {point: Answer(ok=True, comment=said) for point, said in ANSWERS.items()}
        opinion = {"rating": Rating.GREEN, "assurance": Assurance.SUBSTANTIAL, "answers": answers, "reason": ""}
        verify_gain(report_id=reports[0].pk, amount=reports[0].amount, **opinion, **self.act(actor=verifier))

    def recover(self) -> None:
        """Of what was paid to two projects: one sum that comes back in parts, one that waits to be claimed."""
        paid = AgreementBalance.objects.filter(paid__gte=20_000, agreement__state=AgreementState.IN_FORCE).order_by("agreement")
        first = timezone.localdate(self.end) + timedelta(days=20)
        sums = ((Decimal("9000.00"), RecoveryBasis.INELIGIBLE, "Des honoraires n’ont pas été versés pour le projet.", 3),
                (Decimal("4250.50"), RecoveryBasis.UNUSED, "Le budget de formation n’a pas été dépensé.", 1))  # fmt: skip
        found = []
        for balance, (amount, basis, reason, count) in zip(paid[:2], sums, strict=False):
            terms = RecoveryTerms(amount, basis, reason, Schedule(first, count))
            found.append(open_recovery(agreement_id=balance.agreement_id, terms=terms, **self.act(actor=self.one(Role.CONTROLLER))))
        for recovery in found[:1]:
            claim_recovery(recovery_id=recovery.pk, **self.act(actor=self.one(Role.DIRECTOR)))
            given = self.act(actor=self.one(Role.PAYMENT_REQUESTER))
            day, amount = timezone.localdate(given["now"]), Decimal("4000.00")
            record_receipt(recovery_id=recovery.pk, amount=amount, received_on=day, reference="ENC-2026-0117", **given)


def _award(application: Application) -> Award:
    return Award.objects.get(application=application)


def _agreement(application: Application) -> Agreement:
    return Agreement.objects.select_related("document").get(award__application=application)


def _shown(agreement: Agreement) -> dict[str, Any]:
    """What a person who signs has read and given: the document's fingerprint, the number typed again, the sentence, a second factor."""
    shown = {"document_sha256": agreement.document.sha256 if agreement.document else "", "confirmation": agreement.number}
    return {**shown, "intent": True, "factor": SignatureFactor.TOTP}


def _file(name: str, title: str) -> ContentFile[bytes]:
    return ContentFile(pdf.render("sample.typ", {"title": title}), name=name)
