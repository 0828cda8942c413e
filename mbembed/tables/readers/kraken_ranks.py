"""What Kraken 2, Bracken and KrakenTools share: rank codes, and what has to be said about their numbers."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np

from mbembed.tables.profile import Decision

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray
    from scipy.sparse import csr_array

__all__ = ["RANK_CODES", "READS", "host_note", "lineage", "part"]

#: Rank code of a report → prefix of the part of a lineage (Kraken 2 manual, "Sample Report Output Format").
RANK_CODES: Mapping[str, str] = {
    "D": "d__",
    "K": "k__",
    "P": "p__",
    "C": "c__",
    "O": "o__",
    "F": "f__",
    "G": "g__",
    "S": "s__",
    "S1": "t__",
}
#: Kraken counts reads, so a species with a large genome weighs more than in MetaPhlAn or mOTUs.
READS = Decision(
    "abundance",
    "sequence abundance",
    "shares of reads, not of cells: large genomes weigh more than in MetaPhlAn or mOTUs; neither can be turned into the other",
)
#: Share of a sample (0 to 1) from which reads of the host are worth a word.
HOST_SHARE = 0.01
#: Names of hosts that Kraken's standard databases hold.
HOSTS = frozenset({"homo sapiens"})

_PREFIXED = re.compile(r"[dkpcofgst]__")


def part(code: str, name: str) -> str:
    """Return the part of a lineage for a rank code and a name; names of GTDB databases have prefixes already.

    Examples
    --------
    >>> part("S", "Blautia obeum"), part("S", "s__Blautia obeum"), part("R1", "cellular organisms")
    ('s__Blautia obeum', 's__Blautia obeum', '')
    """
    if _PREFIXED.match(name):
        return name
    prefix = RANK_CODES.get(code, "")
    return prefix + name if prefix else ""


def lineage(code: str, name: str) -> tuple[str, ...]:
    """Return the lineage of one part for a rank code and a name; empty for a code without a rank."""
    own = part(code.strip(), name)
    return (own,) if own else ()


def host_note(values: NDArray[np.float64] | csr_array, names: Sequence[str]) -> list[str]:
    """Say how much of the samples is host.

    Parameters
    ----------
    values : ndarray or csr_array of shape (n_samples, n_taxa)
    names : sequence of str

    Returns
    -------
    list of str
        One warning, or none.

    Examples
    --------
    >>> host_note(np.array([[1.0, 3.0]]), ["Homo sapiens", "Blautia obeum"])[0][:44]
    'reads of the host (Homo sapiens) make up 25%'
    """
    hosts = [i for i, name in enumerate(names) if name.removeprefix("s__").replace("_", " ").lower() in HOSTS]
    if not hosts:
        return []
    picked = np.zeros(len(names))
    picked[hosts] = 1.0
    totals = np.asarray(values.sum(axis=1), dtype=np.float64).ravel()
    shares = np.divide(values @ picked, totals, out=np.zeros_like(totals), where=totals > 0)
    if shares.max() < HOST_SHARE:
        return []
    return [
        (
            f"reads of the host ({names[hosts[0]]}) make up {np.median(shares):.0%} of the median sample and up to "
            f"{shares.max():.0%}; they count as a species that no model knows"
        )
    ]
