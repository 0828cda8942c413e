"""Files appear whole or not at all."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from mbembed.errors import OutputError
from mbembed.outputs.atomic import atomic_path

#: A process that writes half a file, says so, and waits.
HALF_WAY = """
import sys, time
from mbembed.outputs.atomic import atomic_path
with atomic_path(sys.argv[1]) as temporary, open(temporary, "w") as handle:
    handle.write("half")
    handle.flush()
    print("half way", flush=True)
    time.sleep(60)
"""


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def start_half_way(target: Path) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", HALF_WAY, str(target)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "half way\n"
    return process


def test_a_file_gets_its_name_at_the_end(tmp_path: Path) -> None:
    with atomic_path(tmp_path / "out.tsv") as temporary:
        assert temporary.parent == tmp_path
        assert temporary.name.startswith(".")
        temporary.write_text("all")
        assert not (tmp_path / "out.tsv").exists()
    assert names(tmp_path) == ["out.tsv"]
    assert (tmp_path / "out.tsv").read_text() == "all"


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, SystemExit])
def test_an_error_leaves_what_was_there(tmp_path: Path, error: type[BaseException]) -> None:
    target = tmp_path / "out.tsv"
    target.write_text("old")
    with pytest.raises(error), atomic_path(target) as temporary:  # noqa: PT012
        temporary.write_text("half")
        raise error
    assert names(tmp_path) == ["out.tsv"]
    assert target.read_text() == "old"


def test_the_file_may_be_replaced_while_open_elsewhere(tmp_path: Path) -> None:
    target = tmp_path / "out.tsv"
    target.write_text("old")
    with target.open() as reader, atomic_path(target) as temporary:
        temporary.write_text("new")
        assert reader.read() == "old"
    assert target.read_text() == "new"


def test_folders_are_made(tmp_path: Path) -> None:
    with atomic_path(tmp_path / "a" / "b" / "out.tsv") as temporary:
        temporary.write_text("x")
    assert (tmp_path / "a" / "b" / "out.tsv").read_text() == "x"


@pytest.mark.skipif(os.name == "nt", reason="POSIX permissions")
@pytest.mark.parametrize("umask", [0o022, 0o077, 0o002])
def test_permissions_follow_the_umask(tmp_path: Path, umask: int) -> None:
    before = os.umask(umask)
    try:
        with atomic_path(tmp_path / "out.tsv") as temporary:
            temporary.write_text("x")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "out.tsv").stat().st_mode) == 0o666 & ~umask


def test_a_link_stays_and_its_file_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    (tmp_path / "disk" / "real.tsv").write_text("old")
    link = tmp_path / "link.tsv"
    link.symlink_to(tmp_path / "disk" / "real.tsv")
    with atomic_path(link) as temporary:
        assert temporary.parent == tmp_path / "disk"
        temporary.write_text("new")
    assert link.is_symlink()
    assert (tmp_path / "disk" / "real.tsv").read_text() == "new"


def test_a_dangling_link_gets_its_file(tmp_path: Path) -> None:
    link = tmp_path / "link.tsv"
    link.symlink_to(tmp_path / "later.tsv")
    with atomic_path(link) as temporary:
        temporary.write_text("new")
    assert (tmp_path / "later.tsv").read_text() == "new"


@pytest.mark.skipif(not Path("/dev/null").exists(), reason="needs /dev/null")
def test_a_device_is_written_not_replaced(tmp_path: Path) -> None:
    link = tmp_path / "null.tsv"
    link.symlink_to("/dev/null")
    with atomic_path(link) as temporary:
        temporary.write_text("x")
    assert stat.S_ISCHR(Path("/dev/null").stat().st_mode)
    assert names(tmp_path) == ["null.tsv"]


def test_a_long_name_is_no_problem(tmp_path: Path) -> None:
    name = "é" * 125 + ".tsv"  # 254 bytes of 255
    with atomic_path(tmp_path / name) as temporary:
        temporary.write_text("x")
    assert names(tmp_path) == [name]


@pytest.mark.skipif(os.name == "nt", reason="POSIX signals")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_polite_signal_cleans_up(tmp_path: Path, number: signal.Signals) -> None:
    process = start_half_way(tmp_path / "out.tsv")
    process.send_signal(number)
    process.communicate(timeout=20)
    assert process.returncode == (128 + number if number == signal.SIGTERM else -number)
    assert names(tmp_path) == []


@pytest.mark.skipif(os.name == "nt", reason="POSIX signals")
def test_a_killed_process_leaves_nothing_under_the_name(tmp_path: Path) -> None:
    process = start_half_way(tmp_path / "out.tsv")
    process.kill()
    process.communicate(timeout=20)
    assert not (tmp_path / "out.tsv").exists()
    assert all(name.startswith(".out.tsv.") and name.endswith(".tmp") for name in names(tmp_path))


def test_the_handler_of_the_host_program_stays(tmp_path: Path) -> None:
    def host(number: int, frame: object) -> None: ...

    before = signal.signal(signal.SIGTERM, host)
    try:
        with atomic_path(tmp_path / "a.tsv"):
            assert signal.getsignal(signal.SIGTERM) is host
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        with atomic_path(tmp_path / "a.tsv"):
            assert signal.getsignal(signal.SIGTERM) != signal.SIG_DFL
        assert signal.getsignal(signal.SIGTERM) == signal.SIG_DFL
    finally:
        signal.signal(signal.SIGTERM, before)


def test_a_directory_in_the_way(tmp_path: Path) -> None:
    with pytest.raises(OutputError) as caught, atomic_path(tmp_path):
        raise AssertionError("must not get here")
    assert str(caught.value) == (
        f"{tmp_path} cannot be written (it is a directory). Expected: the name of a file. "
        f"Try: name a file in it: {tmp_path}/embeddings.tsv."
    )


def test_a_file_where_a_folder_should_be(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(OutputError, match="cannot be written") as caught, atomic_path(tmp_path / "file" / "out.tsv"):
        raise AssertionError("must not get here")
    assert caught.value.expected == "a folder that exists or can be made"


@pytest.mark.skipif(not hasattr(os, "getuid") or os.getuid() == 0, reason="uid 0 may write everywhere")
def test_a_folder_without_permission(tmp_path: Path) -> None:
    tmp_path.chmod(0o555)
    try:
        with pytest.raises(OutputError, match="Permission denied"), atomic_path(tmp_path / "out.tsv"):
            raise AssertionError("must not get here")
    finally:
        tmp_path.chmod(0o755)


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="needs /proc")
def test_a_file_system_that_takes_no_files() -> None:
    with pytest.raises(OutputError, match="cannot be written") as caught, atomic_path("/proc/out.tsv"):
        raise AssertionError("must not get here")
    assert caught.value.hint == "choose another folder"


@pytest.mark.skipif(os.name == "nt", reason="needs setrlimit")
def test_a_file_that_grows_too_large(tmp_path: Path) -> None:
    script = """
    import resource, sys
    from mbembed.errors import OutputError
    from mbembed.outputs.atomic import atomic_path
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
    try:
        with atomic_path(sys.argv[1]) as temporary:
            temporary.write_bytes(bytes(100_000))
    except OutputError as error:
        sys.exit(f"{error.found}|{error.hint}")
    """
    target = tmp_path / "out.tsv"
    process = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script), str(target)], capture_output=True, text=True, timeout=60
    )
    assert process.stderr == (
        f"{target} cannot be written (File too large)|write to another disk, or raise the limit (ulimit -f)\n"
    )
    assert names(tmp_path) == []
