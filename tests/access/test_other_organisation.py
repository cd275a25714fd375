"""To a member of another organisation a file is not there: nothing of it is read, counted, found by a search or told by an order."""

import logging
import re

import pytest
import time_machine
from django.test import Client

from funding.models import Award, AwardPart
from projects.enums import APPLICANT_ROLES
from projects.models import Application
from tests.access.answers import SHARED_PLACES, lines
from tests.access.world import OWNER, address, fill, make_world, parameters, routes, token_of, without_files
from tests.factories import NOW, MembershipFactory, UserFactory
from tests.funding import test_recusal_walk as recusal
from tests.walks import known, short_refusals

pytestmark = pytest.mark.django_db
#: what changes from one request to the next: the token of each form, and the key of a repeated act
VARIES = re.compile(rb'name="(?:csrf|csrfmiddlewaretoken|key)" (?:content|value)="[^"]*"')
#: orders and filters that a list does not offer to an applicant, and those that it does: of every list, of pages, of the interface
FILTERS = (
    "?state=accepted", "?state=in_review", "?q=ombrag", "?q=98765", "?q=2026", "?page=2", "?organisation=90000", "?fiscal_year=2026",
)  # fmt: skip
PAGE_ORDERS = (
    "?sort=score", "?sort=-score", "?sort=state", "?sort=-stage", "?sort=-changed_at", "?sort=amount_requested", "?sort=award__amount",
    "?view=decision", "?view=ready",
)  # fmt: skip
API_ORDERS = ("?ordering=score", "?ordering=-award__amount", "?page_size=1")


#: pages of one's own account (a secret and an hour change at each reading), and the register of organisations, which is public
APART = ("mfa_", "projects:session_", "projects:account", "projects:organisation_list")


@pytest.fixture(autouse=True)
def _then():
    logging.disable(logging.CRITICAL)
    with time_machine.travel(NOW, tick=False):
        yield
    logging.disable(logging.NOTSET)


def member_of(organisation):
    """A person who holds every role of an applicant: what they do not see, no role of their organisation sees."""
    person = UserFactory()
    for role in sorted(APPLICANT_ROLES):
        MembershipFactory(person=person, role=role, organisation=organisation)
    return person


class Reader:
    """A person with their session and their token."""

    def __init__(self, person):
        self.person, self.client = person, Client(raise_request_exception=False)
        self.client.force_login(person)
        token_of(person, secret := f"fip_lecture_{person.pk}")
        self.headers = {"Authorization": f"Bearer {secret}"}

    def get(self, path):
        """(status, what is said) without what varies nor the address itself."""
        with known(self.person):
            response = self.client.get(path, headers=self.headers if path.startswith("/api/") else {})
            said = b"".join(response.streaming_content) if response.streaming else response.content
        return response.status_code, VARIES.sub(b"", said).replace(path.encode(), b"")


def lists(*ordered):
    """Every address without a parameter: lists, counts, home page, dashboard. And those that are `ordered`, in every order."""
    asked_for = [line.route for line in lines() if line.answer("GET", "writer") == 200 and not parameters_of(line.route)]
    plain = [route for route in asked_for if not route.startswith(APART)]
    asked = ordered or [route for route in plain if route.endswith(("list", "home"))]
    return [*(address(route, {}) for route in plain), *(f"{address(route, {})}{order}" for route in asked for order in orders_of(route))]


def orders_of(route):
    return (*FILTERS, *(API_ORDERS if route.startswith("api:") else PAGE_ORDERS))


def parameters_of(route):
    return () if route == "api:(none)" else parameters(route)


def pages(reader, paths):
    return {path: reader.get(path) for path in paths}


# ── Another organisation ─────────────────────────────────────────────────────────────────────────────────────────────
class Hidden(recusal.World):
    """The organisation's files, as the walk of the recused person knows them: one at each stage that has addresses of its own."""

    def __init__(self, world):
        super().__init__(applications=[world.files[name] for name in ("draft", "in_review", "told", "project")])
        self.known = world.secrets()
        recusal.gather(self)

    def secrets(self):
        return sorted({*self.known, *self.texts()})


#: where a member of the organisation does meet its files: without them, a walk over empty pages would prove nothing
MET = {
    "projects:home",
    "projects:application_list",
    "projects:application_detail",
    "projects:document_download",
    "projects:application_content",
    "funding:agreement_list",
    "funding:agreement_detail",
    "funding:milestone_list",
    "reporting:project_list",
    "reporting:gain_list",
    "reporting:gain_detail",
    "api:application-list",
    "api:award-list",
    "api:agreement-list",
    "api:project-list",
    "api:gainreport-list",
}


@pytest.mark.parametrize("method", ["get", "post"])
def test_member_of_another_organisation_meets_nothing_of_the_file(method):
    world = make_world()
    hidden = Hidden(world)
    faults, asked = [], 0
    with short_refusals():
        walked = list(recusal.walk(member_of(world.neighbour), hidden, method))
    for _view, path, status, slips in walked:
        asked += 1
        if path.startswith("/organismes/"):  # the name of an organisation is public, in the register; its people and files are not
            slips = [slip for slip in slips if slip != OWNER]
        faults += [(path, status, slips)] if slips or status == 500 else []
    assert faults == []
    assert asked > 100


def test_member_of_the_organisation_meets_it_in_those_places():
    world = make_world()
    walked = recusal.walk(member_of(world.organisation), Hidden(world), "get", views=MET)
    assert MET - {view for view, _path, status, slips in walked if slips and status == 200} == set()


def test_lists_counts_and_searches_are_the_same_with_and_without_the_files_of_others():
    world = without_files()
    reader = Reader(member_of(world.neighbour))
    before = pages(reader, lists())
    fill(world)
    after = pages(reader, lists())
    assert [path for path, said in after.items() if said != before[path]] == []
    assert b"Patinoire" in before["/demandes/"][1]
    assert b"Patinoire" in before["/api/v1/applications/"][1]


def test_file_of_another_organisation_answers_as_one_that_does_not_exist():
    world = make_world()
    reader = Reader(member_of(world.neighbour))
    told = []
    for line in lines():
        if line.place not in SHARED_PLACES and line.answer("GET", "other") != 405:
            place = world.places[line.place]
            nowhere = {name: 10**6 if isinstance(value, int) else re.sub(r"\d", "0", value) for name, value in place.items()}
            there, gone = address(line.route, place), address(line.route, nowhere)
            if reader.get(there) != reader.get(gone):
                told.append(there)
    assert told == []


# ── Before the letter ────────────────────────────────────────────────────────────────────────────────────────────────
def about(world, application):
    """Every address that a number, an identity or nothing at all leads to, with those of the application."""
    place = {"pk": application.pk, "number": application.number, "slug": "organisme", "document": world.places["in_review"]["document"]}
    known = [route for route in sorted(routes()) if route not in ("set_language", "projects:application_pdf")]
    return [address(route, place) for route in known if parameters_of(route) and set(parameters_of(route)) <= set(place)]


def decide(application, stage, **award):
    """What deliberation writes on a file before the letter leaves."""
    Application.objects.filter(pk=application.pk).update(state=stage, score="88.00")
    if award:
        made, is_new = Award.objects.update_or_create(application=application, defaults=award)
        if is_new:
            AwardPart.objects.create(award=made, fiscal_year=2026, amount=made.amount)


def test_organisation_reads_the_same_pages_until_its_letter():
    """Whatever is scored, recommended, certified, approved or refused: not a byte of what it reads, nor the order of a list, says so."""
    world = make_world()
    file = world.files["in_review"]
    reader = Reader(member_of(world.organisation))
    paths = about(world, file)
    paths += lists("projects:home", "projects:application_list", "api:application-list", "api:award-list")
    before = pages(reader, paths)
    signed = {"reason": "Le mérite du projet", "recommended_by": UserFactory(), "recommended_at": NOW}
    yes = {**signed, "is_favourable": True, "amount": "98765.43"}
    certified = {**yes, "certified_by": UserFactory(), "certified_at": NOW}
    steps = {
        "reviewed": ("reviewed", {}),
        "recommended": ("recommended", {**yes, "state": "recommended"}),
        "certified": ("recommended", {**certified, "state": "certified"}),
        "approved": ("accepted", {**certified, "state": "approved", "decided_at": NOW}),
        "refused": (
            "refused",
            {**certified, "state": "refused", "decided_at": NOW, "refusal_reason": "Faible", "refused_by": UserFactory()},
        ),
    }
    for name, (stage, award) in steps.items():
        decide(file, stage, **award)
        after = pages(reader, paths)
        assert [(name, path) for path, said in after.items() if said != before[path]] == []
    letter = world.places["told"]
    assert reader.get(f"/demandes/{letter['number']}/decision/")[0] == 200
    assert reader.get(f"/demandes/{file.number}/decision/")[0] == 404
