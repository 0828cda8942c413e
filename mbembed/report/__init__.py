"""The report: an embedding to look at, as one page, and the ordinations under it."""

from __future__ import annotations

from mbembed.report.document import make_report, write_report
from mbembed.report.ordinations import Ordination, ordination

__all__ = ["Ordination", "make_report", "ordination", "write_report"]
