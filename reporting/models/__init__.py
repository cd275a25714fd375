from reporting.models.contests import LineContest
from reporting.models.gains import Gain, GainReport
from reporting.models.imports import ImportedCost
from reporting.models.objectives import ObjectiveResult
from reporting.models.parameters import ParameterMove, PriceIndex, RenewalWeights
from reporting.models.renewals import Renewal, RenewalStep
from reporting.models.samples import GainSample, GainSampleCheck, GainSampleItem
from reporting.models.snapshots import DiscountRate, Export, Run, Snapshot, SnapshotRow
from reporting.models.variances import VarianceExplanation
from reporting.models.verification import GainRestatement, GainVerification

__all__ = [
    "DiscountRate",
    "Export",
    "Gain",
    "GainReport",
    "GainRestatement",
    "GainSample",
    "GainSampleCheck",
    "GainSampleItem",
    "GainVerification",
    "ImportedCost",
    "LineContest",
    "ObjectiveResult",
    "ParameterMove",
    "PriceIndex",
    "Renewal",
    "RenewalStep",
    "RenewalWeights",
    "Run",
    "Snapshot",
    "SnapshotRow",
    "VarianceExplanation",
]
