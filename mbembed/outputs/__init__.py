"""Writers: embeddings in every format, the summary and the match table."""

from __future__ import annotations

from mbembed.outputs.writers import SUFFIXES, check_output, check_place, write_embedding

__all__ = ["SUFFIXES", "check_output", "check_place", "write_embedding"]
