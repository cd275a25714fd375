"""Every read of applications. `applications_for` is the only way one reaches a page, the API, an export or a message."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Case, CharField, Exists, F, OuterRef, Q, QuerySet, Value, When
from django.utils import timezone

from projects.enums import APPLICANT_ROLES, ApplicationState, DocumentKind, InterestAnswer, Role, SectionKind
from projects.models import (
    Application,
    ApplicationSection,
    ApplicationVersion,
    CallBudget,
    Document,
    InterestDeclaration,
    Membership,
    Organisation,
    Project,
    Recusal,
    User,
)
from projects.policies.rights import Rights, rights_of
from projects.policies.staff import READERS
from projects.queries.exceptional import opened_by_exception
from projects.sections import ATTACHABLE, SECTIONS, Facts, Progress, Section, SectionForm, section_form

#: fiscal years over which a project may be carried out, from the call's first one
PROJECT_YEARS = 5

REVIEWERS = (Role.REVIEWER, Role.COMMITTEE_MEMBER)

#: states that say what is being decided, and those that say what was
DELIBERATION = (ApplicationState.REVIEWED, ApplicationState.RECOMMENDED, ApplicationState.NOT_RECOMMENDED)
DECIDED = (ApplicationState.ACCEPTED, ApplicationState.REFUSED)


def not_recused(person: Any, path: str = "pk") -> Q:
    """Rows whose application (at `path`) is not hidden from this person by a recusal."""
    return ~Q(Exists(Recusal.objects.filter(person=person, application_id=OuterRef(path))))


def declared_no_interest(person: Any, path: str = "pk") -> Q:
    """Rows on whose application (at `path`) this person's last declaration is: no interest."""
    declared = InterestDeclaration.objects.filter(person=person, application_id=OuterRef(path))
    later = InterestDeclaration.objects.filter(person=OuterRef("person"), application=OuterRef("application"), pk__gt=OuterRef("pk"))
    return Q(Exists(declared.filter(~Exists(later), answer=InterestAnswer.NONE)))


def applications_for(person: Any, now: datetime) -> QuerySet[Application]:
    """The applications that this person may see on the day of `now`.

    Applicants see their organisations' files, drafts included; staff and auditors see submitted files; reviewers see the files
    on which they declared no interest; a technical administrator sees what an exceptional access opens, while it lasts. A recusal
    hides a file from anyone.
    """
    rights = rights_of(person, now)
    if not rights.roles:
        return Application.objects.none()
    submitted = ~Q(state=ApplicationState.DRAFT)
    seen = of_applicant(rights, *APPLICANT_ROLES)
    if rights.has_somewhere(*READERS):
        seen |= submitted & of_calls(rights, *READERS)
    if rights.has_somewhere(*REVIEWERS):
        seen |= submitted & of_calls(rights, *REVIEWERS) & declared_no_interest(person)
    if (opened := opened_by_exception(person, now)) is not None:
        seen |= opened
    return Application.objects.filter(seen, not_recused(person))


def of_calls(rights: Rights, *roles: Role, path: str = "call") -> Q:
    """Rows (whose call is at `path`) on which one of these roles counts: all of them, or those of the calls that it is limited to."""
    return Q() if rights.has(*roles) else Q(**{f"{path}__in": rights.calls(*roles)})


def of_applicant(rights: Rights, *roles: Role, organisation: str = "organisation", call: str = "call") -> Q:
    """Rows of the organisations in which one of these roles is held, and there of the calls that it is limited to."""
    seen = Q(**{f"{organisation}__in": rights.organisations(*roles)})
    for where, limit in sorted(rights.pairs(*roles)):
        seen |= Q(**{organisation: where, call: limit})
    return seen


def read_as_staff(person: Any, now: datetime) -> Q:
    """Applications that this person reads for the Fund, deliberation included, and not merely as a member of the organisation."""
    return of_calls(rights_of(person, now), *READERS)


def projects_for(person: Any, now: datetime) -> QuerySet[Project]:
    """The projects that this person may see: their organisations', or all for staff and auditors; none behind a recusal.

    A technical administrator sees the projects of the files that an exceptional access opens.
    """
    rights = rights_of(person, now)
    seen = Q()
    if not rights.has(*READERS):
        seen = of_calls(rights, *READERS) | of_applicant(rights, *APPLICANT_ROLES)
        if (opened := opened_by_exception(person, now, "application")) is not None:
            seen |= opened
    return Project.objects.filter(seen, not_recused(person, "application_id"))


def documents_for(person: Any, now: datetime) -> QuerySet[Document]:
    """The documents of the applications and projects that this person may see."""
    return Document.objects.filter(
        Q(application__in=applications_for(person, now)) | Q(project__in=projects_for(person, now)), removed_at__isnull=True
    ).filter(not_recused(person, "application_id"), not_recused(person, "project__application_id"))


# ── An organisation's own applications ───────────────────────────────────────────────────────────────────────────────
def own_applications_for(person: Any, now: datetime) -> QuerySet[Application]:
    """The applications of the organisations in which this person holds an applicant's role, drafts included.

    `stage` is the state as the organisation may know it: deliberation is « in review », and a decision is known by its letter.
    """
    own = of_applicant(rights_of(person, now), *APPLICANT_ROLES)
    return applications_for(person, now).filter(own).annotate(stage=STAGE)


_LETTER = Exists(Document.objects.filter(application=OuterRef("pk"), kind=DocumentKind.LETTER))
#: the state of an application as its organisation may know it
STAGE = Case(
    When(state__in=DELIBERATION, then=Value(ApplicationState.IN_REVIEW)),
    When(~Q(_LETTER), state__in=DECIDED, then=Value(ApplicationState.IN_REVIEW)),
    default=F("state"),
    output_field=CharField(),
)


def own_organisations_for(person: Any, now: datetime, call_id: int) -> QuerySet[Organisation]:
    """The organisations in force in whose name this person may apply to a call, by name."""
    rights = rights_of(person, now)
    limited = {organisation for organisation, call in rights.pairs(*APPLICANT_ROLES) if call == call_id}
    own = rights.organisations(*APPLICANT_ROLES) | limited
    return Organisation.objects.in_force(timezone.localdate(now)).filter(pk__in=own).order_by("sort_key", "pk")


def attachments_of(application: Application) -> QuerySet[Document]:
    """The files that the applicant attached and did not remove, in order of arrival."""
    kept = Document.objects.filter(application=application, kind__in=ATTACHABLE, removed_at__isnull=True)
    return kept.select_related("uploaded_by").order_by("uploaded_at", "pk")


def facts_of(application: Application) -> Facts:
    """What the sections of an application are validated against. Two queries, with `call__terms` selected."""
    held = tuple(CallBudget.objects.filter(call=application.call_id).order_by("fiscal_year").values_list("fiscal_year", flat=True))
    years = tuple(range(held[0], held[0] + PROJECT_YEARS))
    return Facts(terms=application.call.terms, fund_years=held, years=years, documents=list(attachments_of(application)))


@dataclass(frozen=True, slots=True)
class SectionStatus:
    """One section of one application: what it is, what was kept, its form, and where it stands."""

    section: Section
    saved: ApplicationSection
    form: SectionForm
    progress: Progress


def sections_of(application: Application, facts: Facts) -> list[SectionStatus]:
    """Every section in order, validated. The declaration opens when all the others are complete."""
    rows = ApplicationSection.objects.filter(application=application).select_related("saved_by").order_by("pk")
    kept = {row.kind: row for row in rows}
    found: list[SectionStatus] = []
    for section in SECTIONS:
        saved = kept.get(section.kind) or ApplicationSection(application=application, kind=section.kind)
        form = section_form(section.kind, saved.data, facts)
        has_files = section.kind == SectionKind.DOCUMENTS and bool(facts.documents)
        progress = form.progress(started=bool(saved.version) or has_files)
        if section.kind == SectionKind.DECLARATION and any(other.progress != Progress.COMPLETE for other in found):
            progress = Progress.UPCOMING
        found.append(SectionStatus(section, saved, form, progress))
    return found


def signatories_of(application: Application, now: datetime) -> QuerySet[User]:
    """Who may submit an application today, by name."""
    in_force = Membership.objects.on(timezone.localdate(now)).for_call(application.call_id)
    holding = in_force.filter(organisation=application.organisation_id, role=Role.SIGNATORY)
    return User.objects.filter(is_active=True, pk__in=holding.values("person")).order_by("name", "pk")


def colleagues_of(application: Application, now: datetime) -> QuerySet[User]:
    """Who may answer for an application: the members of its organisation whose role counts on it today, by name."""
    return members_to_tell(application, now).order_by("name", "pk")


def drafts_of(person: User, organisation: Organisation) -> QuerySet[Application]:
    """The drafts of an organisation for which a person answers, the last changed first."""
    drafts = Application.objects.filter(responsible=person, organisation=organisation, state=ApplicationState.DRAFT)
    return drafts.select_related("call").order_by("-changed_at", "pk")


def members_to_tell(file: Application | Project, now: datetime) -> QuerySet[User]:
    """The people of an organisation who are told what happens to one of its files."""
    in_force = Membership.objects.on(timezone.localdate(now)).for_call(file.call_id)
    holding = in_force.filter(organisation=file.organisation_id, role__in=APPLICANT_ROLES)
    return User.objects.filter(is_active=True, pk__in=holding.values("person")).order_by("pk")


def submitted_version(application: Application) -> ApplicationVersion:
    """The version that was submitted, the latest one. Raises ApplicationVersion.DoesNotExist for a draft."""
    return ApplicationVersion.objects.filter(application=application).latest("number")
