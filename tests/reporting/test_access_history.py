"""The report `access` as known before a change: the database's own history dates each version, so the test commits."""

from datetime import timedelta

from django.utils import timezone

from projects.enums import Role
from projects.models import User
from projects.services.people import end_membership
from reporting.queries.access import access_rows
from tests.factories import MembershipFactory, OrganisationFactory, person_with


def test_past_knowledge_gives_the_rows_of_then(committed_db):
    town = OrganisationFactory()
    signatory, member = person_with(Role.SIGNATORY, organisation=town), MembershipFactory(organisation=town)
    known = timezone.now()
    day = timezone.localdate(known)
    before = list(access_rows(effective=day, known=known))
    end_membership(membership_id=member.pk, actor=signatory, now=timezone.now())
    ended = [row["role"] for row in access_rows(effective=day, known=timezone.now()) if row["user"] == str(member.person_id)]
    User.objects.filter(pk=member.person_id).update(name="Autre nom", is_active=False)
    assert list(access_rows(effective=day, known=known)) == before
    assert {row["role"] for row in before if row["user"] == str(member.person_id)} == {Role.WRITER}
    assert ended == [""]
    after = timezone.now() + timedelta(seconds=1)
    assert [row for row in access_rows(effective=day, known=after) if row["user"] == str(member.person_id)] == []
