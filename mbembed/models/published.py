"""Models that others published: where their files are and what these must hash to."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["PUBLISHED", "PublishedFile", "PublishedModel", "published_as"]

_MBEMBED_COMMIT = "2ae30dfd845e4f302204a196f2eaea1e4ae7d641"
_MBEMBED_FILES = f"https://raw.githubusercontent.com/LironZa/MBEmbed/{_MBEMBED_COMMIT}/model"


@dataclass(frozen=True)
class PublishedFile:
    """One file of a publication.

    Attributes
    ----------
    url : str
        Pinned to a commit, so that the content cannot change.
    sha256 : str
        Lower-case hexadecimal.
    n_bytes : int
        Size.
    """

    url: str
    sha256: str
    n_bytes: int

    @property
    def name(self) -> str:
        """The file's name, the last part of its URL."""
        return self.url.rpartition("/")[2]


@dataclass(frozen=True)
class PublishedModel:
    """A published model.

    Attributes
    ----------
    checkpoint, species : PublishedFile
        The weights and the list of input columns.
    repository, commit : str
        Where they were published.
    licence : str
        SPDX identifier.
    nomenclature : str
        Which nomenclature the species names follow.
    citation : str
    training : str
        What is known of the training, for the model card.
    not_known : str
        What was not published, for the model card.
    """

    checkpoint: PublishedFile
    species: PublishedFile
    repository: str
    commit: str
    licence: str
    nomenclature: str
    citation: str
    training: str
    not_known: str

    @property
    def files(self) -> tuple[PublishedFile, PublishedFile]:
        """Both files."""
        return self.checkpoint, self.species


#: Name for ``mbembed models pull`` → what is published.
PUBLISHED: dict[str, PublishedModel] = {
    "mae30": PublishedModel(
        checkpoint=PublishedFile(
            url=f"{_MBEMBED_FILES}/mae30_encoder_full.pkl",
            sha256="27c87d3cdd06a57fff21112b343be34b57be319b6bdeb2159f686c2801467f13",
            n_bytes=3_719_869,
        ),
        species=PublishedFile(
            url=f"{_MBEMBED_FILES}/model_species_reference.csv",
            sha256="44fd42190260ff6f330a21e84a3a0a817de8a8cddeefce5200629bc72f2fd249",
            n_bytes=32_621,
        ),
        repository="https://github.com/LironZa/MBEmbed",
        commit=_MBEMBED_COMMIT,
        licence="Apache-2.0",
        # All 885 named species of the list are species of GTDB R220; the authors do not state a release.
        nomenclature="GTDB R220",
        citation=(
            "Zahavi L, Levine Z, Segal E (2025). Self-Supervised Representation Learning for Microbiome Improves "
            "Downstream Prediction in Data-Limited and Cross-Cohort Settings. ICML 2025 workshops. "
            "https://openreview.net/forum?id=2JsJqQbjJn"
        ),
        training=(
            "Masked autoencoder with 30 % of the entries masked, pre-trained on 85,364 human gut metagenomes "
            "(stated by the authors). Species abundances came from the authors' own reference set of genomes."
        ),
        not_known=(
            "The decoder, the loss, the optimiser, the cohorts and which samples were held out were not published. "
            "Whether a public data set was among the training samples is not known: scores on such a set may be too high."
        ),
    ),
}


def published_as(sha256: str) -> str:
    """Return the name under which a checkpoint is published, or an empty text.

    Parameters
    ----------
    sha256 : str
        Of the checkpoint file.

    Examples
    --------
    >>> published_as("27c87d3cdd06a57fff21112b343be34b57be319b6bdeb2159f686c2801467f13")
    'mae30'
    >>> published_as("0" * 64)
    ''
    """
    return next((name for name, record in PUBLISHED.items() if record.checkpoint.sha256 == sha256), "")
