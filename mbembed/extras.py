"""Optional dependencies: checked before work begins, named by the pip extra that brings them."""

from __future__ import annotations

from importlib.util import find_spec

from mbembed.errors import MissingExtraError

__all__ = ["require_extra"]

#: Extra (as in setup.cfg) → the modules that it brings.
MODULES = {
    "anndata": ("anndata",),
    "dask": ("dask", "distributed", "pyarrow"),
    "evaluate": ("sklearn", "joblib", "matplotlib", "jinja2", "tqdm"),
    "r": ("rpy2",),
    "report": ("jinja2", "matplotlib", "skbio"),
    "sklearn": ("sklearn",),
    "torch": ("torch",),
    "umap": ("umap", "skbio"),
}


def require_extra(extra: str, purpose: str) -> None:
    """Check that an extra is installed.

    Parameters
    ----------
    extra : str
        Name of the extra.
    purpose : str
        What it is needed for, as the subject of a sentence.

    Raises
    ------
    MissingExtraError
        Naming the missing modules and what to install.
    """
    missing = [module for module in MODULES[extra] if find_spec(module) is None]
    if missing:
        raise MissingExtraError(
            f"{purpose} needs {', '.join(missing)}, which is not installed",
            expected=f"the extra '{extra}'",
            hint=f'pip install "mbembed[{extra}]"',
            extra=extra,
        )
