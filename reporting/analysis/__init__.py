"""The reports computed from whole tables at once: the only package that imports pandas.

Money is int64 cents and never a binary float; every sum is exact, every ratio is made in `reporting.rules` from exact integers
and rounded once. Each report takes frames, an effective day and a knowledge instant, and gives a DataFrame; `records` writes
its cells as text, the same on a page and in every file.
"""

from reporting.analysis.envelopes import ENVELOPE_COLUMNS, envelope_rows
from reporting.analysis.frames import COLUMNS, Frames, frame, records
from reporting.analysis.gain_rows import gain_rows
from reporting.analysis.gains import GAIN_COLUMNS, YEAR_COLUMNS, gains_by_year, gains_rows
from reporting.analysis.renewal import RENEWAL_COLUMNS, renewal_rows
from reporting.analysis.roi import GROUPS, PROJECT_COLUMNS, grouped_columns, roi_grouped, roi_projects
from reporting.analysis.variances import VARIANCE_COLUMNS, variance_rows

__all__ = [
    "COLUMNS",
    "ENVELOPE_COLUMNS",
    "GAIN_COLUMNS",
    "GROUPS",
    "PROJECT_COLUMNS",
    "RENEWAL_COLUMNS",
    "VARIANCE_COLUMNS",
    "YEAR_COLUMNS",
    "Frames",
    "envelope_rows",
    "frame",
    "gain_rows",
    "gains_by_year",
    "gains_rows",
    "grouped_columns",
    "records",
    "renewal_rows",
    "roi_grouped",
    "roi_projects",
    "variance_rows",
]
