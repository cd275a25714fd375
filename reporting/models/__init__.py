from reporting.models.contests import LineContest
from reporting.models.follow_ups import FollowUpAttachment, FollowUpReminder, FollowUpReport, FollowUpSection, FollowUpVersion
from reporting.models.gains import Gain, GainReport
from reporting.models.imports import ImportedCost
from reporting.models.measures import GainMeasure, IndicatorMeasure
from reporting.models.objectives import ObjectiveResult
from reporting.models.overlaps import GainClaim, Overlap, OverlapResolution
from reporting.models.parameters import ParameterMove, PriceIndex, RenewalWeights
from reporting.models.portfolio_imports import PortfolioFile, PortfolioImport
from reporting.models.project_past import ProjectPast
from reporting.models.registers import FactBase, GainPart, GainSheet, ProjectFacts
from reporting.models.renewals import Renewal, RenewalStep
from reporting.models.samples import GainSample, GainSampleCheck, GainSampleItem
from reporting.models.sharing import GainShare, GainSharing, SharedCorrectionPart, SharedGain, SharedGainCorrection, SharedGainPart
from reporting.models.snapshots import DiscountRate, Export, Run, Snapshot, SnapshotRow
from reporting.models.variances import VarianceExplanation
from reporting.models.verification import GainRestatement, GainVerification

__all__ = [
    "DiscountRate",
    "Export",
    "FactBase",
    "FollowUpAttachment",
    "FollowUpReminder",
    "FollowUpReport",
    "FollowUpSection",
    "FollowUpVersion",
    "Gain",
    "GainClaim",
    "GainMeasure",
    "GainPart",
    "GainReport",
    "GainRestatement",
    "GainSample",
    "GainSampleCheck",
    "GainSampleItem",
    "GainShare",
    "GainSharing",
    "GainSheet",
    "GainVerification",
    "ImportedCost",
    "IndicatorMeasure",
    "LineContest",
    "ObjectiveResult",
    "Overlap",
    "OverlapResolution",
    "ParameterMove",
    "PortfolioFile",
    "PortfolioImport",
    "PriceIndex",
    "ProjectFacts",
    "ProjectPast",
    "Renewal",
    "RenewalStep",
    "RenewalWeights",
    "Run",
    "SharedCorrectionPart",
    "SharedGain",
    "SharedGainCorrection",
    "SharedGainPart",
    "Snapshot",
    "SnapshotRow",
    "VarianceExplanation",
]
