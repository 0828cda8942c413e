"""What the user is warned of, by the match of a table to a model."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mbembed.options import WARN_COVERAGE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mbembed.match.profile_match import Match

__all__ = ["match_warnings", "naming_warnings"]

#: How many samples or taxa a message names.
SHOWN = 5


def match_warnings(match: Match, left_out: Mapping[str, str], on_empty: str) -> list[str]:
    """Say what is weak about a match.

    Parameters
    ----------
    match : Match
    left_out : mapping of str to str
        Samples in which nothing or too little matches, and why.
    on_empty : {"drop", "nan", "floor"}
        What became of them.

    Returns
    -------
    list of str
        Sentences for the user.
    """
    warnings = []
    if match.verdict == "low coverage":
        names = ", ".join(f"{name} ({share:.1%}, {reason})" for name, share, reason in match.leftovers(SHOWN))
        warnings.append(
            f"only {match.median_coverage:.0%} of the abundance of the median sample matches the model "
            f"{match.model.name!r} (below {WARN_COVERAGE:.0%} vectors are unreliable); "
            f"the most abundant taxa without a match: {names}"
        )
    elif poor := [i for i in match.poor_samples if match.profile.sample_ids[i] not in left_out]:
        some = ", ".join(f"{match.profile.sample_ids[i]} ({match.coverage[i]:.0%})" for i in poor[:SHOWN])
        warnings.append(
            f"{len(poor)} of {match.profile.n_samples} samples have less than {WARN_COVERAGE:.0%} of their abundance "
            f"matched, and unreliable vectors: {some}{', …' if len(poor) > SHOWN else ''}; --min-coverage "
            f"{WARN_COVERAGE:g} leaves them out"
        )
    warnings += naming_warnings(match)
    if match.feeds_unnamed:
        share = float(match.profile.unclassified_labels[match.model.unnamed].mean() / (match.input_sum.mean() or 1.0))
        warnings.append(
            f"the table has a column {match.model.unnamed!r} ({share:.1%} of the abundance): as published, it was divided "
            f"among the columns that {match.model.name!r} has no name for; it counts as unclassified"
        )
    if left_out:
        done = {"drop": "left out", "nan": "written as missing values", "floor": "embedded all the same"}[on_empty]
        some = ", ".join(f"{sample} ({reason})" for sample, reason in list(left_out.items())[:SHOWN])
        more = f" and {len(left_out) - SHOWN} more" if len(left_out) > SHOWN else ""
        warnings.append(f"{len(left_out)} of {match.profile.n_samples} samples were {done}: {some}{more}")
    return warnings


def naming_warnings(match: Match) -> list[str]:
    """Say what is weak about a match because of how the table names its taxa."""
    warnings = []
    if match.is_narrow:
        warnings.append(
            f"only {match.n_observable} of the {match.model.n_named_species} species of {match.model.name!r} can be seen "
            f"at all with the names of this table ({match.nomenclature.words}): compare its vectors only with those of "
            "tables made by the same profiler"
        )
    if match.nomenclature.also:
        warnings.append(
            f"the table mixes namings ({match.nomenclature.words}, but also {', '.join(match.nomenclature.also)}): "
            "vectors of different profilers are not comparable"
        )
    return warnings
