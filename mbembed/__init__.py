"""Any gut-metagenome species table in, one trustworthy vector per sample out.

>>> import mbembed
>>> mbembed.load_model().n_dimensions > 0
True
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mbembed.embedding import Embedding
    from mbembed.estimator import Embedder
    from mbembed.evaluation.evaluate import evaluate
    from mbembed.evaluation.evaluation import Evaluation
    from mbembed.match import Match, match_profile
    from mbembed.models.folder import Model
    from mbembed.models.store import list_models, load_model
    from mbembed.pipeline import embed
    from mbembed.report.ordinations import Ordination, ordination
    from mbembed.tables import read_table
    from mbembed.tables.profile import Profile

__version__ = "0.2.0"

__all__ = [
    "Embedder",
    "Embedding",
    "Evaluation",
    "Match",
    "Model",
    "Ordination",
    "Profile",
    "__version__",
    "embed",
    "evaluate",
    "list_models",
    "load_model",
    "match_profile",
    "ordination",
    "read_table",
]

#: Where each public name lives. Resolved on first use (PEP 562), so that ``import mbembed``
#: and ``mbembed --help`` do not pay for NumPy, SciPy and the readers.
_HOMES = {
    "Embedder": "mbembed.estimator",
    "Embedding": "mbembed.embedding",
    "Evaluation": "mbembed.evaluation.evaluation",
    "Match": "mbembed.match",
    "Model": "mbembed.models.folder",
    "Ordination": "mbembed.report.ordinations",
    "Profile": "mbembed.tables.profile",
    "embed": "mbembed.pipeline",
    "evaluate": "mbembed.evaluation.evaluate",
    "list_models": "mbembed.models.store",
    "load_model": "mbembed.models.store",
    "match_profile": "mbembed.match",
    "ordination": "mbembed.report.ordinations",
    "read_table": "mbembed.tables",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module 'mbembed' has no attribute {name!r}")
    from importlib import import_module

    value = getattr(import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
