"""The match: which taxon of a profile feeds which species of a model, and what is left over."""

from __future__ import annotations

from mbembed.match.matching import match_profile, require_match
from mbembed.match.profile_match import Match

__all__ = ["Match", "match_profile", "require_match"]
