"""Genera that say where a sample comes from, when they make up much of it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from scipy.sparse import csr_array

    from mbembed.tables.profile import Taxon

__all__ = ["HABITATS", "Habitat", "HabitatShares"]


class Habitat(NamedTuple):
    """Genera that are typical of somewhere.

    Attributes
    ----------
    words : str
        What they are typical of, after "… of its abundance are genera".
    share : float
        From which share of a sample's abundance on (0 to 1) they say so.
    genera : tuple of str
        As NCBI and GTDB write them; GTDB's letters (``Haemophilus_D``) do not count.
    """

    words: str
    share: float
    genera: tuple[str, ...]


#: The genera of mouth, skin and vagina are those that Human Microbiome Project Consortium 2012 (Nature 486:207, figures 1
#: and 2) names for these sites, and their steady company in its 16S data (HMPv13 of MicrobeDS, CC0). The shares lie
#: between the two: of the 8,272 gut samples that the default model was trained on, 0.5 % have more than 0.31 of the
#: genera of the mouth, 0.1 % more than 0.01 (skin) and 0.28 (vagina); of the 16S samples of the mouth, 95 % have more
#: than 0.42, of the vagina more than 0.47. Water and soil: Salter et al. 2014 (BMC Biology 12:87), the genera that
#: contaminate reagents; 0.1 % of the gut samples have more than 0.01. Infants: Bifidobacterium and Enterobacteriaceae
#: (Bäckhed et al. 2015, Cell Host & Microbe 17:690), the latter also bloom after antibiotics (Palleja et al. 2018,
#: Nature Microbiology 3:1255); 2 % of the gut samples have more than half.
HABITATS = (
    Habitat(
        "of the mouth",
        0.4,
        (
            "Streptococcus",
            "Veillonella",
            "Haemophilus",
            "Rothia",
            "Neisseria",
            "Actinomyces",
            "Schaalia",
            "Fusobacterium",
            "Porphyromonas",
            "Gemella",
            "Granulicatella",
            "Leptotrichia",
            "Capnocytophaga",
        ),
    ),
    Habitat("of the skin and nose", 0.1, ("Cutibacterium", "Propionibacterium", "Staphylococcus", "Corynebacterium")),
    Habitat("of the vagina", 0.4, ("Lactobacillus", "Gardnerella", "Fannyhessea")),
    Habitat(
        "of water and soil, which also contaminate reagents",
        0.1,
        (
            "Acinetobacter",
            "Alcaligenes",
            "Bacillus",
            "Bradyrhizobium",
            "Herbaspirillum",
            "Legionella",
            "Leifsonia",
            "Mesorhizobium",
            "Methylobacterium",
            "Microbacterium",
            "Novosphingobium",
            "Pseudomonas",
            "Ralstonia",
            "Sphingomonas",
            "Stenotrophomonas",
            "Xanthomonas",
        ),
    ),
    Habitat(
        "that dominate in infants, and after antibiotics",
        0.5,
        ("Bifidobacterium", "Escherichia", "Klebsiella", "Enterobacter", "Citrobacter"),
    ),
)
#: Genera of a habitat that a sentence names.
SHOWN = 3

_LETTERS = re.compile(r"_[A-Z]{1,3}$")


class HabitatShares:
    """How much of a sample are the genera of each habitat.

    Parameters
    ----------
    taxa : sequence of Taxon
        Of a profile.
    """

    def __init__(self, taxa: Sequence[Taxon]) -> None:
        from scipy.sparse import csr_array

        self._genera = sorted({genus for habitat in HABITATS for genus in habitat.genera})
        place = {genus: number for number, genus in enumerate(self._genera)}
        found = [(row, place[genus]) for row, taxon in enumerate(taxa) if (genus := genus_of(taxon)) in place]
        rows, columns = zip(*found, strict=True) if found else ((), ())
        self._select = csr_array((np.ones(len(found)), (rows, columns)), shape=(len(taxa), len(place)))
        self._members = [[place[genus] for genus in habitat.genera] for habitat in HABITATS]

    def sentences(self, values: csr_array, whole: NDArray[np.float64]) -> list[str]:
        """Say for each sample which habitat's genera make up much of it; empty where none does.

        Parameters
        ----------
        values : csr_array of shape (n_samples, n_taxa)
            In the unit of the profile.
        whole : ndarray of shape (n_samples,)
            Classified abundance of each sample.
        """
        shares = (values @ self._select).toarray() / np.where(whole > 0, whole, 1.0)[:, None]
        return [self._sentence(row) for row in shares]

    def _sentence(self, shares: NDArray[np.float64]) -> str:
        for habitat, members in zip(HABITATS, self._members, strict=True):
            own = shares[members]
            if own.sum() >= habitat.share:
                first = [habitat.genera[i] for i in np.argsort(-own, kind="stable")[:SHOWN].tolist() if own[i] > 0]
                return f"{own.sum():.0%} of its abundance are genera {habitat.words} ({', '.join(first)})"
        return ""


def genus_of(taxon: Taxon) -> str:
    """Return the genus of a taxon: that of its lineage, else the first word of its name.

    Examples
    --------
    >>> from mbembed.tables.profile import Taxon
    >>> genus_of(Taxon("x", "Haemophilus_D parainfluenzae")), genus_of(Taxon("x", "mitis", ("g__Streptococcus", "s__mitis")))
    ('Haemophilus', 'Streptococcus')
    """
    stated = next((part[3:] for part in taxon.lineage if part.startswith("g__") and len(part) > len("g__")), "")
    return _LETTERS.sub("", stated or taxon.name.split(" ")[0])
