from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from reporting.views import (
    audit,
    control,
    costs,
    dashboards,
    exports,
    gains,
    objectives,
    operations,
    parameters,
    permissions,
    projects,
    renewals,
    reports,
    restatements,
    sensitivity,
    variances,
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
    path("gains/<str:number>/", gains.gain_detail, name="gain_detail"),
    path("gains/<str:number>/correction/", gains.GainCorrect.as_view(), name="gain_correct"),
    path("gains/<str:number>/cosignature/", gains.GainCosign.as_view(), name="gain_cosign"),
    path("gains/<str:number>/verification/", verification.GainVerify.as_view(), name="gain_verify"),
    path("gains/<str:number>/captation/", gains.GainCapture.as_view(), name="gain_capture"),
    path("gains/<str:number>/captation/correction/", restatements.CaptureCorrect.as_view(), name="capture_correct"),
    path("gains/<str:number>/redressement/", restatements.GainRestate.as_view(), name="gain_restate"),
    path("gains/<str:number>/redressement/cosignature/", restatements.RestatementCosign.as_view(), name="restatement_cosign"),
    # objectives of a call, variances, sensitivity
    path("projets/<str:project>/objectifs/", objectives.project_objectives, name="project_objectives"),
    path("projets/<str:project>/objectifs/resultats/", objectives.ResultsRecord.as_view(), name="results_record"),
    path("secretariat/appels/<str:reference>/objectifs/", objectives.call_objectives, name="call_objectives"),
    path("projets/<str:project>/ecarts/", variances.project_variances, name="project_variances"),
    path("projets/<str:project>/ecarts/<int:fiscal_year>/", variances.VarianceExplain.as_view(), name="variance_explain"),
    path("projets/<str:project>/sensibilite/", sensitivity.project_sensitivity, name="project_sensitivity"),
    path("projets/<str:project>/sensibilite/<str:form>/", sensitivity.project_sensitivity_file, name="project_sensitivity_file"),
    path("sensibilite/", sensitivity.fund_sensitivity, name="fund_sensitivity"),
    path("sensibilite/<str:form>/", sensitivity.fund_sensitivity_file, name="fund_sensitivity_file"),
    # renewals, and what the figures rest on
    path("projets/<str:project>/reconduction/", renewals.RenewalOpen.as_view(), name="renewal_open"),
    path("reconductions/", renewals.renewal_list, name="renewal_list"),
    path("reconductions/<str:renewal>/", renewals.renewal_detail, name="renewal_detail"),
    path("reconductions/<str:renewal>/analyse/", renewals.RenewalAnalyse.as_view(), name="renewal_analyse"),
    path("reconductions/<str:renewal>/recommandation/", renewals.RenewalRecommend.as_view(), name="renewal_recommend"),
    path("reconductions/<str:renewal>/decision/", renewals.RenewalDecide.as_view(), name="renewal_decide"),
    path("reconductions/<str:renewal>/retour/", renewals.RenewalReturn.as_view(), name="renewal_return"),
    path("reconductions/<str:renewal>/mise-en-oeuvre/", renewals.RenewalCarryOut.as_view(), name="renewal_carry_out"),
    path("parametres/", parameters.parameter_list, name="parameter_list"),
    path("parametres/<str:parameter>/decision/", parameters.ParameterDecide.as_view(), name="parameter_decide"),
    path("parametres/<str:kind>/proposition/", parameters.ParameterPropose.as_view(), name="parameter_propose"),
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
