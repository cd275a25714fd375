from reporting.models.contests import LineContest
from reporting.models.gains import Gain, GainReport
from reporting.models.imports import ImportedCost
from reporting.models.objectives import ObjectiveResult
from reporting.models.parameters import ParameterMove, PriceIndex, RenewalWeights
from reporting.models.registers import FactBase, GainPart, GainSheet, ProjectFacts
from reporting.models.renewals import Renewal, RenewalStep
from reporting.models.snapshots import DiscountRate, Export, Run, Snapshot, SnapshotRow
from reporting.models.variances import VarianceExplanation

__all__ = [
    "DiscountRate",
    "Export",
    "FactBase",
    "Gain",
    "GainPart",
    "GainReport",
    "GainSheet",
    "ImportedCost",
    "LineContest",
    "ObjectiveResult",
    "ParameterMove",
    "PriceIndex",
    "ProjectFacts",
    "Renewal",
    "RenewalStep",
    "RenewalWeights",
    "Run",
    "Snapshot",
    "SnapshotRow",
    "VarianceExplanation",
]
