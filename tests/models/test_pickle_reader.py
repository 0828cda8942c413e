"""Malicious pickles are refused by name, before anything runs."""

from __future__ import annotations

import builtins
import functools
import operator
import os
import pickle
import pickletools
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from mbembed.errors import ModelError, ModelIntegrityError, UnsafePickleError
from mbembed.models.checkpoint import ENCODER, read_checkpoint
from mbembed.models.pickle_scan import MAX_PICKLE_BYTES, foreign_names
from tests.models.checkpoints import members_of, small_encoder, write_pickle, write_zip


class Calls:
    """Pickles as a call, as an attacker writes it."""

    def __init__(self, function: Any, *arguments: Any, state: Any = None) -> None:
        self.reduced = (function, arguments) if state is None else (function, arguments, state)

    def __reduce__(self) -> Any:
        return self.reduced


@pytest.fixture
def trap(tmp_path: Path) -> Path:
    """A file that exists only if something in a pickle was run."""
    return tmp_path / "was-run"


def attacks(trap: Path) -> dict[str, tuple[object, str]]:
    touch = f"touch {trap}"
    code = f"open({str(trap)!r}, 'w')"
    return {
        "os.system": (Calls(os.system, touch), "posix.system" if os.name == "posix" else "nt.system"),
        "builtins.eval": (Calls(eval, code), "eval"),
        "builtins.exec": (Calls(exec, code), "exec"),
        "getattr chain": (Calls(getattr, Calls(__import__, "os"), "system"), "getattr"),
        "functools.partial": (Calls(functools.partial(os.system, touch)), "partial"),
        "operator": (Calls(operator.methodcaller("touch"), trap), "methodcaller"),
        "subprocess": (
            Calls(subprocess.Popen, ["touch", str(trap)]),
            "Popen",
        ),  # protocol 2 calls the module by its Python 2 name
        "nested in a list": ([1, {"a": (Calls(builtins.open, str(trap), "w"),)}], "open"),
        "in the state": (Calls(dict, state={"x": Calls(os.system, touch)}), "system"),
    }


@pytest.mark.parametrize("attack", attacks(Path()))
@pytest.mark.parametrize("protocol", [0, 1, 2, 4, 5])
@pytest.mark.parametrize("packed", [True, False], ids=["zip", "raw"])
def test_malicious_pickle_is_refused_by_name(
    attack: str, protocol: int, packed: bool, tmp_path: Path, trap: Path
) -> None:
    root, name = attacks(trap)[attack]
    path = tmp_path / "evil.pkl"
    if packed:
        write_pickle(path, root, protocol)
    else:
        path.write_bytes(pickle.dumps(root, protocol))
    with pytest.raises(UnsafePickleError) as caught:
        read_checkpoint(path)
    assert name in str(caught.value)
    assert any(name in found for found in caught.value.names)
    assert not trap.exists()


def test_the_attacks_are_real(trap: Path) -> None:
    """The same bytes do run when Python's own unpickler reads them: the tests above mean something."""
    pickle.loads(pickle.dumps(Calls(os.system, f"touch {trap}")))
    assert trap.exists()


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"cos\nsystem\n(X\x02\x00\x00\x00lstR.", "os.system"),
        (b"(X\x02\x00\x00\x00lsios\nsystem\n.", "os.system"),
        # STACK_GLOBAL, its strings taken back from the memo
        (b"\x8c\x02os\x94\x8c\x06system\x940h\x00h\x01\x93.", "os.system"),
        # STACK_GLOBAL of admitted names is refused too: nothing needs it
        (b"X\x0b\x00\x00\x00collectionsX\x0b\x00\x00\x00OrderedDict\x93)R.", "STACK_GLOBAL"),
        (b"\x82\x01.", "extension code 1"),
        (b"\x83\x01\x00.", "extension code 1"),
        (b"(ccollections\nOrderedDict\no.", "OBJ"),
        (b"ccollections\nOrderedDict\n)}\x92.", "NEWOBJ_EX"),
        (b"ctorch.nn.modules.linear\nLinear\n)R.", "calls torch.nn.modules.linear.Linear"),
        (b"ccollections\nOrderedDict\n)\x81.", "makes an object of collections.OrderedDict"),
        (b"ctorch\nFloatStorage\n)R.", "calls torch.FloatStorage"),
        # the state of a function: with Python's unpickler this would change our own function
        (b"ctorch._utils\n_rebuild_tensor_v2\n}X\x08\x00\x00\x00__code__NsbX", "cannot be read"),
        (b"ctorch._utils\n_rebuild_tensor_v2\n}X\x08\x00\x00\x00__code__Nsb.", "sets the state of torch._utils"),
        (b"ctorch.nn.modules.linear\nLinear\n}X\x0c\x00\x00\x00__setstate__Nsb.", "sets the state of torch.nn"),
        (b"K\x01)R.", "calls a value of type int"),
        (b"ctorch.nn.modules.linear Linear\nx\n.", "torch.nn.modules.linear.Linear.x"),
        (b"ctorch._utils\n_rebuild_tensor_v2.__globals__\n.", "_rebuild_tensor_v2.__globals__"),
    ],
)
def test_hand_written_attacks(body: bytes, says: str, tmp_path: Path) -> None:
    members = members_of(small_encoder()) | {"data.pkl": b"\x80\x02" + body}
    with pytest.raises((UnsafePickleError, ModelIntegrityError)) as caught:
        read_checkpoint(write_zip(tmp_path / "evil.pkl", members))
    assert says in str(caught.value)


@pytest.mark.parametrize(
    "body",
    [b".", b"0.", b"t.", b"h\x05.", b"N", b"", b"NN.", b"(N.", b"(N}u.", b"(Ns.", b"Na.", b"](N(a.", b"}(K\x01K\x01u.",
     b"}(X\x01\x00\x00\x00au.", b"N.N.", b"N.cos\nsystem\n.", b"Q.", b"NQ.", b")Q.", b"q\x00.", b"X\xff\xff\xff\x7fa.", b"S'\\l'\n."],
)  # fmt: skip
def test_malformed_pickles(body: bytes, tmp_path: Path) -> None:
    members = members_of(small_encoder()) | {"data.pkl": b"\x80\x02" + body}
    with pytest.raises(ModelError):
        read_checkpoint(write_zip(tmp_path / "bad.pkl", members))


@pytest.mark.parametrize("body", [b"." * MAX_PICKLE_BYTES, b"\x85" * MAX_PICKLE_BYTES, b")" + b"\x85" * 200_000 + b"."])
def test_long_or_deep_pickles_end_quickly(body: bytes, tmp_path: Path) -> None:
    members = members_of(small_encoder()) | {"data.pkl": body}
    with pytest.raises(ModelError):
        read_checkpoint(write_zip(tmp_path / "long.pkl", members))


def test_a_pickle_that_is_too_long(tmp_path: Path) -> None:
    members = members_of(small_encoder()) | {"data.pkl": b"N" * (MAX_PICKLE_BYTES + 1)}
    with pytest.raises(ModelIntegrityError, match="bytes"):
        read_checkpoint(write_zip(tmp_path / "long.pkl", members))


def test_many_names_are_counted(tmp_path: Path) -> None:
    body = b"".join(f"cos\nname{number}\n".encode() for number in range(8)) + b"."
    with pytest.raises(UnsafePickleError, match=r"os\.name4 and 3 more") as caught:
        read_checkpoint(write_zip(tmp_path / "evil.pkl", members_of(small_encoder()) | {"data.pkl": body}))
    assert len(caught.value.names) == 8


def test_names_in_several_pickles_that_follow_each_other() -> None:
    legacy = pickle.dumps(119547037146038801333356) + pickle.dumps(1001) + b"cos\nsystem\n."
    assert foreign_names(legacy, ()) == ["os.system"]


def test_private_class_is_never_imported(checkpoint: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "LabData", raising=False)  # benchmarks.published supplies one
    root = read_checkpoint(checkpoint).root
    assert root.name == ENCODER
    assert "LabData" not in sys.modules


def test_our_writer_agrees_with_pickletools(checkpoint: Path) -> None:
    names = [op.name for op, _, _ in pickletools.genops(members_of(small_encoder())["data.pkl"])]
    assert names[0] == "PROTO"
    assert names[-1] == "STOP"
