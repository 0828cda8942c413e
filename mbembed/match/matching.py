"""Hold a profile against a model."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mbembed.errors import NoMatchError
from mbembed.match.profile_match import Match
from mbembed.options import check_choice
from mbembed.taxonomy.nomenclature import detect_nomenclature
from mbembed.taxonomy.target import Target

if TYPE_CHECKING:
    from mbembed.models.folder import Model
    from mbembed.tables.profile import Profile

__all__ = ["match_profile", "require_match"]

#: Closure of models that do not state one: fractions of the whole sample, as published.
DEFAULT_CLOSURE = "input"
#: How many names a message shows.
SHOWN = 5


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
    check_choice("closure", closure)
    check_choice("names", names)
    nomenclature = detect_nomenclature(profile.taxa)
    target = Target(model.species, model.nomenclature, unnamed=model.unnamed)
    return Match(
        profile=profile,
        model=model,
        target=target,
        placements=target.match(profile.taxa, names, nomenclature),
        names=names,
        nomenclature=nomenclature,
        closure=closure or str(model.config.get("closure", DEFAULT_CLOSURE)),
    )


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
