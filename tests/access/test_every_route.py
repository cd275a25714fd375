"""Every route of the portal, by GET and by POST, asked for by everybody: the answers are those of one table (`tests/access/answers.py`).

Each request runs in a savepoint that is taken back, so that whoever is walked next finds the same world.
"""

import importlib
import inspect
import pkgutil

import pytest
import time_machine
from allauth.socialaccount.models import SocialAccount
from allauth.usersessions.models import UserSession
from django.core.cache import cache
from django.db import transaction
from django.test import Client

from fondsinnovation.kit.verdict import Verdict
from funding.models import (
    Amendment,
    Award,
    BankDetail,
    Claim,
    CostMove,
    CreditMove,
    DrawAuthority,
    Eligibility,
    Instalment,
    Milestone,
    Payment,
    PaymentBatch,
    Recovery,
    RecoveryReceipt,
    Review,
    SignedCopy,
    WriteOff,
)
from projects.enums import APPLICANT_ROLES, InterestAnswer, Role
from projects.menu import menu_of
from projects.models import (
    ApiToken,
    BaselineVersion,
    Call,
    Delegation,
    Document,
    EmailChange,
    ExceptionalAccess,
    Incident,
    InterestDeclaration,
    Invitation,
    Membership,
    Project,
)
from projects.policies.rights import rights_of
from reporting.catalogue import REPORTS
from reporting.columns import Report
from reporting.models import FollowUpReport, GainReport, GainSampleItem, Overlap, ParameterMove, Renewal
from reporting.policies.verification import Known
from tests.access.answers import GROUPS, SHARED_PLACES, lines
from tests.access.world import address, make_world, routes, token_of
from tests.factories import NOW, UserFactory, person_with
from tests.walks import known, short_refusals

pytestmark = pytest.mark.django_db
#: the walk is made in parts, so that the processes of a run share it
PARTS = 2
POLICIES = ("projects.policies", "funding.policies", "reporting.policies")


@pytest.fixture
def world():
    with short_refusals(), time_machine.travel(NOW, tick=False):
        yield make_world()


def person_of(world, where, role=None):
    if where == "assigned":
        return world.reviewer
    place = {"own": world.organisation, "other": world.neighbour}.get(where)
    return person_with(role, organisation=place) if role else UserFactory()


# ── The walk ─────────────────────────────────────────────────────────────────────────────────────────────────────────
def asked(world, person, method):
    """(line, status) of each route, asked for by a person, or by nobody."""
    cache.clear()
    client = Client(raise_request_exception=False)
    secret = f"fip_marche_{person.pk}" if person else ""
    if person:
        client.force_login(person)
        token_of(person, secret)
    session = client.cookies.output(header="")
    for line in lines():
        path = address(line.route, world.places[line.place])
        headers = {"Authorization": f"Bearer {secret}"} if person and path.startswith("/api/") else {}
        client.cookies.clear()
        client.cookies.load(session)
        yield line, status_of(client, method, path, headers)


def status_of(client, method, path, headers):
    taken_back = transaction.atomic()
    taken_back._from_testcase = True  # acts are durable, but to the transaction of a test
    with taken_back:
        response = getattr(client, method.lower())(path, headers=headers)
        if response.streaming:
            b"".join(response.streaming_content)
        transaction.set_rollback(True)
    return response.status_code


def test_every_route_has_its_line():
    pairs = [(line.route, line.place) for line in lines()]
    known = {route for route, _place in pairs}
    assert len(pairs) == len(set(pairs))
    assert routes() - known == set(), "these routes have no line in tests/access/answers.py: say what they answer to whom"
    assert known - routes() == set(), "these routes no longer exist: take their lines out of tests/access/answers.py"


def test_bytes_of_a_document_have_no_address_of_their_own(world):
    path = Document.objects.get(**world.places["document"]).path
    client = Client()
    client.force_login(person_with(Role.DIRECTOR))
    tried = [f"/{path.name}", f"/media/{path.name}", f"/static/{path.name}", f"/{path.path.lstrip('/')}"]
    assert {client.get(address).status_code for address in tried} == {404}


@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_every_route_answers_everybody_as_the_table_says(world, method, part):
    wrong = {}
    for who in ["nobody", *GROUPS][part::PARTS]:
        where, roles = GROUPS.get(who, ("", ()))
        person = None if who == "nobody" else person_of(world, where, *roles[:1])
        with known(person):
            for line, status in asked(world, person, method):
                if status != line.answer(method, who):
                    wrong[f"{method} {line.route} by {who}"] = f"answers {status}, not {line.answer(method, who)}"
    assert wrong == {}


def test_what_belongs_to_another_organisation_does_not_exist():
    """In the table itself: no line gives away that a file of another organisation is there."""
    told = {
        (line.route, method, line.answer(method, who))
        for line in lines()
        for method in ("GET", "POST")
        for who in ("outsider", "other", "reviewer", "committee_member", "privacy", "technical", "others")
        if line.place not in SHARED_PLACES and line.answer(method, who) not in (404, 405)
    }
    assert told == set()


# ── Groups ───────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_every_role_is_walked_in_one_group():
    pairs = [(role, where) for where, roles in GROUPS.values() for role in roles]
    assert len(pairs) == len(set(pairs))
    expected = {(role, where) for role in APPLICANT_ROLES for where in ("own", "other")} | {(Role.REVIEWER, "assigned")}
    assert set(pairs) == expected | {(role, "unit") for role in Role if role not in APPLICANT_ROLES}


def subjects(world):
    """What to put in a parameter of a policy, by its name."""
    files = world.files
    project = Project.objects.get(reference=world.places["project"]["project"])
    award = Award.objects.get(application=files["certified"])
    return {
        "now": NOW,
        "organisation": world.organisation,
        "organisation_id": world.organisation.pk,
        "application": files["submitted"],
        "application_id": files["submitted"].pk,
        "call": Call.objects.get(**world.places["call_submitted"]),
        "asked": Call.objects.get(**world.places["call_submitted"]),
        "award": award,
        "agreement": project.agreement,
        "agreements": [project.agreement.pk],
        "amendment": Amendment.objects.get(agreement=project.agreement),
        "project": project,
        "milestone": Milestone.objects.get(pk=world.places["milestone"]["milestone"]),
        "instalment": Instalment.objects.get(pk=world.places["instalment"]["instalment"]),
        "claim": Claim.objects.get(number=world.places["claim_submitted"]["claim"]),
        "recovery": Recovery.objects.get(number=world.places["recovery"]["recovery"]),
        "receipt": RecoveryReceipt(recovery=Recovery.objects.get(number=world.places["recovery"]["recovery"])),
        "write_off": WriteOff(recovery=Recovery.objects.get(number=world.places["recovery"]["recovery"]), original_role="director"),
        "release": None,  # what the instalment waits for is asked when the payment is requested
        "payment": Payment.objects.get(number=world.places["payment_requested"]["payment"]),
        "batch": PaymentBatch.objects.get(number=world.places["batch"]["batch"]),
        "copy": SignedCopy.objects.get(),
        "detail": BankDetail.objects.get(pk=world.places["bank"]["bank"]),
        "report": GainReport.objects.get(number=world.places["gain"]["number"]),
        "follow_up": FollowUpReport.objects.get(**world.places["follow_up_submitted"]),
        "restatement": GainReport.objects.get(**world.places["gain_restated"]).restatements.latest("pk"),
        "item": GainSampleItem.objects.get(),
        "known": Known(frozenset(), frozenset(), frozenset()),
        "belonged": False,
        "captured": False,
        "version": BaselineVersion.objects.get(),
        "overlap": Overlap.objects.get(**world.places["overlap"]),
        "cost_move": CostMove.objects.get(number=world.places["cost_move"]["cost_move"]),
        "move": CreditMove.objects.get(number=world.places["credit_move"]["move"]),
        "renewal": Renewal.objects.get(number=world.places["renewal"]["renewal"]),
        "parameter_move": ParameterMove.objects.get(number=world.places["parameter"]["parameter"]),
        "authority": DrawAuthority.objects.get(number=world.places["authority"]["authority"]),
        "review": Review.objects.get(**world.places["review"]),
        "eligibility": Eligibility.objects.get(application=files["ineligible"]),
        "declaration": InterestDeclaration.objects.get(**world.places["declaration"]),
        "membership": Membership.objects.get(**world.places["membership"]),
        "token": ApiToken.objects.get(**world.places["token"]),
        "source": Membership.objects.get(**world.places["membership"]),
        "invitation": Invitation.objects.get(**world.places["invitation"]),
        "delegation": Delegation.objects.get(**world.places["delegation"]),
        "delegate": UserFactory(),
        "access": ExceptionalAccess.objects.get(**world.places["access"]),
        "incident": Incident.objects.get(**world.places["incident"]),
        "session": UserSession.objects.get(**world.places["session"]),
        "identity": SocialAccount(user=UserFactory()),
        "change": EmailChange(person=UserFactory(), expires_at=NOW),
        "others": 1,  # one factor more: that a role needs one is nobody else’s business
        "role": Role.WRITER,
        "starts_on": NOW.date(),
        "ends_on": None,
        "answer": InterestAnswer.ACTUAL,
    }


def policies():
    """Every policy: a public function of the policies that gives a verdict on a person."""
    for package in map(importlib.import_module, POLICIES):
        for module in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
            for name, function in inspect.getmembers(importlib.import_module(module.name), inspect.isfunction):
                gives = inspect.signature(function).return_annotation
                if function.__module__ == module.name and not name.startswith("_") and gives in ("Verdict", Verdict):
                    yield f"{module.name}.{name}", function, inspect.signature(function, eval_str=True).parameters


def verdicts(person, known):
    """The verdict of every policy on a person, and the menu that they see."""
    found = {"menu": [entry.url for entry in menu_of(rights_of(person, NOW), "")]}
    for name, function, wanted in policies():
        if any(parameter.kind == parameter.VAR_POSITIONAL for parameter in wanted.values()):
            continue  # words that the policies are written with
        given = {}
        for parameter in wanted.values():
            if parameter.name in ("actor", "person"):
                given[parameter.name] = person
            elif parameter.name == "person_id":
                given[parameter.name] = person.pk
            elif parameter.default is parameter.empty:
                if parameter.annotation is Report:  # of the catalogue; the other reports are of gains
                    given[parameter.name] = REPORTS["roi-projects"]
                    continue
                assert parameter.name in known, f"say in `subjects` what to put in « {parameter.name} » of {name}"
                given[parameter.name] = known[parameter.name]
        found[name] = bool(function(**given))
    return found


def test_roles_of_one_group_have_the_same_rights(world):
    known, checked = subjects(world), 0
    for where, roles in GROUPS.values():
        rows = [verdicts(person_of(world, where, role), known) for role in roles] if len(roles) > 1 else []
        checked += len(rows)
        assert all(row == rows[0] for row in rows)
    assert checked > len(APPLICANT_ROLES)
    director = verdicts(person_with(Role.DIRECTOR), known)
    assert director["funding.policies.calls.decide_call"], "a walk over policies that all say no would prove nothing"
