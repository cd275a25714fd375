from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from reporting.views import (
    audit,
    baselines,
    control,
    costs,
    dashboards,
    exports,
    follow_up_acts,
    follow_ups,
    gains,
    imports,
    operations,
    overlaps,
    permissions,
    projects,
    reports,
    restatements,
    returns,
    sharing,
    verification,
)

app_name = "reporting"
urlpatterns: list[URLPattern | URLResolver] = [
    # projects
    path("projets/", projects.project_list, name="project_list"),
    path("projets/<str:project>/", projects.project_detail, name="project_detail"),
    # gains
    path("projets/<str:project>/gains/<str:line>/declaration/", gains.GainCreate.as_view(), name="gain_create"),
    path("projets/<str:project>/gains/<str:line>/reference/", baselines.baseline_detail, name="baseline_detail"),
    path("projets/<str:project>/gains/<str:line>/reference/nouvelle/", baselines.BaselineAsk.as_view(), name="baseline_ask"),
    path("projets/<str:project>/gains/<str:line>/reference/decision/", baselines.BaselineDecide.as_view(), name="baseline_decide"),
    path("gains/", gains.gain_list, name="gain_list"),
    path("gains/verification/", verification.gain_desk, name="gain_desk"),
    path("gains/<str:number>/", gains.gain_detail, name="gain_detail"),
    path("gains/<str:number>/correction/", gains.GainCorrect.as_view(), name="gain_correct"),
    path("gains/<str:number>/cosignature/", gains.GainCosign.as_view(), name="gain_cosign"),
    path("gains/<str:number>/verification/", verification.GainVerify.as_view(), name="gain_verify"),
    path("gains/<str:number>/captation/", gains.GainCapture.as_view(), name="gain_capture"),
    path("gains/<str:number>/captation/correction/", restatements.CaptureCorrect.as_view(), name="capture_correct"),
    path("gains/<str:number>/redressement/", restatements.GainRestate.as_view(), name="gain_restate"),
    path("gains/<str:number>/redressement/cosignature/", restatements.RestatementCosign.as_view(), name="restatement_cosign"),
    # follow-up reports
    path("suivis/", follow_ups.follow_up_list, name="follow_up_list"),
    path("suivis/<str:number>/", follow_ups.follow_up_detail, name="follow_up_detail"),
    path("suivis/<str:number>/sections/<slug:slug>/", follow_ups.FollowUpSectionPage.as_view(), name="follow_up_section"),
    path("suivis/<str:number>/pieces/", follow_ups.FollowUpAttach.as_view(), name="follow_up_attach"),
    path("suivis/<str:number>/pieces/<int:document>/retrait/", follow_ups.FollowUpDetach.as_view(), name="follow_up_detach"),
    path("suivis/<str:number>/signature/", follow_up_acts.FollowUpSign.as_view(), name="follow_up_sign"),
    path("suivis/<str:number>/reprise/", follow_up_acts.FollowUpTakeBack.as_view(), name="follow_up_take_back"),
    path("suivis/<str:number>/cosignature/", follow_up_acts.FollowUpCosign.as_view(), name="follow_up_cosign"),
    path("suivis/<str:number>/verification/", follow_up_acts.FollowUpVerify.as_view(), name="follow_up_verify"),
    path("appels/<str:reference>/lecons/", follow_up_acts.call_lessons, name="call_lessons"),
    # returns: a project, an organisation, a call, the Fund
    path("projets/<str:project>/rendement/", returns.project_returns, name="project_returns"),
    path("organismes/<str:code>/rendement/", returns.organisation_returns, name="organisation_returns"),
    path("secretariat/appels/<str:reference>/rendement/", returns.call_returns, name="call_returns"),
    path("rendement/", returns.fund_returns, name="fund_returns"),
    path("rendement/par-exercice/", returns.period_returns, name="period_returns"),
    # gains that lines of several projects share
    path("partages/", sharing.sharing_list, name="sharing_list"),
    path("partages/nouveau/", sharing.SharingCreate.as_view(), name="sharing_create"),
    path("partages/<int:pk>/declaration/", sharing.SharedGainReport.as_view(), name="sharing_report"),
    # overlaps of gains
    path("chevauchements/", overlaps.overlap_list, name="overlap_list"),
    path("chevauchements/<int:pk>/", overlaps.overlap_detail, name="overlap_detail"),
    path("chevauchements/<int:pk>/decision/", overlaps.OverlapResolve.as_view(), name="overlap_resolve"),
    # dashboard and reports
    path("tableau-de-bord/", dashboards.dashboard, name="dashboard"),
    path("rapports/", reports.report_list, name="report_list"),
    path("rapports/calculs/", reports.RunCreate.as_view(), name="run_create"),
    path("rapports/calculs/<int:pk>/", reports.run_detail, name="run_detail"),
    path("rapports/exportations/<int:pk>/", exports.export_detail, name="export_detail"),
    path("rapports/exportations/<int:pk>/fichier/", exports.export_download, name="export_download"),
    path("rapports/<str:code>/", reports.report_detail, name="report_detail"),
    path("rapports/<str:code>/exporter/", exports.export_create, name="export_create"),
    path("rapports/<str:code>/<str:column>/", reports.report_cell, name="report_cell"),
    # the Secretariat's own costs, and the controller's page
    path("enveloppes/secretariat/", costs.cost_list, name="cost_list"),
    path("enveloppes/controle/", control.control, name="control"),
    # the health of the service
    path("exploitation/", operations.operations, name="operations"),
    # portfolios
    path("importations/", imports.import_list, name="import_list"),
    path("importations/nouvelle/", imports.ImportCreate.as_view(), name="import_create"),
    path("importations/<int:portfolio>/", imports.import_detail, name="import_detail"),
    path("importations/<int:portfolio>/problemes.csv", imports.import_problems, name="import_problems"),
    path("importations/<int:portfolio>/confirmer/", imports.ImportConfirm.as_view(), name="import_confirm"),
    path("importations/<int:portfolio>/examiner/", imports.ImportExamine.as_view(), name="import_examine"),
    path("importations/<int:portfolio>/annuler/", imports.ImportCancel.as_view(), name="import_cancel"),
    path("importations/<int:portfolio>/fichiers/<int:pk>/", imports.import_file, name="import_file"),
    # the journal
    path("journal/", audit.audit_list, name="audit_list"),
    path("journal/exporter/", audit.audit_export, name="audit_export"),
    path("journal/<int:pk>/", audit.audit_detail, name="audit_detail"),
    # the rules
    path("qui-peut-quoi/", permissions.permission_list, name="permission_list"),
    path("qui-peut-quoi/regles.csv", permissions.permission_export, name="permission_export"),
]
