"""R's compact vectors ("ALTREP"): ``1:n`` as three numbers, numbers that are yet to become text."""

from __future__ import annotations

import numpy as np

from mbembed.tables.rformat.robject import RObject
from mbembed.tables.rformat.rstream import NA_INTEGER, SerialError

__all__ = ["COPIES", "expand", "number_text"]

#: Forms whose vector takes more room than the form itself.
COPIES = frozenset({"compact_intseq", "compact_realseq", "deferred_string"})
#: Numbers of a compact sequence: size, first value, step.
SEQUENCE_PARTS = 3


def expand(name: str, state: RObject, *, limit: int) -> RObject:
    """Turn a compact form into the plain vector that it stands for.

    Parameters
    ----------
    name : str
        Name of the form. Source: ``src/main/altclasses.c`` of R 4.2.
    state : RObject
        What is stored of it.
    limit : int
        Most elements of the result, if it takes more room than the form.

    Returns
    -------
    RObject

    Raises
    ------
    SerialError
        If the form is unknown, damaged or too large.
    """
    if name in {"compact_intseq", "compact_realseq"} and state.kind == "double" and len(state.value) == SEQUENCE_PARTS:
        size, first, step = state.value.tolist()
        if not 0 <= size <= limit:
            raise SerialError(f"a sequence of {size:g} numbers is announced")
        sequence = first + step * np.arange(int(size))
        if name == "compact_realseq":
            return RObject("double", sequence)
        if not (np.abs(sequence) <= -NA_INTEGER).all():
            raise SerialError(f"a sequence of integers reaches {np.abs(sequence).max():g}")
        return RObject("integer", sequence.astype(np.int32))
    parts = [part for _, part in state.value] if state.kind == "pairlist" else state.value
    held = parts[0] if isinstance(parts, list) and parts and isinstance(parts[0], RObject) else None
    if name == "deferred_string" and held is not None and held.kind in {"integer", "double"}:
        if len(held.value) > limit:
            raise SerialError(f"{len(held.value)} texts are announced")
        return RObject("character", [number_text(value) for value in held.value.tolist()])
    if name.startswith("wrap_") and held is not None:
        return held
    raise SerialError(f"the compact form '{name}' is unknown")


def number_text(value: float) -> str | None:
    """Write a number as R's ``as.character`` does: at most 15 digits, the shorter of two notations.

    >>> number_text(100000.0), number_text(123456.0), number_text(0.1), number_text(100000)
    ('1e+05', '123456', '0.1', '100000')
    """
    if isinstance(value, int):
        return None if value == NA_INTEGER else str(value)
    if value != value:
        return None
    if value in (float("inf"), float("-inf")):
        return "Inf" if value > 0 else "-Inf"
    mantissa, exponent = f"{value:.14e}".split("e")
    scientific = f"{mantissa.rstrip('0').rstrip('.')}e{exponent}"
    digits = len(mantissa.rstrip("0").replace(".", "").replace("-", ""))
    fixed = f"{value:.{max(0, digits - 1 - int(exponent))}f}"
    return fixed if len(fixed) <= len(scientific) else scientific
