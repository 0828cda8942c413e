"""The zip around a checkpoint and the numbers in it: damage and tricks are refused."""

from __future__ import annotations

import struct
import zipfile
from contextlib import suppress
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mbembed.errors import MbembedError, ModelError, ModelIntegrityError, UnsafePickleError
from mbembed.models.chain import read_chain
from mbembed.models.checkpoint import read_checkpoint
from tests.models.checkpoints import FOLDER, Layer, members_of, small_encoder, write_checkpoint, write_zip

if TYPE_CHECKING:
    from pathlib import Path

WEIGHT = small_encoder().modules["model"].modules["0"].parameters["weight"]


def test_tensors_are_read(checkpoint: Path) -> None:
    chain = read_chain(read_checkpoint(checkpoint))
    np.testing.assert_array_equal(chain.tensors["0.weight"], WEIGHT)
    assert [layer["type"] for layer in chain.layers] == ["linear", "batch_norm", "gelu", "dropout"]
    assert chain.n_batches == 7
    assert all(array.dtype == np.float32 for array in chain.tensors.values())


def test_big_endian_numbers(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "big.pkl", members_of(small_encoder(), order=">"))
    np.testing.assert_array_equal(read_chain(read_checkpoint(path)).tensors["0.weight"], WEIGHT)


def test_no_byte_order_means_little_endian(tmp_path: Path) -> None:
    members = members_of(small_encoder())
    del members["byteorder"]
    path = write_zip(tmp_path / "old.pkl", members)
    np.testing.assert_array_equal(read_chain(read_checkpoint(path)).tensors["0.weight"], WEIGHT)


def test_unknown_byte_order(tmp_path: Path) -> None:
    with pytest.raises(ModelIntegrityError, match="byte order"):
        read_checkpoint(write_checkpoint(tmp_path / "x.pkl", small_encoder(), byteorder=b"mixed"))


def test_truncated_anywhere(checkpoint: Path, tmp_path: Path) -> None:
    content = checkpoint.read_bytes()
    cut = tmp_path / "cut.pkl"
    offsets = {*range(0, len(content), 97), 1, 3, 4, 30, len(content) - 1, len(content) - 22}
    for offset in sorted(offsets):
        cut.write_bytes(content[:offset])
        with pytest.raises(ModelError):
            read_checkpoint(cut)


def test_zip_bomb(tmp_path: Path) -> None:
    members = members_of(small_encoder()) | {"data/0": b"\0" * 50_000_000}
    path = write_zip(tmp_path / "bomb.pkl", members, compression=zipfile.ZIP_DEFLATED)
    assert path.stat().st_size < 100_000
    with pytest.raises(ModelIntegrityError, match="compressed"):
        read_checkpoint(path)


def test_overlapping_members(tmp_path: Path) -> None:
    """Many entries of the directory that point at the same bytes: a bomb without compression."""
    path = tmp_path / "overlap.pkl"
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members_of(small_encoder()).items():
            archive.writestr(f"{FOLDER}/{name}", content)
        archive.writestr(f"{FOLDER}/data/900", b"\0" * 10_000)
        bomb = archive.infolist()[-1]
        for number in range(901, 911):
            copy = zipfile.ZipInfo(f"{FOLDER}/data/{number}")
            copy.header_offset, copy.CRC = bomb.header_offset, bomb.CRC
            copy.file_size = copy.compress_size = bomb.file_size
            archive.filelist.append(copy)
            archive.NameToInfo[copy.filename] = copy
        archive._didModify = True
    with pytest.raises(ModelIntegrityError, match=r"claim|overlap|Overlap"):
        read_checkpoint(path)


@pytest.mark.filterwarnings("ignore:Duplicate name:UserWarning")
def test_duplicate_member(tmp_path: Path) -> None:
    path = write_checkpoint(tmp_path / "twice.pkl", small_encoder())
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(f"{FOLDER}/data.pkl", b"\x80\x02N.")
    with pytest.raises(ModelIntegrityError, match="twice"):
        read_checkpoint(path)


@pytest.mark.parametrize("name", ["../outside", "/etc/passwd", "elsewhere/data/0", f"{FOLDER}/../x"])
def test_members_outside(name: str, checkpoint: Path) -> None:
    with zipfile.ZipFile(checkpoint, "a") as archive:
        archive.writestr(name, b"x")
    with pytest.raises(ModelIntegrityError, match="outside"):
        read_checkpoint(checkpoint)


def test_too_many_members(checkpoint: Path) -> None:
    with zipfile.ZipFile(checkpoint, "a") as archive:
        for number in range(4100):
            archive.writestr(f"{FOLDER}/more/{number}", b"")
    with pytest.raises(ModelIntegrityError, match="members"):
        read_checkpoint(checkpoint)


def test_no_object_description(tmp_path: Path) -> None:
    members = members_of(small_encoder())
    del members["data.pkl"]
    with pytest.raises(ModelIntegrityError, match="object descriptions"):
        read_checkpoint(write_zip(tmp_path / "x.pkl", members))


@pytest.mark.parametrize("content", [b"", b"\0" * 79, b"\0" * 84])
def test_storage_of_the_wrong_size(content: bytes, tmp_path: Path) -> None:
    with pytest.raises(ModelIntegrityError, match="data/0"):
        read_checkpoint(write_checkpoint(tmp_path / "x.pkl", small_encoder(), **{"data/0": content}))


def test_missing_storage(tmp_path: Path) -> None:
    members = members_of(small_encoder())
    del members["data/0"]
    with pytest.raises(ModelIntegrityError, match="missing"):
        read_checkpoint(write_zip(tmp_path / "x.pkl", members))


def weight_described_as(tmp_path: Path, offset: int, size: tuple[int, ...], stride: tuple[int, ...]) -> Path:
    """The published layout with another description of the first weight, (4, 5) with strides (5, 1)."""

    def numbers(*values: int) -> bytes:
        return b"".join(b"J" + struct.pack("<i", value) for value in values)

    members = members_of(small_encoder())
    before = numbers(0) + b"(" + numbers(4, 5) + b"t(" + numbers(5, 1) + b"t"
    after = numbers(offset) + b"(" + numbers(*size) + b"t(" + numbers(*stride) + b"t"
    assert before in members["data.pkl"]
    return write_zip(tmp_path / "x.pkl", members | {"data.pkl": members["data.pkl"].replace(before, after, 1)})


def test_strides_are_honoured(tmp_path: Path) -> None:
    path = weight_described_as(tmp_path, 0, (4, 5), (1, 4))
    transposed = read_chain(read_checkpoint(path)).tensors["0.weight"]
    np.testing.assert_array_equal(transposed, WEIGHT.ravel().reshape(5, 4).T)


def test_offsets_are_honoured(tmp_path: Path) -> None:
    path = weight_described_as(tmp_path, 5, (3, 5), (5, 1))
    np.testing.assert_array_equal(read_chain(read_checkpoint(path)).tensors["0.weight"], WEIGHT[1:])


@pytest.mark.parametrize(
    ("offset", "size", "stride"),
    [
        (1, (4, 5), (5, 1)),
        (0, (4, 6), (5, 1)),
        (0, (2**30, 2**30), (0, 0)),
        (0, (21, 1), (0, 1)),
        (-1, (4, 5), (5, 1)),
        (0, (-4, 5), (5, 1)),
        (0, (4, 5), (-5, 1)),
        (0, (4, 5), (5,)),
        (0, (0, 5), (5, 1)),
        (0, (1, 4, 5), (20, 5, 1)),
        (2**31 - 1, (1, 1), (1, 1)),
    ],
)
def test_tensors_reach_no_further_than_their_storage(
    offset: int, size: tuple[int, ...], stride: tuple[int, ...], tmp_path: Path
) -> None:
    with pytest.raises(ModelIntegrityError, match="tensor"):
        read_checkpoint(weight_described_as(tmp_path, offset, size, stride))


def test_state_dict_alone(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="state_dict"):
        read_checkpoint(write_checkpoint(tmp_path / "x.pkl", {"0.weight": WEIGHT}))


@pytest.mark.parametrize("content", [b"", b"hello", b"\x89PNG\r\n\x1a\n", b"PK\x03\x04", b"\x80\x02}q\x00.", b"<html>"])
def test_other_files(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "other.pkl"
    path.write_bytes(content)
    with pytest.raises(ModelIntegrityError, match="is not a checkpoint"):
        read_checkpoint(path)


def test_missing_file_and_directory(tmp_path: Path) -> None:
    for path in (tmp_path / "none.pkl", tmp_path):
        with pytest.raises(ModelError, match="cannot be read"):
            read_checkpoint(path)


FUZZ = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@FUZZ
@given(changes=st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 255)), min_size=1, max_size=6))
def test_changed_bytes_give_only_our_errors(changes: list[tuple[int, int]], checkpoint: Path) -> None:
    content = bytearray(write_checkpoint(checkpoint, small_encoder()).read_bytes())
    for at, value in changes:
        content[at % len(content)] = value
    checkpoint.write_bytes(content)
    with suppress(MbembedError):
        read_chain(read_checkpoint(checkpoint))


@FUZZ
@given(
    member=st.sampled_from(["data.pkl", "data.pkl", "data.pkl", "byteorder", "data/0"]),
    changes=st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 255)), min_size=1, max_size=6),
)
def test_changed_members_give_only_our_errors(member: str, changes: list[tuple[int, int]], tmp_path: Path) -> None:
    """As above, with a sound zip around the changed bytes."""
    members = members_of(small_encoder())
    content = bytearray(members[member])
    for at, value in changes:
        content[at % len(content)] = value
    path = write_zip(tmp_path / "x.pkl", members | {member: bytes(content)})
    with suppress(MbembedError):
        read_chain(read_checkpoint(path))


@FUZZ
@given(body=st.binary(max_size=200))
def test_random_pickles_give_only_our_errors(body: bytes, tmp_path: Path) -> None:
    path = write_zip(tmp_path / "x.pkl", members_of(Layer("GELU")) | {"data.pkl": b"\x80\x02" + body})
    with pytest.raises(ModelError):
        read_chain(read_checkpoint(path))


def test_legacy_checkpoints_are_refused_as_old(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    path = tmp_path / "legacy.pkl"
    torch.save(torch.nn.Sequential(torch.nn.Linear(2, 3)), path, _use_new_zipfile_serialization=False)
    with pytest.raises((ModelIntegrityError, UnsafePickleError)):
        read_checkpoint(path)
