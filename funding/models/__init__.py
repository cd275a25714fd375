from funding.models.advisers import Adviser
from funding.models.agreement_steps import AgreementStep
from funding.models.agreements import Agreement, AgreementPart, Instalment, Milestone, Signature
from funding.models.amendments import (
    Amendment,
    AmendmentForecast,
    AmendmentInstalment,
    AmendmentMilestone,
    AmendmentPart,
    AmendmentRule,
    AmendmentStep,
)
from funding.models.awards import Approval, Award, AwardPart
from funding.models.bank import BankDetail, PaymentRule
from funding.models.batches import BatchOrder, PaymentBatch, ReturnFile, ReturnLine
from funding.models.cash import CashBalance, CashEntry, CashRule, DrawAuthority, DrawAuthorityBalance
from funding.models.claims import Claim, ClaimLine
from funding.models.clauses import AgreementText, ClauseTemplate
from funding.models.costs import CostLine, CostMove, CostYear, SecretariatCost
from funding.models.credit_moves import CreditLine, CreditMove
from funding.models.envelopes import (
    AgreementBalance,
    Allotment,
    AwardYear,
    CallYear,
    Envelope,
    EnvelopeTotal,
    EnvelopeYear,
    Fund,
    InstalmentBalance,
    LedgerEntry,
)
from funding.models.follow_ups import AgreementRisk, FollowUpFact, FollowUpTerms
from funding.models.milestones import MilestoneChange, PaymentHold
from funding.models.outcomes import OutcomeBalance, OutcomeDeclaration, OutcomeSchedule
from funding.models.payments import Cofunding, Payment
from funding.models.prizes import Prize, PrizeAward
from funding.models.recoveries import Recovery, RecoveryBalance, RecoveryCredit, RecoveryPart, RecoveryReceipt, WriteOff
from funding.models.reviews import Eligibility, Review, Score
from funding.models.signed_copies import AgreementSeal, SignedCopy
from funding.models.terms import DelegationRule, PaymentTerms

__all__ = [
    "Adviser",
    "Agreement",
    "AgreementBalance",
    "AgreementPart",
    "AgreementRisk",
    "AgreementSeal",
    "AgreementStep",
    "AgreementText",
    "Allotment",
    "Amendment",
    "AmendmentForecast",
    "AmendmentInstalment",
    "AmendmentMilestone",
    "AmendmentPart",
    "AmendmentRule",
    "AmendmentStep",
    "Approval",
    "Award",
    "AwardPart",
    "AwardYear",
    "BankDetail",
    "BatchOrder",
    "CallYear",
    "CashBalance",
    "CashEntry",
    "CashRule",
    "Claim",
    "ClaimLine",
    "ClauseTemplate",
    "Cofunding",
    "CostLine",
    "CostMove",
    "CostYear",
    "CreditLine",
    "CreditMove",
    "DelegationRule",
    "DrawAuthority",
    "DrawAuthorityBalance",
    "Eligibility",
    "Envelope",
    "EnvelopeTotal",
    "EnvelopeYear",
    "FollowUpFact",
    "FollowUpTerms",
    "Fund",
    "Instalment",
    "InstalmentBalance",
    "LedgerEntry",
    "Milestone",
    "MilestoneChange",
    "OutcomeBalance",
    "OutcomeDeclaration",
    "OutcomeSchedule",
    "Payment",
    "PaymentBatch",
    "PaymentHold",
    "PaymentRule",
    "PaymentTerms",
    "Prize",
    "PrizeAward",
    "Recovery",
    "RecoveryBalance",
    "RecoveryCredit",
    "RecoveryPart",
    "RecoveryReceipt",
    "ReturnFile",
    "ReturnLine",
    "Review",
    "Score",
    "SecretariatCost",
    "Signature",
    "SignedCopy",
    "WriteOff",
]
