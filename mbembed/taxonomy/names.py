"""The canonical key of a name: what two spellings of one taxon have in common."""

from __future__ import annotations

import re

__all__ = ["canonical_key"]

_RANK_PREFIX = re.compile(r"^[a-z]__")
_NOT_ALPHANUMERIC = re.compile(r"[^a-z0-9]+")


def canonical_key(name: str) -> str:
    """Return the key under which a name is compared.

    Lower case, every run of other characters than letters and digits one blank, the rank
    prefix dropped. No two of the 113,104 species names of GTDB R220 share a key.

    Parameters
    ----------
    name : str

    Returns
    -------
    str

    Examples
    --------
    >>> canonical_key("s__Blautia_A wexlerae")
    'blautia a wexlerae'
    >>> canonical_key("[Ruminococcus] gnavus") == canonical_key("Ruminococcus.gnavus")
    True
    """
    return _NOT_ALPHANUMERIC.sub(" ", _RANK_PREFIX.sub("", name.strip().lower())).strip()
