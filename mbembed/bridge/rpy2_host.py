"""R inside the process of Python: started when it is first needed, after checks that rpy2 does not make."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path
from typing import Any

from mbembed.errors import MissingExtraError, UsageError
from mbembed.extras import require_extra

__all__ = ["OLD_R_REQUIREMENT", "is_r_object", "start_r"]

#: With R older than 4.5, which has no ``R_getVar``: rpy2 3.6.7 says that it needs R 4.5 ("NEWS" of rpy2), and
#: rpy2-rinterface 3.6.6 was found to fail with R 4.2 too.
OLD_R_REQUIREMENT = "rpy2-rinterface<3.6.6"
#: Where the programs that are started from here look for libraries first; rpy2 puts R's there.
LIBRARY_PATH = "LD_LIBRARY_PATH"
_INSTALL_R = "sudo apt-get install r-base-core (or https://cran.r-project.org), and have R on the PATH"


def is_r_object(value: object) -> bool:
    """Say whether something is an object of R held through rpy2; does not import rpy2."""
    rinterface = sys.modules.get("rpy2.rinterface")
    return rinterface is not None and isinstance(value, rinterface.Sexp)


def start_r(purpose: str) -> Any:
    """Start R in this process, unless it runs already.

    Parameters
    ----------
    purpose : str
        What it is needed for, as the subject of a sentence.

    Returns
    -------
    module
        ``rpy2.rinterface``.

    Raises
    ------
    MissingExtraError
        If rpy2 or R is not installed, or the two do not fit each other.
    UsageError
        If ``R_HOME`` is not the home of an R.
    """
    if "rpy2.rinterface" not in sys.modules:
        require_extra("r", purpose)
        _check_home(purpose)
    libraries = os.environ.get(LIBRARY_PATH)
    try:
        from rpy2 import rinterface

        rinterface.initr()
    # cffi's own error is no OSError, and must not be named here: cffi comes with rpy2.
    except Exception as error:
        raise _unusable(purpose, error) from error
    finally:
        _restore(libraries)
    return rinterface


def _restore(libraries: str | None) -> None:
    """Take back R's own libraries: this process has them, and its children (joblib, Dask) would take another libpython."""
    if libraries is None:
        os.environ.pop(LIBRARY_PATH, None)
    else:
        os.environ[LIBRARY_PATH] = libraries


def _check_home(purpose: str) -> None:
    """Check what R would check by ending the process: that its base package is there."""
    home = os.environ.get("R_HOME")
    if home and not (Path(home) / "library" / "base").is_dir():
        raise UsageError(
            f"R_HOME is {home}, where there is no R (no folder library/base)",
            expected="what 'R RHOME' prints, or no R_HOME at all",
            hint="unset R_HOME",
            path=home,
        )
    # On Windows R is rarely on the PATH; rpy2 finds it in the registry.
    if not home and os.name != "nt" and shutil.which("R") is None:
        raise MissingExtraError(
            f"{purpose} needs R, which is not on the PATH", expected="R 4.1 or newer", hint=_INSTALL_R, extra="r"
        )


def _unusable(purpose: str, error: Exception) -> MissingExtraError:
    text = str(error)
    if "undefined symbol" in text or "symbol '" in text:
        return MissingExtraError(
            f"{purpose} needs R through rpy2, and this rpy2 does not fit this R ({text.partition(' in library')[0]})",
            expected="rpy2-rinterface below 3.6.6 with R older than 4.5, the newest rpy2 with R 4.5 and newer",
            hint=f'pip install "{OLD_R_REQUIREMENT}" rpy2, or pip install --upgrade rpy2 rpy2-rinterface',
            extra="r",
        )
    return MissingExtraError(
        f"{purpose} needs R through rpy2, which cannot load it ({text})",
        expected="an R that was built as a shared library, as those of Debian, Ubuntu, CRAN and conda are",
        hint="python -m rpy2.situation, which says what rpy2 finds",
        extra="r",
    )
