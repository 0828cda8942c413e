"""Look through a pickle before anything in it is run: which names and which instructions it holds."""

from __future__ import annotations

import io
import pickletools
import reprlib
import struct
import warnings
from typing import TYPE_CHECKING, Any

from mbembed.errors import ModelIntegrityError, UnsafePickleError

if TYPE_CHECKING:
    from collections.abc import Callable, Container

__all__ = ["MAX_PICKLE_BYTES", "damaged", "foreign_names", "scan_pickle", "shown", "unsafe", "unsafe_names"]

#: Longest pickle that is read (bytes). The published encoder's has 2,505; each layer adds about 600.
MAX_PICKLE_BYTES = 1024 * 1024
#: What to do about a checkpoint that names code.
NOT_TO_OPEN = "do not open this file with torch or Python; ask the publisher for the weights as safetensors"
#: How many refused names a message lists.
NAMES_SHOWN = 5
#: How much of one refused name a message shows (characters). The published class has 119.
NAME_CHARACTERS = 120

#: Instructions that push their argument.
CONSTANTS = frozenset({"BININT", "BININT1", "BININT2", "LONG1", "BINFLOAT", "BINUNICODE"})
#: Instructions that push a value of their own.
LITERALS: dict[str, Callable[[], object]] = {
    "NONE": lambda: None,
    "NEWTRUE": lambda: True,
    "NEWFALSE": lambda: False,
    "EMPTY_TUPLE": tuple,
    "EMPTY_LIST": list,
    "EMPTY_DICT": dict,
}
#: Instructions that turn the topmost values into a tuple, with their number.
SHORT_TUPLES = {"TUPLE1": 1, "TUPLE2": 2, "TUPLE3": 3}
#: What ``torch.save`` writes (pickle protocol 2, its default since 1.6). Not among them:
#: STACK_GLOBAL (computed names), INST, OBJ, NEWOBJ_EX, EXT*, POP, DUP, and all text-mode numbers.
INSTRUCTIONS = (
    CONSTANTS
    | LITERALS.keys()
    | SHORT_TUPLES.keys()
    | {"PROTO", "STOP", "MARK", "TUPLE", "APPEND", "APPENDS", "SETITEM", "SETITEMS"}
    | {"BINPUT", "LONG_BINPUT", "BINGET", "LONG_BINGET", "GLOBAL", "BINPERSID", "REDUCE", "NEWOBJ", "BUILD"}
)


def foreign_names(pickle: bytes, admitted: Container[str]) -> list[str]:
    r"""List the names in a pickle, or in several that follow each other, that are not admitted.

    Parameters
    ----------
    pickle : bytes
        The reading stops at the first damage.
    admitted : container of str
        Names, as ``module.name``.

    Returns
    -------
    list of str
        Each once, in the order of their appearance.

    Examples
    --------
    >>> foreign_names(b"cos\nsystem\n(S'ls'\ntR.", {})
    ['os.system']
    """
    names: dict[str, None] = {}
    stream = io.BytesIO(pickle)
    reason = ""
    while stream.tell() < len(pickle) and not reason:
        operations, reason = _decode(stream)
        names |= dict.fromkeys(_names(operations))
    return [name for name in names if name not in admitted]


def scan_pickle(pickle: bytes, admitted: Container[str], origin: str) -> list[tuple[str, Any]]:
    """Check a pickle whole.

    Parameters
    ----------
    pickle : bytes
    admitted : container of str
        Every name that it may hold, as ``module.name``.
    origin : str
        What messages call the pickle.

    Returns
    -------
    list of tuple of (str, object)
        Its instructions with their arguments, all of ``INSTRUCTIONS``.

    Raises
    ------
    UnsafePickleError
        If it holds another name or instruction.
    ModelIntegrityError
        If it is damaged.
    """
    if len(pickle) > MAX_PICKLE_BYTES:
        raise damaged(origin, f"its object description has {len(pickle)} bytes, more than {MAX_PICKLE_BYTES}")
    foreign = foreign_names(pickle, admitted)
    if foreign:
        raise unsafe_names(origin, foreign)
    stream = io.BytesIO(pickle)
    operations, reason = _decode(stream)
    for name, _ in operations:
        if name not in INSTRUCTIONS:
            raise unsafe(
                origin,
                f"uses the pickle instruction {name}, which torch.save does not write",
                hint="save it with torch.save's own pickle protocol (2), if the file is yours; else do not open it",
                instruction=name,
            )
    if reason:
        raise damaged(origin, reason)
    if stream.tell() != len(pickle):
        raise damaged(origin, f"{len(pickle) - stream.tell()} bytes follow the end of its object description")
    return operations


def damaged(origin: str, reason: str) -> ModelIntegrityError:
    """Return the error for a checkpoint that cannot be read."""
    return ModelIntegrityError(
        f"{origin} is damaged or is not a checkpoint: {reason}",
        expected="a file as torch.save writes it",
        hint="download it again and compare its SHA-256 with the publisher's",
    )


def unsafe_names(origin: str, names: list[str]) -> UnsafePickleError:
    """Return the error for a checkpoint that names code."""
    listed = ", ".join(name[:NAME_CHARACTERS] for name in names[:NAMES_SHOWN])
    more = f" and {len(names) - NAMES_SHOWN} more" if len(names) > NAMES_SHOWN else ""
    return unsafe(origin, f"names {listed}{more}, which could run as a program", names=names)


def unsafe(origin: str, what: str, *, hint: str = NOT_TO_OPEN, **fields: object) -> UnsafePickleError:
    """Return the error for a checkpoint that was refused."""
    return UnsafePickleError(
        f"{origin} {what}. It was refused before anything in it was run",
        expected="the torch layers Sequential, Linear, BatchNorm1d, GELU, Dropout and their tensors, nothing else",
        hint=hint,
        **fields,
    )


def shown(value: object) -> str:
    """Return a short text for a value of unknown size and depth, for messages."""
    return reprlib.repr(value)


def _decode(stream: io.BytesIO) -> tuple[list[tuple[str, Any]], str]:
    """Read the instructions up to the next STOP. Return them and what is wrong (or nothing)."""
    operations: list[tuple[str, Any]] = []
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # odd escapes in text-mode strings
            for opcode, argument, _ in pickletools.genops(stream):
                operations.append((opcode.name, argument))
    except (ValueError, OverflowError, struct.error) as error:
        return operations, f"its object description cannot be read ({error})"
    return operations, ""


def _names(operations: list[tuple[str, Any]]) -> list[str]:
    """Return every name that the instructions would look up, as ``module.name``.

    The names that STACK_GLOBAL computes are followed through the memo, for the message only:
    the instruction is refused whatever it names.
    """
    names: list[str] = []
    texts: list[str] = []
    memo: dict[int, str] = {}
    n_memoized = 0
    for name, argument in operations:
        if name in {"GLOBAL", "INST"}:
            names.append(str(argument).replace(" ", "."))
        elif name == "STACK_GLOBAL":
            names.append(".".join(texts[-2:]) or "a computed name")
        elif name.startswith("EXT"):
            names.append(f"extension code {argument}")
        elif isinstance(argument, str):
            texts.append(argument)
        elif name == "MEMOIZE" or name.endswith("PUT"):
            memo[n_memoized if argument is None else argument] = texts[-1] if texts else ""
            n_memoized += 1
        elif name.endswith("GET") and memo.get(argument):
            texts.append(memo[argument])
    return names
