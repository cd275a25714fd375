"""A refused attachment leaves nothing behind, not even its bytes."""

import pytest
from django.core.files.storage import default_storage

from fondsinnovation.kit.errors import NotAllowed, WrongState
from projects.enums import ApplicationState, DocumentKind, Role
from projects.models import Document
from projects.services.attachments import attach_document
from projects.services.documents import store_upload
from tests.factories import NOW, ApplicationFactory, DraftApplicationFactory, person_with, upload

pytestmark = pytest.mark.django_db
CONTENT = b"%PDF-1.7 refuse"


@pytest.fixture(autouse=True)
def storage(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


def files(folder):
    return [path.name for path in folder.rglob("*") if path.is_file()]


def attach(application, actor):
    return attach_document(application_id=application.pk, kind=DocumentKind.RESOLUTION, file=upload(content=CONTENT), actor=actor, now=NOW)


def test_refused_attachment_leaves_no_file(storage):
    submitted = ApplicationFactory(state=ApplicationState.SUBMITTED)
    with pytest.raises(NotAllowed):
        attach(submitted, person_with(Role.WRITER))
    with pytest.raises(WrongState):
        attach(submitted, person_with(Role.WRITER, organisation=submitted.organisation))
    assert (files(storage), Document.objects.filter(sha256__gt="").count()) == ([], 0)


def test_refused_attachment_leaves_the_same_bytes_that_another_file_keeps(storage):
    draft = DraftApplicationFactory()
    writer = person_with(Role.WRITER, organisation=draft.organisation)
    kept = attach(draft, writer)
    with pytest.raises(NotAllowed):
        attach(draft, person_with(Role.WRITER))
    with default_storage.open(kept.path.name) as file:
        assert file.read() == CONTENT
    other = store_upload(upload(content=CONTENT), kind=DocumentKind.RESOLUTION, actor=writer, now=NOW, application=draft)
    assert (other.path.name, len(files(storage))) == (kept.path.name, 1)
