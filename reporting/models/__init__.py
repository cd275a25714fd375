from reporting.models.gains import Gain, GainReport
from reporting.models.imports import ImportedCost
from reporting.models.objectives import ObjectiveResult
from reporting.models.snapshots import DiscountRate, Export, Run, Snapshot, SnapshotRow

__all__ = ["DiscountRate", "Export", "Gain", "GainReport", "ImportedCost", "ObjectiveResult", "Run", "Snapshot", "SnapshotRow"]
