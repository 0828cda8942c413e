"""Which species a sample should have, and how much of each, given its other species."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from mbembed.embedding import Embedding
from mbembed.errors import UsageError
from mbembed.models.decoder import presence_of
from mbembed.threads import one_blas_thread

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from mbembed.match import Match
    from mbembed.tables.profile import Profile

__all__ = ["ABSENCE", "PRESENCE", "SURPRISES", "Imputation", "impute", "require_decoder"]

#: The two ways to be surprising.
PRESENCE, ABSENCE = "presence", "absence"
#: Surprising presences, and absences, that are listed for a sample unless asked otherwise.
SURPRISES = 10


@dataclass(frozen=True, eq=False)
class Imputation:
    """What a model expects of each of its species in each sample, that species itself hidden.

    Attributes
    ----------
    sample_ids : list of str
        In the order of the table.
    species : list of str
        The columns of the model.
    presence : ndarray of shape (n_samples, n_species)
        Expected probability of presence, 0 to 1.
    abundance : ndarray of shape (n_samples, n_species)
        Expected fraction of the sample where the species is present (a geometric mean: the model predicts
        logarithms), 0 to 1.
    observed : ndarray of shape (n_samples, n_species)
        Fraction of the sample in the table.
    observable : ndarray of bool, shape (n_species,)
        Whether the naming of the table can show the species at all. What it cannot show is imputed, and
        never called absent.
    """

    sample_ids: list[str]
    species: list[str]
    presence: NDArray[np.float32]
    abundance: NDArray[np.float32]
    observed: NDArray[np.float32]
    observable: NDArray[np.bool_]

    @cached_property
    def expected(self) -> NDArray[np.float32]:
        """Probability of presence times abundance where present; shape (n_samples, n_species).

        Fractions of the sample. Rows do not add up to 1: each species is asked for by itself.
        """
        return self.presence * self.abundance

    def to_frame(self) -> pd.DataFrame:
        """Return ``expected`` as a DataFrame: index ``sample``, species as columns."""
        import pandas as pd

        return pd.DataFrame(self.expected, index=pd.Index(self.sample_ids, name="sample"), columns=self.species)

    def to_profile(self) -> Profile:
        """Return ``expected`` as a profile, in fractions, for :func:`mbembed.outputs.profile_writers.write_profile`."""
        from scipy.sparse import csr_array

        from mbembed.tables.profile import Profile, Taxon

        taxa = [Taxon(name, name, rank="species") for name in self.species]
        values = csr_array(self.expected.astype(np.float64))
        return Profile(values, self.sample_ids, taxa, "fraction", "imputed", np.zeros(len(self.sample_ids)))

    def surprises(self, number: int = SURPRISES) -> pd.DataFrame:
        """Return the most surprising presences and absences of each sample.

        Parameters
        ----------
        number : int
            Of each kind and sample, at most.

        Returns
        -------
        DataFrame
            One row per surprise, the largest of each kind first: ``sample``, ``species``, ``kind`` (``presence``:
            there, though less likely than not; ``absence``: not there, though more likely than not),
            ``log_odds`` (natural, against what was seen: how surprising it is), ``probability`` (of
            presence), ``observed`` and ``expected_if_present`` (fractions of the sample). Observable species only.
        """
        import pandas as pd

        columns = ("sample", "species", "kind", "log_odds", "probability", "observed", "expected_if_present")
        rows: list[tuple[object, ...]] = []
        present = self.observed > 0
        # A probability that rounds to 0 or 1 still has finite odds: those of the nearest number that does not.
        limits = np.finfo(np.float32)
        certain = np.clip(self.presence.astype(np.float64), float(limits.tiny), 1 - float(limits.epsneg))
        logit = np.log(certain) - np.log1p(-certain)
        against = np.where(present, -logit, logit)
        against[:, ~self.observable] = -np.inf
        for i, sample in enumerate(self.sample_ids):
            for kind, own in ((PRESENCE, present[i]), (ABSENCE, ~present[i])):
                found = np.flatnonzero(own & (against[i] > 0))
                for j in found[np.argsort(-against[i, found], kind="stable")][:number].tolist():
                    numbers = (against[i, j], self.presence[i, j], self.observed[i, j], self.abundance[i, j])
                    rows.append((sample, self.species[j], kind, *map(float, numbers)))
        return pd.DataFrame(rows, columns=list(columns))

    def __repr__(self) -> str:
        return f"<Imputation: {len(self.sample_ids)} samples × {len(self.species)} species>"


@one_blas_thread()  # many small products: threads of a BLAS would only wait for each other
def impute(table: Embedding | Match) -> Imputation:
    """Say which species each sample should have, and how much, given its other species.

    Each species is hidden from the model in turn, and predicted from the rest of the sample.

    Parameters
    ----------
    table : Embedding or Match
        As :func:`mbembed.embed` and :func:`mbembed.match_profile` return them; of an embedding, the samples that
        have a row. Samples in which nothing matches are left out: nothing can be said from nothing.

    Returns
    -------
    Imputation

    Raises
    ------
    UsageError
        If the model has no decoder, or something else is given, such as an embedding that was read from a file:
        it does not hold the table.

    Examples
    --------
    >>> import pandas as pd
    >>> import mbembed
    >>> gut = {"Bacteroides uniformis": 0.5, "Veillonella parvula": 0.3, "Streptococcus mitis": 0.2}
    >>> imputed = mbembed.impute(mbembed.embed(pd.DataFrame([gut], index=["a"])))
    >>> imputed.to_frame().shape == (1, mbembed.load_model().n_inputs)
    True
    >>> imputed.surprises(2)["kind"].unique().tolist()
    ['presence', 'absence']
    """
    from mbembed.match import Match

    match = table.match if isinstance(table, Embedding) else table
    if not isinstance(match, Match):
        raise UsageError(
            f"mbembed.impute was given an object of class {type(table).__name__}",
            expected="what mbembed.embed or mbembed.match_profile returns, which hold the table",
            hint='mbembed.impute(mbembed.embed("profile.biom"))',
        )
    model = match.model
    require_decoder(match)
    ids = match.profile.sample_ids
    with_row = set(table.sample_ids if isinstance(table, Embedding) else ids)
    kept = np.array([i for i in np.flatnonzero(match.matched > 0).tolist() if ids[i] in with_row], dtype=np.intp)
    fractions = match.fractions()[kept]
    above = model.preprocessing.above_absent(fractions)
    expectation = model.decoder.expect(above)  # type: ignore[union-attr]  # required above
    floor = model.preprocessing.floor
    abundance = floor * 10 ** np.clip(expectation.log_abundance, 0, -np.log10(floor))
    return Imputation(
        sample_ids=[ids[i] for i in kept.tolist()],
        species=model.species,
        presence=expectation.presence,
        abundance=abundance.astype(np.float32),
        observed=np.where(presence_of(above), fractions.toarray(), 0).astype(np.float32),
        observable=match.target.observable_columns(match.nomenclature, filled=match.placements),
    )


def require_decoder(match: Match) -> None:
    """Refuse a model without a decoder.

    Raises
    ------
    UsageError
    """
    if match.model.decoder is None:
        raise UsageError(
            f"the model {match.model.name!r} has no decoder",
            expected="a model that can say which species a sample should have, as the one that travels with mbembed can",
            hint="leave out --model; models of 'mbembed pretrain --loss hurdle' have one",
        )
