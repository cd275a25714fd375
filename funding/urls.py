from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from funding.views import (
    advisers,
    agreements,
    applications,
    awards,
    calls,
    claims,
    eligibility,
    envelopes,
    interests,
    letters,
    milestones,
    payments,
    reviews,
)

app_name = "funding"
urlpatterns: list[URLPattern | URLResolver] = [
    # calls (their list and public pages are projects')
    path("secretariat/appels/nouveau/", calls.CallCreate.as_view(), name="call_create"),
    path("secretariat/appels/<str:reference>/", calls.call_detail, name="call_detail"),
    path("secretariat/appels/<str:reference>/modification/", calls.CallEdit.as_view(), name="call_edit"),
    path("secretariat/appels/<str:reference>/soumission/", calls.CallSubmit.as_view(), name="call_submit"),
    path("secretariat/appels/<str:reference>/approbation/", calls.CallApprove.as_view(), name="call_approve"),
    path("secretariat/appels/<str:reference>/retour/", calls.CallReturn.as_view(), name="call_return"),
    # the Secretariat's page of an application, eligibility and interests
    path("secretariat/demandes/<str:number>/", applications.application_detail, name="application_detail"),
    path("secretariat/demandes/<str:number>/recevabilite/", eligibility.EligibilityDecide.as_view(), name="eligibility_decide"),
    path("secretariat/demandes/<str:number>/recevabilite/confirmer/", eligibility.EligibilityConfirm.as_view(), name="eligibility_confirm"),
    path("secretariat/demandes/<str:number>/evaluations/", reviews.ReviewAssign.as_view(), name="review_assign"),
    path("secretariat/demandes/<str:number>/interets/", interests.StaffDeclare.as_view(), name="interest_declare"),
    path("secretariat/demandes/<str:number>/accompagnement/", advisers.AdviserAssign.as_view(), name="adviser_assign"),
    path("secretariat/interets/<int:pk>/", interests.InterestDecide.as_view(), name="interest_decide"),
    # reviews
    path("evaluations/", reviews.review_list, name="review_list"),
    path("evaluations/<int:pk>/", reviews.ReviewEdit.as_view(), name="review_edit"),
    path("evaluations/<int:pk>/interets/", interests.ReviewDeclare.as_view(), name="review_declare"),
    path("evaluations/<int:pk>/remettre/", reviews.ReviewSubmit.as_view(), name="review_submit"),
    # recommendation and decision
    path("decisions/", awards.award_list, name="award_list"),
    path("secretariat/appels/<str:reference>/classement/", awards.award_ranking, name="award_ranking"),
    path("secretariat/demandes/<str:number>/recommandation/", awards.AwardRecommend.as_view(), name="award_recommend"),
    path("decisions/<str:number>/", awards.award_detail, name="award_detail"),
    path("decisions/<str:number>/certification/", awards.AwardCertify.as_view(), name="award_certify"),
    path("decisions/<str:number>/approbation/", awards.AwardApprove.as_view(), name="award_approve"),
    path("decisions/<str:number>/refus/", awards.AwardRefuse.as_view(), name="award_refuse"),
    path("decisions/<str:number>/retour/", awards.AwardReturn.as_view(), name="award_return"),
    path("decisions/<str:number>/lettre/", letters.LetterIssue.as_view(), name="letter_issue"),
    path("decisions/<str:number>/convention/", agreements.AgreementDraft.as_view(), name="agreement_draft"),
    path("demandes/<str:number>/decision/", awards.award_decision, name="award_decision"),
    # agreements
    path("conventions/", agreements.agreement_list, name="agreement_list"),
    path("conventions/<str:number>/", agreements.agreement_detail, name="agreement_detail"),
    path("conventions/<str:number>/signature/", agreements.AgreementSign.as_view(), name="agreement_sign"),
    path("conventions/<str:number>/signature-ministre/", agreements.AgreementSignMinister.as_view(), name="agreement_sign_minister"),
    # milestones and payments
    path("paiements/", payments.payment_list, name="payment_list"),
    path("paiements/<str:payment>/", payments.payment_detail, name="payment_detail"),
    path("paiements/<str:payment>/certification/", payments.PaymentCertify.as_view(), name="payment_certify"),
    path("paiements/<str:payment>/autorisation/", payments.PaymentAuthorise.as_view(), name="payment_authorise"),
    path("paiements/<str:payment>/confirmation/", payments.PaymentConfirm.as_view(), name="payment_confirm"),
    path("paiements/<str:payment>/rejet/", payments.PaymentReject.as_view(), name="payment_reject"),
    path("versements/<int:instalment>/demande/", payments.PaymentRequest.as_view(), name="payment_request"),
    path("versements/<int:instalment>/reclamation/", claims.ClaimEdit.as_view(), name="claim_edit"),
    path("reclamations/", claims.claim_list, name="claim_list"),
    path("reclamations/<str:claim>/", claims.claim_detail, name="claim_detail"),
    path("reclamations/<str:claim>/depot/", claims.ClaimSubmit.as_view(), name="claim_submit"),
    path("reclamations/<str:claim>/verification/", claims.ClaimExamine.as_view(), name="claim_examine"),
    path("reclamations/<str:claim>/decision/", claims.ClaimDecide.as_view(), name="claim_decide"),
    path("jalons/", payments.milestone_list, name="milestone_list"),
    path("jalons/<int:milestone>/", payments.milestone_detail, name="milestone_detail"),
    path("jalons/<int:milestone>/declaration/", payments.MilestoneReport.as_view(), name="milestone_report"),
    path("jalons/<int:milestone>/verification/", payments.MilestoneVerify.as_view(), name="milestone_verify"),
    path("jalons/<int:milestone>/refus/", payments.MilestoneRefuse.as_view(), name="milestone_refuse"),
    path("jalons/<int:milestone>/acceptation-partielle/", milestones.MilestoneAcceptPartly.as_view(), name="milestone_accept_partly"),
    path("jalons/<int:milestone>/report/", milestones.MilestonePostpone.as_view(), name="milestone_postpone"),
    path("jalons/<int:milestone>/annulation/", milestones.MilestoneCancel.as_view(), name="milestone_cancel"),
    path("conventions/<str:number>/retenue-des-paiements/", milestones.HoldPlace.as_view(), name="hold_place"),
    path("conventions/<str:number>/retenue-des-paiements/levee/", milestones.HoldLift.as_view(), name="hold_lift"),
    path("projets/<str:project>/cofinancement/", payments.CofundingCreate.as_view(), name="cofunding_create"),
    # envelopes
    path("enveloppes/", envelopes.envelope_list, name="envelope_list"),
    path("enveloppes/registre/", envelopes.ledger_list, name="ledger_list"),
]
