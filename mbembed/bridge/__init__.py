"""Between R and Python: what the R package calls, and R objects held by Python code (rpy2)."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mbembed.bridge.rpy2_results import add_to_phyloseq, to_r
    from mbembed.bridge.rpy2_tables import from_r

__all__ = ["add_to_phyloseq", "from_r", "to_r"]

#: Where each public name lives. Resolved on first use (PEP 562): what the R package calls must not load rpy2.
_HOMES = {
    "add_to_phyloseq": "mbembed.bridge.rpy2_results",
    "from_r": "mbembed.bridge.rpy2_tables",
    "to_r": "mbembed.bridge.rpy2_results",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module 'mbembed.bridge' has no attribute {name!r}")
    from importlib import import_module

    value = getattr(import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
