from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from reporting.views import (
    audit,
    control,
    costs,
    dashboards,
    exports,
    gains,
    operations,
    permissions,
    projects,
    reports,
    restatements,
    samples,
    verification,
)

app_name = "reporting"
urlpatterns: list[URLPattern | URLResolver] = [
    # projects
    path("projets/", projects.project_list, name="project_list"),
    path("projets/<str:project>/", projects.project_detail, name="project_detail"),
    # gains
    path("projets/<str:project>/gains/<str:line>/declaration/", gains.GainCreate.as_view(), name="gain_create"),
    path("gains/", gains.gain_list, name="gain_list"),
    path("gains/verification/", verification.gain_desk, name="gain_desk"),
    path("gains/echantillons/", samples.sample_list, name="sample_list"),
    path("gains/echantillons/tirage/", samples.SampleDraw.as_view(), name="sample_draw"),
    path("gains/echantillons/<str:sample>/", samples.sample_detail, name="sample_detail"),
    path("gains/echantillons/<str:sample>/liste.csv", samples.sample_export, name="sample_export"),
    path("gains/echantillons/<str:sample>/<int:position>/constat/", samples.SampleItem.as_view(), name="sample_item"),
    path("gains/<str:number>/", gains.gain_detail, name="gain_detail"),
    path("gains/<str:number>/correction/", gains.GainCorrect.as_view(), name="gain_correct"),
    path("gains/<str:number>/cosignature/", gains.GainCosign.as_view(), name="gain_cosign"),
    path("gains/<str:number>/verification/", verification.GainVerify.as_view(), name="gain_verify"),
    path("gains/<str:number>/captation/", gains.GainCapture.as_view(), name="gain_capture"),
    path("gains/<str:number>/captation/correction/", restatements.CaptureCorrect.as_view(), name="capture_correct"),
    path("gains/<str:number>/redressement/", restatements.GainRestate.as_view(), name="gain_restate"),
    path("gains/<str:number>/redressement/cosignature/", restatements.RestatementCosign.as_view(), name="restatement_cosign"),
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
    # the journal
    path("journal/", audit.audit_list, name="audit_list"),
    path("journal/exporter/", audit.audit_export, name="audit_export"),
    path("journal/<int:pk>/", audit.audit_detail, name="audit_detail"),
    # the rules
    path("qui-peut-quoi/", permissions.permission_list, name="permission_list"),
    path("qui-peut-quoi/regles.csv", permissions.permission_export, name="permission_export"),
]
