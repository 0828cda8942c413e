"""How much of the samples matched, over all parts: what `mbembed.embed` says of a table, said once."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from mbembed.errors import NoMatchError
from mbembed.match import match_profile, require_match
from mbembed.match.warnings import naming_warnings
from mbembed.options import WARN_COVERAGE
from mbembed.words import some

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from mbembed.distributed.options import Options
    from mbembed.match import Match
    from mbembed.models.folder import Model
    from mbembed.tables.profile import Profile

__all__ = ["Account", "sentences"]

#: How many samples a sentence names.
SHOWN = 5
_DONE = {"drop": "left out", "nan": "written as missing values", "floor": "embedded all the same"}


class Account(NamedTuple):
    """How much of the samples of a part matched.

    Attributes
    ----------
    sample_ids : list of str
    coverage : ndarray of shape (n_samples,)
        Share of the classified abundance that feeds the model, 0 to 1.
    filled : ndarray of bool of shape (n_samples,)
        Whether a sample has any classified abundance.
    left_out : dict of str to str
        Samples without a vector, and why.
    """

    sample_ids: list[str]
    coverage: NDArray[np.float64]
    filled: NDArray[np.bool_]
    left_out: dict[str, str]

    @classmethod
    def of(cls, match: Match, left_out: dict[str, str]) -> Account:
        """Take what is needed from a match."""
        profile = match.profile
        return cls(list(profile.sample_ids), match.coverage, profile.classified > 0, left_out)

    @classmethod
    def of_nothing(cls, sample_ids: list[str]) -> Account:
        """Return the account of samples that are all zero."""
        n = len(sample_ids)
        return cls(sample_ids, np.zeros(n), np.zeros(n, dtype=bool), dict.fromkeys(sample_ids, "all zero"))


def check_match(whole: Profile, model: Model, options: Options) -> list[str]:
    """Refuse a table of which nothing matches; say what its names alone let one say.

    Parameters
    ----------
    whole : Profile
        One row: what each taxon of the table adds up to.
    model : Model
    options : Options

    Returns
    -------
    list of str
        Warnings.

    Raises
    ------
    NoMatchError
    """
    match = match_profile(whole, model, **options.matching)  # type: ignore[arg-type]  # options by name
    require_match(match)
    return naming_warnings(match)


def sentences(accounts: Sequence[Account], model: Model, options: Options) -> list[str]:
    """Warn of little that matched, and of samples that were left out; once for the whole table.

    Raises
    ------
    NoMatchError
        If no sample has a vector.
    """
    coverage = np.concatenate([one.coverage for one in accounts])
    filled = np.concatenate([one.filled for one in accounts])
    out: Mapping[str, str] = {sample: why for one in accounts for sample, why in one.left_out.items()}
    if len(out) == len(coverage):
        raise NoMatchError(
            f"no sample reaches a matched abundance of {options.min_coverage:.0%}; the best has {coverage.max():.1%}",
            expected="at least one sample",
            hint="a lower min_coverage, or a model whose species are named as in the table",
            model=model.name,
        )
    warnings = []
    middle = float(np.median(coverage[filled]))
    if middle < WARN_COVERAGE:
        warnings.append(
            f"only {middle:.0%} of the abundance of the median sample matches the model {model.name!r} (below "
            f"{WARN_COVERAGE:.0%} vectors are unreliable)"
        )
    else:
        ids = [name for one in accounts for name in one.sample_ids]
        order = np.argsort(coverage, kind="stable")
        poor = [i for i in order[coverage[order] < WARN_COVERAGE].tolist() if ids[i] not in out]
        if poor:
            shown = some([f"{ids[i]} ({coverage[i]:.0%})" for i in poor], SHOWN)
            warnings.append(
                f"{len(poor):,} of {len(ids):,} samples have less than {WARN_COVERAGE:.0%} of their abundance matched, and "
                f"unreliable vectors: {shown}; min_coverage={WARN_COVERAGE:g} leaves them out"
            )
    if out:
        shown = some([f"{sample} ({why})" for sample, why in out.items()], SHOWN)
        warnings.append(f"{len(out):,} of {len(coverage):,} samples were {_DONE[options.on_empty]}: {shown}")
    return warnings
