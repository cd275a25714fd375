from reporting.models.gains import Gain, GainReport
from reporting.models.snapshots import DiscountRate, Export, Run, Snapshot, SnapshotRow

__all__ = ["DiscountRate", "Export", "Gain", "GainReport", "Run", "Snapshot", "SnapshotRow"]
