from __future__ import annotations

from django.urls import URLPattern, URLResolver, path
from django.views.generic import TemplateView

from projects.views import (
    account,
    applications,
    calls,
    delegations,
    documents,
    exceptional,
    incidents,
    invitations,
    organisations,
    people,
    privacy,
    sections,
    staff,
    submissions,
    tokens,
    transfers,
)

app_name = "projects"
urlpatterns: list[URLPattern | URLResolver] = [
    # calls
    path("", calls.home, name="home"),
    path("appels/", calls.call_list, name="call_list"),
    path("appels/<str:reference>/", calls.call_detail, name="call_detail"),
    path("secretariat/appels/", calls.staff_call_list, name="staff_call_list"),
    # people and organisations
    path("espace/", people.workspace, name="workspace"),
    path("organismes/", organisations.organisation_list, name="organisation_list"),
    path("organismes/exporter/", organisations.organisation_export, name="organisation_export"),
    path("organismes/nouveau/", organisations.OrganisationCreate.as_view(), name="organisation_create"),
    path("organismes/<str:code>/", people.organisation_detail, name="organisation_detail"),
    path("organismes/<str:code>/nom/", organisations.OrganisationRename.as_view(), name="organisation_rename"),
    path("organismes/<str:code>/correction/", organisations.OrganisationCorrect.as_view(), name="organisation_correct"),
    path("organismes/<str:code>/fusion/", organisations.OrganisationMerge.as_view(), name="organisation_merge"),
    path("organismes/<str:code>/abolition/", organisations.OrganisationAbolish.as_view(), name="organisation_abolish"),
    path("organismes/<str:code>/roles/", people.MembershipCreate.as_view(), name="membership_create"),
    path("organismes/<str:code>/invitations/", invitations.InvitationCreate.as_view(), name="invitation_create"),
    path("invitations/<int:pk>/renvoi/", invitations.InvitationResend.as_view(), name="invitation_resend"),
    path("invitations/<int:pk>/retrait/", invitations.InvitationRevoke.as_view(), name="invitation_revoke"),
    path("invitations/<str:code>/<str:token>/", invitations.InvitationAccept.as_view(), name="invitation_accept"),
    path("roles/<int:pk>/dates/", people.MembershipEdit.as_view(), name="membership_edit"),
    path("roles/<int:pk>/delegation/", delegations.DelegationCreate.as_view(), name="delegation_create"),
    path("delegations/", delegations.delegation_list, name="delegation_list"),
    path("delegations/<int:pk>/approbation/", delegations.DelegationApprove.as_view(), name="delegation_approve"),
    path("delegations/<int:pk>/refus/", delegations.DelegationRefuse.as_view(), name="delegation_refuse"),
    path("delegations/<int:pk>/retrait/", delegations.DelegationEnd.as_view(), name="delegation_end"),
    path("roles/<int:pk>/fin/", people.MembershipEnd.as_view(), name="membership_end"),
    # the Secretariat's queue (the page of one file is funding's, which knows its reviews)
    path("secretariat/demandes/", staff.application_list, name="staff_application_list"),
    path("secretariat/demandes/exporter/", staff.application_export, name="staff_application_export"),
    # an organisation's applications
    path("demandes/", applications.application_list, name="application_list"),
    path("demandes/nouvelle/<str:reference>/", applications.ApplicationStart.as_view(), name="application_start"),
    path("demandes/<int:pk>/", applications.application_detail, name="application_detail"),
    path("demandes/<int:pk>/sections/<slug:slug>/", sections.SectionPage.as_view(), name="section_detail"),
    path("demandes/<int:pk>/documents/", sections.DocumentAttach.as_view(), name="document_attach"),
    path("demandes/<int:pk>/documents/<int:document>/retrait/", sections.DocumentRemove.as_view(), name="document_remove"),
    path("demandes/<int:pk>/verification/", submissions.ApplicationCheck.as_view(), name="application_check"),
    path("demandes/<int:pk>/transfert/", transfers.ApplicationTransfer.as_view(), name="application_transfer"),
    path("demandes/<int:pk>/version.json", submissions.application_content, name="application_content"),
    path("demandes/<int:pk>/copie.pdf", submissions.application_pdf, name="application_pdf"),
    path("documents/<int:pk>/", documents.document_download, name="document_download"),
    # one's own account
    path("compte/", account.account, name="account"),
    path("compte/sessions/", account.session_list, name="session_list"),
    path("compte/sessions/autres/", account.SessionEndOthers.as_view(), name="session_end_others"),
    path("compte/sessions/duree/", account.session_state, name="session_state"),
    path("compte/sessions/<int:pk>/fin/", account.SessionEnd.as_view(), name="session_end"),
    # tokens for programs
    path("compte/jetons/", tokens.token_list, name="token_list"),
    path("compte/jetons/nouveau/", tokens.TokenCreate.as_view(), name="token_create"),
    path("compte/jetons/<int:pk>/revocation/", tokens.TokenRevoke.as_view(), name="token_revoke"),
    # one's own data
    path("compte/mes-renseignements/", privacy.own_data, name="own_data"),
    path("compte/mes-renseignements/fichier/", privacy.own_data_export, name="own_data_export"),
    path("compte/mes-renseignements/nom/", privacy.NameCorrect.as_view(), name="own_name"),
    path("compte/mes-renseignements/courriel/", privacy.EmailRequest.as_view(), name="own_email"),
    path("compte/courriel/<str:key>/", privacy.EmailConfirm.as_view(), name="email_confirm"),
    # exceptional access
    path("exploitation/acces/", exceptional.access_list, name="exceptional_access_list"),
    path("exploitation/acces/demande/", exceptional.AccessRequest.as_view(), name="exceptional_access_request"),
    path("exploitation/acces/<int:pk>/", exceptional.access_detail, name="exceptional_access_detail"),
    path("exploitation/acces/<int:pk>/decision/", exceptional.AccessDecide.as_view(), name="exceptional_access_decide"),
    path("exploitation/acces/<int:pk>/fin/", exceptional.access_end, name="exceptional_access_end"),
    # the register of confidentiality incidents
    path("incidents/", incidents.incident_list, name="incident_list"),
    path("incidents/nouveau/", incidents.IncidentCreate.as_view(), name="incident_create"),
    path("incidents/exporter/", incidents.incident_export, name="incident_export"),
    path("incidents/<str:number>/", incidents.incident_detail, name="incident_detail"),
    path("incidents/<str:number>/modification/", incidents.IncidentEdit.as_view(), name="incident_edit"),
    path("incidents/<str:number>/cloture/", incidents.IncidentClose.as_view(), name="incident_close"),
    # about the portal
    path("accessibilite/", TemplateView.as_view(template_name="projects/about_accessibility.html"), name="accessibility"),
    path("confidentialite/", TemplateView.as_view(template_name="projects/about_privacy.html"), name="privacy"),
    path("nous-joindre/", TemplateView.as_view(template_name="projects/about_contact.html"), name="contact"),
]
