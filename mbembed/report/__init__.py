"""The report: an embedding to look at, as one page, and what is measured for it."""

from __future__ import annotations

from mbembed.report.document import make_report, write_report
from mbembed.report.ordinations import ordination
from mbembed.report.permutation_test import permanova

__all__ = ["make_report", "ordination", "permanova", "write_report"]
