"""The sections of the report on an embedding, one module each: what each says, as data for its template."""

from __future__ import annotations

from mbembed.report.sections.section import Section

__all__ = ["Section"]
