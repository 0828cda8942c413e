"""Whether a sample is like those that the model was trained on, and if not, why."""

from __future__ import annotations

from mbembed.in_range.judgement import out_of_distribution

__all__ = ["out_of_distribution"]
