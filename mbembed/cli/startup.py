"""What a command does before NumPy is imported, to start fast."""

from __future__ import annotations

import sys
from importlib.util import LazyLoader, find_spec, module_from_spec

from mbembed.threads import start_without_blas_threads

__all__ = ["start_fast"]

#: Parts of NumPy that nothing here calls. SciPy imports them all the same (``from numpy import *``
#: in its copy of array-api-compat), which takes a third of the time until a command begins to read.
UNCALLED = ("numpy.f2py", "numpy.testing")


def start_fast() -> None:
    """Prepare a process that computes and writes, and does nothing else.

    Only before NumPy is imported; later calls do nothing. Not for libraries: it changes the
    environment and the modules of the whole process.
    """
    if "numpy" in sys.modules:
        return
    start_without_blas_threads()
    import numpy  # noqa: F401 - the parent of what is put off

    for name in UNCALLED:
        _import_when_used(name)


def _import_when_used(name: str) -> None:
    """Put off an import until something asks the module for a name (importlib's documented recipe)."""
    spec = find_spec(name)
    if spec is None or spec.loader is None or name in sys.modules:
        return
    spec.loader = LazyLoader(spec.loader)
    module = module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    parent, _, child = name.rpartition(".")
    setattr(sys.modules[parent], child, module)
