"""Read a pickle as data: scanned whole before its first instruction, then run by our own small machine.

Python's own unpickler calls whatever a pickle names. Here an instruction outside the short
list, or a name outside the caller's table, refuses the file before anything is built; and what
is built consists of numbers, text, containers and :class:`Instance`, which have no behaviour.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from mbembed.models.pickle_scan import CONSTANTS, LITERALS, SHORT_TUPLES, damaged, scan_pickle, unsafe

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["Global", "Instance", "read_pickle"]


@dataclass(frozen=True)
class Global:
    """What a name in a pickle stands for here.

    Attributes
    ----------
    name : str
        The name in the pickle, ``module.name``.
    call : callable, optional
        Takes the tuple of arguments; ``None`` if the pickle may not call it.
    has_instances : bool
        Whether the pickle may make an :class:`Instance` of it.
    """

    name: str
    call: Callable[[tuple[Any, ...]], object] | None = None
    has_instances: bool = False


@dataclass(eq=False)
class Instance:
    """An object of the pickle: the name of its class, and its attributes.

    Attributes
    ----------
    name : str
        ``module.name`` of the class that the pickle names. The class itself is never imported.
    state : dict
        The attributes, by name.
    """

    name: str
    state: dict[str, Any] = field(default_factory=dict)


def read_pickle(
    pickle: bytes, *, admitted: Mapping[str, Global], persistent: Callable[[object], object], origin: str
) -> object:
    """Check a pickle, then build what it describes.

    Parameters
    ----------
    pickle : bytes
    admitted : mapping of str to Global
        Every name that the pickle may hold, by ``module.name``.
    persistent : callable
        Resolves persistent ids.
    origin : str
        What messages call the pickle.

    Returns
    -------
    object
        Numbers, text, tuples, lists, dicts, :class:`Instance`, and what the calls returned.

    Raises
    ------
    UnsafePickleError
        If it names anything that is not admitted or holds an instruction that no checkpoint
        needs. Nothing has been run then.
    ModelIntegrityError
        If it is damaged.
    """
    return _Machine(admitted, persistent, origin).run(scan_pickle(pickle, admitted, origin))


class _Machine:
    """Runs checked instructions. ``stack`` holds values; a mark is the stack's height at that time."""

    def __init__(self, admitted: Mapping[str, Global], persistent: Callable[[object], object], origin: str) -> None:
        self.admitted = admitted
        self.persistent = persistent
        self.origin = origin
        self.stack: list[Any] = []
        self.marks: list[int] = []
        self.memo: dict[int, Any] = {}

    def run(self, operations: list[tuple[str, Any]]) -> object:
        try:
            for name, argument in operations:
                self._step(name, argument)
            result = self.stack.pop()
        except (IndexError, KeyError) as error:  # an empty stack, no mark, an unset memo entry
            raise damaged(self.origin, "its object description asks for a value that is not there") from error
        if self.stack or self.marks:
            raise damaged(self.origin, "its object description leaves values behind")
        return result

    def _step(self, name: str, argument: Any) -> None:
        stack = self.stack
        if name in CONSTANTS:
            stack.append(argument)
        elif name in LITERALS:
            stack.append(LITERALS[name]())
        elif name.endswith("PUT"):
            self.memo[argument] = stack[-1]
        elif name.endswith("GET"):
            stack.append(self.memo[argument])
        elif name == "MARK":
            self.marks.append(len(stack))
        elif name in SHORT_TUPLES:
            stack.append(tuple(self._pop_many(len(stack) - SHORT_TUPLES[name])))
        elif name == "TUPLE":
            stack.append(tuple(self._pop_to_mark()))
        elif name in {"APPEND", "APPENDS"}:
            self._append([stack.pop()] if name == "APPEND" else self._pop_to_mark())
        elif name in {"SETITEM", "SETITEMS"}:
            self._set_items(self._pop_many(len(stack) - 2) if name == "SETITEM" else self._pop_to_mark())
        elif name == "GLOBAL":
            stack.append(self.admitted[argument.replace(" ", ".")])
        elif name == "BINPERSID":
            stack.append(self.persistent(stack.pop()))
        elif name in {"REDUCE", "NEWOBJ", "BUILD"}:
            target, given = self._pop_many(len(stack) - 2)
            stack.append(getattr(self, f"_{name.lower()}")(target, given))

    def _reduce(self, target: object, arguments: object) -> object:
        if not isinstance(target, Global) or target.call is None or not isinstance(arguments, tuple):
            raise unsafe(self.origin, f"calls {_described(target)}, which is not a function of a checkpoint")
        return target.call(arguments)

    def _newobj(self, target: object, arguments: object) -> Instance:
        if not isinstance(target, Global) or not target.has_instances or not isinstance(arguments, tuple) or arguments:
            raise unsafe(self.origin, f"makes an object of {_described(target)}, which is not a layer")
        return Instance(target.name)

    def _build(self, target: object, state: object) -> object:
        if isinstance(target, Instance) and isinstance(state, dict) and not target.state:
            target.state = state
        elif not isinstance(target, dict):  # torch hangs version notes on a state_dict: not needed here
            raise unsafe(self.origin, f"sets the state of {_described(target)}, which is not a layer")
        return target

    def _append(self, values: list[Any]) -> None:
        if not isinstance(self.stack[-1], list):
            raise damaged(self.origin, "its object description appends to something that is not a list")
        self.stack[-1].extend(values)

    def _set_items(self, flat: list[Any]) -> None:
        target, keys = self.stack[-1], flat[::2]
        if not isinstance(target, dict) or len(flat) % 2 or not all(isinstance(key, str) for key in keys):
            raise damaged(self.origin, "its object description fills something that is not a dictionary of names")
        target.update(zip(keys, flat[1::2], strict=True))

    def _pop_to_mark(self) -> list[Any]:
        return self._pop_many(self.marks.pop())

    def _pop_many(self, height: int) -> list[Any]:
        if height < 0 or height > len(self.stack) or (self.marks and height < self.marks[-1]):
            raise IndexError(height)
        values = self.stack[height:]
        del self.stack[height:]
        return values


def _described(target: object) -> str:
    return getattr(target, "name", None) or f"a value of type {type(target).__name__}"
