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
    from mbembed.explanation.explain import explain
    from mbembed.explanation.explanation import Explanation
    from mbembed.explanation.neighbours import neighbours
    from mbembed.imputation import Imputation, impute
    from mbembed.in_range import out_of_distribution
    from mbembed.match import Match, match_profile
    from mbembed.models.folder import Model
    from mbembed.models.store import list_models, load_model
    from mbembed.pipeline import embed
    from mbembed.report.ordinations import ordination
    from mbembed.report.permutation_test import permanova
    from mbembed.stored import StoredEmbedding, read_embedding
    from mbembed.streaming import EmbeddedFile, embed_file
    from mbembed.tables import read_table
    from mbembed.tables.profile import Profile

__version__ = "0.3.0"

__all__ = [
    "EmbeddedFile",
    "Embedder",
    "Embedding",
    "Evaluation",
    "Explanation",
    "Imputation",
    "Match",
    "Model",
    "Profile",
    "StoredEmbedding",
    "__version__",
    "embed",
    "embed_file",
    "evaluate",
    "explain",
    "impute",
    "list_models",
    "load_model",
    "match_profile",
    "neighbours",
    "ordination",
    "out_of_distribution",
    "permanova",
    "read_embedding",
    "read_table",
]

#: Where each public name lives. Resolved on first use (PEP 562), so that ``import mbembed``
#: and ``mbembed --help`` do not pay for NumPy, SciPy and the readers.
_HOMES = {
    "EmbeddedFile": "mbembed.streaming",
    "Embedder": "mbembed.estimator",
    "Embedding": "mbembed.embedding",
    "Evaluation": "mbembed.evaluation.evaluation",
    "Explanation": "mbembed.explanation.explanation",
    "Imputation": "mbembed.imputation",
    "Match": "mbembed.match",
    "Model": "mbembed.models.folder",
    "Profile": "mbembed.tables.profile",
    "StoredEmbedding": "mbembed.stored",
    "embed": "mbembed.pipeline",
    "embed_file": "mbembed.streaming",
    "evaluate": "mbembed.evaluation.evaluate",
    "explain": "mbembed.explanation.explain",
    "impute": "mbembed.imputation",
    "list_models": "mbembed.models.store",
    "load_model": "mbembed.models.store",
    "match_profile": "mbembed.match",
    "neighbours": "mbembed.explanation.neighbours",
    "ordination": "mbembed.report.ordinations",
    "out_of_distribution": "mbembed.in_range",
    "permanova": "mbembed.report.permutation_test",
    "read_embedding": "mbembed.stored",
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
