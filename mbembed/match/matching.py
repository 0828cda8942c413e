"""Hold a profile against a model."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mbembed.errors import NoMatchError
from mbembed.match.counts import MatchCounts
from mbembed.match.profile_match import Match
from mbembed.options import check_choice
from mbembed.tables.blocks import row_sums
from mbembed.taxonomy.nomenclature import detect_nomenclature
from mbembed.taxonomy.target import Target

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mbembed.models.folder import Model
    from mbembed.tables.profile import Profile, Taxon

__all__ = ["Matching", "match_profile", "require_match"]

#: Closure of models that do not state one: fractions of the whole sample, as published.
DEFAULT_CLOSURE = "input"
#: How many names a message shows.
SHOWN = 5


class Matching:
    """What of a match rests on names alone: it is known before a value is read.

    Parameters
    ----------
    taxa : sequence of Taxon
    model : Model
    closure, names
        As in `match_profile`.

    Attributes
    ----------
    counts : MatchCounts
        Filled while the values of the profile are read, or by `of`.
    """

    def __init__(
        self, taxa: Sequence[Taxon], model: Model, *, closure: str | None = None, names: str = "resolve"
    ) -> None:
        check_choice("closure", closure)
        check_choice("names", names)
        self.model = model
        self.names = names
        self.closure = closure or str(model.config.get("closure", DEFAULT_CLOSURE))
        self.nomenclature = detect_nomenclature(taxa)
        self.target = Target(model.species, model.nomenclature, unnamed=model.unnamed)
        self.placements = self.target.match(taxa, names, self.nomenclature)
        self.counts = MatchCounts(self.placements)

    def of(self, profile: Profile) -> Match:
        """Return the match of a profile of these taxa; its values go by here unless they did before."""
        if not self.counts.n_samples:
            for block in profile.blocks():
                self.counts.add(block, row_sums(block))
        return Match(
            profile=profile,
            model=self.model,
            target=self.target,
            placements=self.placements,
            names=self.names,
            nomenclature=self.nomenclature,
            closure=self.closure,
            counts=self.counts,
        )


def match_profile(profile: Profile, model: Model, *, closure: str | None = None, names: str = "resolve") -> Match:
    """Hold a profile against a model.

    Parameters
    ----------
    profile : Profile
    model : Model
    closure : {"input", "classified", "matched"}, optional
        What an abundance is a fraction of; default: as the model was trained.
    names : {"resolve", "strict", "exact"}
        How taxa find the model's species.

    Returns
    -------
    Match
        Also when nothing matches; :func:`require_match` turns that into an error.
    """
    return Matching(profile.taxa, model, closure=closure, names=names).of(profile)


def require_match(match: Match) -> None:
    """Refuse a match with nothing in it.

    Raises
    ------
    NoMatchError
        Saying which names the table has and which the model knows.
    """
    if match.verdict != "nothing matched":
        return
    profile, model = match.profile, match.model
    if not profile.n_taxa:
        raise NoMatchError(
            f"{profile.path or 'the table'} has no taxon at all: everything in it is unclassified",
            expected="a profile in which something was found",
            hint="leave this sample out, or look at what its profiler said",
            model=model.name,
            n_taxa=0,
        )
    theirs = ", ".join(taxon.source for taxon in profile.taxa[:SHOWN])
    named = [name for name in dict.fromkeys(model.species) if name != model.unnamed]
    ours = ", ".join(named[:SHOWN])
    raise NoMatchError(
        f"none of the {profile.n_taxa} taxa is a species of the model {model.name!r}; the table has: {theirs}",
        expected=f"species names ({model.nomenclature}) such as: {ours}",
        hint="mbembed inspect TABLE shows how the table was read; another --rank, --orientation or --model may be meant",
        model=model.name,
        n_taxa=profile.n_taxa,
    )
