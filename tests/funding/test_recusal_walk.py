"""A recused person meets a file nowhere: every address of the portal is asked for, with every identity of the hidden file.

A route added later is walked as soon as it is in the URL map. A parameter of a new name must be given its values in `values_of`.

Every identity is put in every address that takes one, by the person who holds every role. The `pk` of a row of another kind than the
address names (see `PK`) can only meet that row by chance: it is tried by that person once, and not by the others again. An address
that `PK` does not know is always tried with them all.
"""

import io
import itertools
import logging
import zipfile
from dataclasses import dataclass, field
from datetime import date, timedelta
from urllib.parse import quote

import pytest
import time_machine
from django.contrib.auth import SESSION_KEY
from django.db.models import Model
from django.test import Client
from django.urls import Resolver404, URLResolver, get_resolver, resolve

from funding.models import BankDetail, Claim, Payment, PaymentBatch
from funding.services.batches import prepare_batch
from projects.enums import APPLICANT_ROLES, ApplicationState, DocumentKind, Role, TokenScope
from projects.models import ApiToken, Application, ApplicationVersion, Message
from projects.services.documents import store_bytes
from projects.services.journal import canonical, sha256
from reporting.models import PortfolioImport
from reporting.services.follow_up_calendar import schedule_follow_ups
from reporting.services.snapshots import request_recompute, run_recompute
from tests.factories import (
    NOW,
    ApplicationFactory,
    MembershipFactory,
    OrganisationFactory,
    ReviewFactory,
    UnitFactory,
    UserFactory,
    agreement_in_force,
    award_certified,
    bank_details_of,
    person_with,
    recuse,
    verify_milestones,
)
from tests.funding.amending import proposed
from tests.funding.recovering import claimed, in_ledger
from tests.funding.services.test_reviews import declare

pytestmark = pytest.mark.django_db
TITLE, NUMBERS, BYTES = "Passerelle ombragée", "DEM-2026-666", "%PDF-1.7 contenu ombragé"
#: roots from which the rows of other files or of nobody hang: not followed when the file's own rows are gathered
SHARED = {"projects.user", "projects.organisation", "projects.region", "projects.call", "projects.termsprofile", "projects.criterion"}


# ── The hidden file ──────────────────────────────────────────────────────────────────────────────────────────────────
@dataclass
class World:
    """Files at several stages, all hidden from one person and open to another who holds the same roles."""

    applications: list[Application] = field(default_factory=list)
    rows: list[Model] = field(default_factory=list)

    def of(self, *labels):
        return [row for row in self.rows if row._meta.label_lower in labels]

    def texts(self):
        """Every number and reference of the hidden rows."""
        found = {getattr(row, name, None) for row in self.rows for name in ("number", "reference")}
        return sorted(text for text in found if isinstance(text, str) and text)

    def secrets(self):
        return [TITLE, NUMBERS, BYTES, *self.texts()]


def rows_of(root):
    """The row and all that refers to it, to any depth, short of the rows that it shares with other files."""
    found, waiting = {}, [root]
    while waiting:
        row = waiting.pop()
        if (row._meta.label_lower, row.pk) in found:
            continue
        found[row._meta.label_lower, row.pk] = row
        for relation in row._meta.related_objects:
            model = relation.related_model
            if model._meta.label_lower not in SHARED and relation.field.concrete and not relation.many_to_many:
                waiting += list(model._base_manager.filter(**{relation.field.name: row}).order_by("pk"))
    return list(found.values())


@pytest.fixture(autouse=True)
def _silence():
    """Two lines of log for each of thousands of refusals cost more than they tell."""
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


@pytest.fixture
def world(settings):
    with time_machine.travel(NOW, tick=False):
        organisation = OrganisationFactory()
        states = (ApplicationState.SUBMITTED, ApplicationState.ELIGIBLE, ApplicationState.IN_REVIEW, ApplicationState.CONVERTED)
        made = World()
        for index, state in enumerate(states):
            application = ApplicationFactory(title=TITLE, number=f"{NUMBERS}{index:02}", state=state, organisation=organisation)
            store_bytes(
                BYTES.encode(),
                name=f"{TITLE}.pdf",
                content_type="application/pdf",
                kind=DocumentKind.RESOLUTION,
                actor=UserFactory(),
                now=NOW,
                application=application,
            )
            content = canonical({"number": application.number, "sections": {"need": {"title": TITLE}}})
            ApplicationVersion.objects.create(
                application=application, number=1, content=content, sha256=sha256(content), received_at=NOW, submitted_by=UserFactory()
            )
            made.applications.append(application)
        certified = award_certified()
        Application.objects.filter(pk=certified.application_id).update(title=TITLE, number=f"{NUMBERS}98", organisation=organisation)
        made.applications.append(Application.objects.get(pk=certified.application_id))
        agreement = agreement_in_force(made.applications[3])
        schedule_follow_ups(agreement_id=agreement.pk, actor=None, now=NOW)
        instalment = agreement.instalments.get(position=1)
        Payment.objects.create(
            number="VER-2026-66601",
            instalment=instalment,
            amount=instalment.amount,
            fiscal_year=2026,
            attests_legal_basis=True,
            attests_credit=True,
            attests_due=True,
            requested_by=UserFactory(),
            requested_at=NOW,
        )
        verify_milestones(agreement, 1)
        in_a_batch(agreement.instalments.get(position=2))
        Claim.objects.create(
            number="RCL-2026-66601", instalment=agreement.instalments.get(position=2), period_start=NOW.date(), period_end=NOW.date(),
            other_public_aid=0, drafted_by=UserFactory(), drafted_at=NOW,
        )  # fmt: skip
        proposed(agreement, ends_on=date(2028, 3, 31))
        in_ledger(agreement, (2026, "payment", "10.00"))
        claimed(agreement, "10.00")
        run_recompute(run_id=request_recompute(now=NOW).pk, now=NOW)
        yield made


def in_a_batch(instalment):
    """An order of the file in a batch that others prepared, beside the account where it is paid."""
    steps = {f"{step}_by": UserFactory() for step in ("requested", "certified", "authorised")}
    steps |= {f"{step}_at": NOW for step in ("requested", "certified", "authorised")}
    attested = dict.fromkeys(("attests_legal_basis", "attests_credit", "attests_due"), True)
    payment = Payment.objects.create(
        number="VER-2026-66602", instalment=instalment, amount=instalment.amount, fiscal_year=2026, state="authorised", **steps, **attested
    )
    bank_details_of(instalment.agreement.project.organisation)
    prepare_batch(payment_ids=[payment.pk], actor=person_with(Role.PAYMENT_REQUESTER), now=NOW)


def everybody(organisation):
    """A person who holds every role at once: what they do not see, no role sees."""
    person = person_with(*(role for role in Role if role not in APPLICANT_ROLES), organisation=UnitFactory())
    for role in sorted(APPLICANT_ROLES):
        MembershipFactory(person=person, role=role, organisation=organisation)
    return person


def reviewer(organisation):
    return person_with(Role.REVIEWER)


PERSONS = {"everybody": everybody, "reviewer": reviewer}


def involve(world, person):
    """Give the person a part in each file: their interests declared, a message that names it and, to who may review it, a review."""
    bound = person.memberships.filter(organisation=world.applications[0].organisation).exists()  # the database refuses their review
    for application in world.applications:
        if not bound:
            ReviewFactory(application=application, reviewer=person)
        declare(application, person)
        Message.objects.create(person=person, application=application, subject=TITLE, body=application.number, queued_at=NOW)


def hide(world, person):
    for application in world.applications:
        recuse(person, application)


def gather(world):
    world.rows = [row for application in world.applications for row in rows_of(application)]


# ── The walk ─────────────────────────────────────────────────────────────────────────────────────────────────────────
def routes(resolver: URLResolver, prefix="/"):
    """Every address of the URL map, as (template with %(name)s, its parameter names)."""
    for key in set(resolver.reverse_dict):
        for possibilities, *_ in resolver.reverse_dict.getlist(key):
            for template, names in possibilities:
                yield prefix + template, tuple(names)
    for inner_prefix, inner in resolver.namespace_dict.values():
        yield from routes(inner, prefix + inner_prefix)


def values_of(world, name):
    """What to put in a parameter of that name: every identity of the hidden file that could go there."""
    if name == "pk":
        return sorted({row.pk for row in world.rows if isinstance(row.pk, int)})
    models = {
        "document": "projects.document",
        "instalment": "funding.instalment",
        "milestone": "funding.milestone",
        "claim": "funding.claim",
        "recovery": "funding.recovery",
        "award": "funding.award",
        "agreement": "funding.agreement",
        "review": "funding.review",
        "application": "projects.application",
        "line": "projects.gainline",
        "declaration": "projects.interestdeclaration",
        "report": "reporting.gainreport",
        "plan": "projects.gainplan",
    }
    if name in models:
        rows = world.of(models[name])
        return [row.pk for row in rows] + [text for row in rows if isinstance(text := getattr(row, "number", None), str)]
    texts = {
        "number": world.texts(),
        "reference": world.texts(),
        "project": world.texts(),
        "payment": world.texts(),
        "batch": [*PaymentBatch.objects.order_by("pk").values_list("number", flat=True), "LOT-2026-99999"],
        "bank": [*BankDetail.objects.order_by("pk").values_list("pk", flat=True), 0],
        "move": world.texts(),
        "amendment": [1],
        "step": ["approbation", "encaissement"],
        "cost": ["SEC-2026-0001"],
        "cost_move": ["ECS-2026-0001"],
        "envelope": ["PROJECTS"],
        "clause": ["objet"],
        "sample": ["ECH-2026-00001"],
        "position": [1],
        "renewal": world.texts(),
        "parameter": ["PAR-2026-0001"],
        "form": ["csv"],
        "authority": world.texts(),
        "portfolio": [*PortfolioImport.objects.order_by("pk").values_list("pk", flat=True), 0],
        "code": [*{application.organisation.code for application in world.applications}, "envelopes", "gains", "roi-projects"],
        "slug": ["organisme", "besoin", "realisation", "budget", "gains", "documents", "declaration", "avancement"],
        "kind": ["organisation", "need", "budget"],
        "format": ["csv", "xlsx"],
        "year": [2026],
        "fiscal_year": [2026],
        "column": ["fund_paid", "net_gain_forecast"],
        "uidb36": ["1"],
        "key": ["set-password"],
        "token": ["lien-d-invitation"],
    }
    if name not in texts:
        pytest.fail(f"the walk does not know what to put in a parameter named « {name} »: say it in values_of ({__file__})")
    return texts[name]


#: view → the kind of row that its `pk` names (none: no row of a file, so one of them will do)
PK = {
    "funding:cash_reverse": "",
    "funding:interest_decide": "projects.interestdeclaration",
    "funding:review_declare": "funding.review",
    "funding:review_edit": "funding.review",
    "funding:review_submit": "funding.review",
    "projects:application_check": "projects.application",
    "projects:application_content": "projects.application",
    "projects:application_detail": "projects.application",
    "projects:application_pdf": "projects.application",
    "projects:document_attach": "projects.application",
    "projects:document_download": "projects.document",
    "projects:document_remove": "projects.application",
    "projects:membership_end": "",
    "projects:section_detail": "projects.application",
    "projects:token_revoke": "",
    "identity_unlink": "",
    "mfa_edit_webauthn": "",
    "mfa_remove": "",
    "projects:delegation_approve": "",
    "projects:delegation_create": "",
    "projects:delegation_end": "",
    "projects:delegation_refuse": "",
    "projects:invitation_resend": "",
    "projects:invitation_revoke": "",
    "projects:membership_edit": "",
    "projects:session_end": "",
    "reporting:audit_detail": "projects.journalentry",
    "reporting:export_detail": "",
    "reporting:export_download": "",
    "reporting:sharing_report": "reporting.gainsharing",
    "reporting:shared_gain_correct": "reporting.sharedgain",
    "reporting:overlap_detail": "reporting.overlap",
    "reporting:overlap_resolve": "reporting.overlap",
    "reporting:import_file": "",
    "reporting:run_detail": "",
}


#: the first word of an address → the series of the numbers that it knows (none: no number of a file, so one of them will do)
SERIES = {
    "appels": "",
    "conventions": "CNV-",
    "decisions": "DEM-",
    "demandes": "DEM-",
    "enveloppes": "",
    "gains": "GAIN-",
    "incidents": "",
    "paiements": "VER-",
    "projets": "PRJ-",
    "reconductions": "RCD-",
    "secretariat": "DEM-",
    "suivis": "SUIVI-",
}
NUMBERED = {"number", "reference", "project", "payment", "authority", "move", "renewal"}


def kinds_of(world, template, names, known):
    """For each parameter, the values of its own kind and the strangers: rows or numbers of another kind than the address knows."""
    choices, strangers = {name: known[name] for name in names}, {}
    series = SERIES.get(template.split("/")[1])
    for name in NUMBERED.intersection(names) if series is not None else ():
        choices[name] = [text for text in known[name] if series and text.startswith(series)] or known[name][:1]
        strangers[name] = [text for text in known[name] if text not in choices[name]]
    if "pk" in names and (view := resolve(template % dict.fromkeys(names, 1)).view_name) in PK:
        choices["pk"] = [row.pk for row in world.of(PK[view])] or known["pk"][:1]
        strangers["pk"] = sorted(set(known["pk"]) - set(choices["pk"]))
    return choices, strangers


def addresses(world, *, of_kind=False):
    """Every address, with every combination of the hidden file's identities, and each list asked for the file by a part of its title.

    An identity of another kind than the address knows is put in with one value of each other parameter; with `of_kind`, not at all.
    """
    known = {name: values_of(world, name) for _template, names in routes(get_resolver()) for name in names}
    for template, names in sorted(set(routes(get_resolver()))):
        choices, strangers = kinds_of(world, template, names, known)
        combined = itertools.product(*choices.values())
        alone = (
            [stranger if other == name else choices[other][0] for other in names]
            for name, found in strangers.items()
            for stranger in (() if of_kind else found)
        )
        for chosen in itertools.chain(combined, alone):
            yield template % {name: quote(str(value), safe="") for name, value in zip(names, chosen, strict=True)}
        if not names:
            yield f"{template}?q=ombrag"


def body_of(response, address):
    """All that a response says, unzipped when it is a workbook, without the address that the reader typed themselves."""
    raw = b"".join(response.streaming_content) if response.streaming else response.content
    if raw.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(raw)) as book:
            raw = b"".join(book.read(name) for name in book.namelist())
    said = raw.decode("utf-8", errors="replace") + " ".join(f"{name}: {value}" for name, value in response.items())
    return said.replace(address, "").replace(quote(address), "")


def walk(person, world, method, *, of_kind=True, views=None):
    """(view, address, status, what it lets slip) of every address, or of those of some views, asked for by a person."""
    client = Client(raise_request_exception=False)
    client.force_login(person)
    secret = f"fip_marche_{person.pk}"
    ApiToken.objects.create(
        person=person,
        name="Marche",
        prefix=secret[:12],
        sha256=sha256(secret),
        scopes=TokenScope.values,
        created_at=NOW,
        expires_on=(NOW + timedelta(days=30)).date(),
    )
    for address in addresses(world, of_kind=of_kind):
        path = address.split("?")[0]
        try:
            view = resolve(path).view_name
        except Resolver404:
            continue
        if views is not None and view not in views:
            continue
        headers = {"Authorization": f"Bearer {secret}"} if path.startswith("/api/") else {}
        response = getattr(client, method)(address, headers=headers)
        said = body_of(response, address)
        yield view, address, response.status_code, [secret for secret in world.secrets() if secret in said]
        if client.session.get(SESSION_KEY) != str(person.pk):
            client.force_login(person)  # signing out is an address too, and leaves a session of nobody for its message


#: where a colleague with the same roles does see the file: without it, a walk over empty pages would prove nothing
SEEN_BY = {
    "everybody": {
        "projects:staff_application_list",
        "funding:application_detail",
        "funding:eligibility_decide",
        "funding:review_assign",
        "funding:payment_list",
        "projects:application_list",
        "projects:document_download",
    },
    "reviewer": {
        "funding:review_list",
        "funding:review_edit",
        "funding:review_declare",
        "funding:review_submit",
        "projects:document_download",
    },
}


@pytest.mark.parametrize("kind", PERSONS)
def test_colleague_with_the_same_roles_sees_the_file(world, kind):
    colleague = PERSONS[kind](world.applications[0].organisation)
    involve(world, colleague)
    gather(world)
    seen = {view for view, _address, status, slips in walk(colleague, world, "get", views=SEEN_BY[kind]) if slips and status == 200}
    assert SEEN_BY[kind] - seen == set()


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("kind", PERSONS)
def test_recused_person_meets_the_file_nowhere(world, kind, method):
    person = PERSONS[kind](world.applications[0].organisation)
    involve(world, person)
    hide(world, person)
    gather(world)
    asked, faults = 0, []
    for _view, address, status, slips in walk(person, world, method, of_kind=(kind, method) != ("everybody", "get")):
        asked += 1
        faults += [(address, status, slips)] if slips or status == 500 else []
    assert faults == []
    assert asked > 100


@pytest.mark.parametrize("role", [Role.OFFICER, Role.COMMITTEE_SECRETARY, Role.DIRECTOR, Role.AUDITOR])
def test_recused_person_of_one_role_meets_the_file_in_no_list(world, role):
    """Who holds every role is covered above; this is who sees one menu only. Without the file's rows, what is left is every list."""
    person = person_with(role)
    hide(world, person)
    assert [(address, slips) for _view, address, _status, slips in walk(person, world, "get") if slips] == []
