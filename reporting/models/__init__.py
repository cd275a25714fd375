from reporting.models.contests import LineContest
from reporting.models.gains import Gain, GainReport
from reporting.models.imports import ImportedCost
from reporting.models.overlaps import GainClaim, Overlap, OverlapResolution
from reporting.models.snapshots import DiscountRate, Export, Run, Snapshot, SnapshotRow

__all__ = [
    "DiscountRate",
    "Export",
    "Gain",
    "GainClaim",
    "GainReport",
    "ImportedCost",
    "LineContest",
    "Overlap",
    "OverlapResolution",
    "Run",
    "Snapshot",
    "SnapshotRow",
]
