"""Downloads against a loopback server: whatever happens, nothing is half installed."""

from __future__ import annotations

import os
import socket
from typing import TYPE_CHECKING

import pytest

from mbembed.errors import DownloadError, ModelError, ModelNotFoundError, OutputError, UsageError
from mbembed.models import downloading, published
from mbembed.models.pulling import DOWNLOADS, MIRROR_VARIABLE, find_pulled, pull_model
from mbembed.models.store import list_models
from tests.helpers import SHARED, needs_shared
from tests.models.checkpoints import small_encoder, write_checkpoint, write_species
from tests.models.server import Behaviour, publish_tiny, serve

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

RECORD = published.PUBLISHED["mae30"]


@pytest.fixture
def behaviour(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Behaviour:
    """The server has the files of ``tiny`` and behaves well."""
    return publish_tiny(tmp_path, monkeypatch)


@pytest.fixture
def address(behaviour: Behaviour) -> Iterator[str]:
    """Where the server is."""
    with serve(behaviour) as url:
        yield url


def nothing_installed(folder: Path) -> bool:
    return not any(entry.name != DOWNLOADS for entry in folder.iterdir()) and not [
        model for model in list_models() if model.name == "tiny"
    ]


def parts(folder: Path) -> list[int]:
    return sorted(path.stat().st_size for path in folder.rglob("*.part"))


def test_pull(behaviour: Behaviour, address: str, own_model_directory: Path) -> None:
    seen: list[tuple[int, int]] = []
    model = pull_model("tiny", base_url=address, progress=lambda done, total: seen.append((done, total)))
    total = sum(map(len, behaviour.files.values()))
    assert (model.n_inputs, model.n_dimensions) == (40, 300)
    assert model.config["source"]["statement"] == "published checkpoint tiny"
    assert seen[-1] == (total, total)
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)
    assert {path for path, _ in behaviour.requests} == {"/model/tiny.pkl", "/model/tiny.csv"}
    assert list(own_model_directory.rglob("*.part")) == []
    assert list((own_model_directory / DOWNLOADS).iterdir()) == []


def test_pull_of_an_installed_model_needs_no_network(address: str, behaviour: Behaviour) -> None:
    first = pull_model("tiny", base_url=address)
    n_requests = len(behaviour.requests)
    assert pull_model("tiny", base_url="http://127.0.0.1:1").path == first.path
    assert find_pulled("tiny") is not None
    assert len(behaviour.requests) == n_requests


def test_damaged_model_is_pulled_again(address: str) -> None:
    model = pull_model("tiny", base_url=address)
    (model.path / "weights.safetensors").write_bytes(b"damaged")
    assert find_pulled("tiny") is None
    assert pull_model("tiny", base_url=address).encoder.n_dimensions == 300


def test_another_model_of_that_name_is_left_alone(address: str, tmp_path: Path) -> None:
    from mbembed.models.importing import import_checkpoint

    other = write_checkpoint(tmp_path / "other.pkl", small_encoder(seed=5))
    import_checkpoint(other, write_species(tmp_path / "other.csv"), "tiny")
    with pytest.raises(OutputError, match="another model is installed"):
        pull_model("tiny", base_url=address)


def test_mirror_variable(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(MIRROR_VARIABLE, address + "/")
    assert pull_model("tiny").name == "tiny"


@pytest.mark.parametrize("mirror", ["file:///etc", "ftp://127.0.0.1/x", "nonsense", "http://"])
def test_mirror_that_is_no_web_address(mirror: str, behaviour: Behaviour, own_model_directory: Path) -> None:
    with pytest.raises(UsageError, match="not a web address"):
        pull_model("tiny", base_url=mirror)
    assert nothing_installed(own_model_directory)


def test_unknown_name() -> None:
    with pytest.raises(ModelNotFoundError, match="mae30"):
        pull_model("mae31")


def test_wrong_hash(behaviour: Behaviour, address: str, own_model_directory: Path) -> None:
    content = behaviour.files["tiny.pkl"]
    behaviour.files["tiny.pkl"] = content[:-1] + bytes([content[-1] ^ 1])
    with pytest.raises(DownloadError, match="not the published file"):
        pull_model("tiny", base_url=address)
    assert nothing_installed(own_model_directory)
    assert parts(own_model_directory) == []


@pytest.mark.parametrize("extra", [b"x", b"x" * 100_000])
def test_file_that_is_too_long(extra: bytes, behaviour: Behaviour, address: str, own_model_directory: Path) -> None:
    behaviour.extra = extra
    with pytest.raises(DownloadError, match="more than the published file"):
        pull_model("tiny", base_url=address)
    assert nothing_installed(own_model_directory)


def test_file_that_is_too_short(behaviour: Behaviour, address: str, own_model_directory: Path) -> None:
    behaviour.files["tiny.pkl"] = behaviour.files["tiny.pkl"][:-10]
    with pytest.raises(DownloadError):
        pull_model("tiny", base_url=address)
    assert nothing_installed(own_model_directory)


def test_cut_connection_is_resumed_within_a_call(behaviour: Behaviour, address: str) -> None:
    behaviour.cut_after = 20_000
    assert pull_model("tiny", base_url=address).n_dimensions == 300
    asked = [value for path, value in behaviour.requests if path.endswith("tiny.pkl")]
    assert asked[:3] == ["", "bytes=20000-", "bytes=40000-"]


def test_cut_connection_is_resumed_by_the_next_call(
    behaviour: Behaviour, address: str, own_model_directory: Path
) -> None:
    behaviour.cut_after = 1_000
    with pytest.raises(DownloadError, match="broke off 5 times, 5000 of"):
        pull_model("tiny", base_url=address)
    assert nothing_installed(own_model_directory)
    assert parts(own_model_directory) == [5_000]
    behaviour.cut_after = None
    behaviour.requests.clear()
    assert pull_model("tiny", base_url=address).n_dimensions == 300
    assert behaviour.requests[0] == ("/model/tiny.pkl", "bytes=5000-")


def test_connection_that_is_cut_at_once(behaviour: Behaviour, address: str, own_model_directory: Path) -> None:
    behaviour.cut_after = 0
    with pytest.raises(DownloadError, match="early"):
        pull_model("tiny", base_url=address)
    assert len(behaviour.requests) == 1
    assert nothing_installed(own_model_directory)


@pytest.mark.parametrize("defect", ["no ranges", "wrong range"])
def test_server_that_cannot_resume(defect: str, behaviour: Behaviour, address: str) -> None:
    behaviour.cut_after = 10_000
    behaviour.ranges = defect != "no ranges"
    with pytest.raises(DownloadError, match="could not be downloaded"):
        pull_model("tiny", base_url=address)
    behaviour.cut_after, behaviour.wrong_range = None, defect == "wrong range"
    assert pull_model("tiny", base_url=address).n_dimensions == 300


def cached(folder: Path) -> Path:
    cache = folder / DOWNLOADS / published.PUBLISHED["tiny"].checkpoint.sha256
    cache.mkdir(parents=True)
    return cache / "tiny.pkl.part"


@pytest.mark.parametrize("n_bytes", [1, 5_000, 10**6])
def test_part_of_another_file(n_bytes: int, behaviour: Behaviour, address: str, own_model_directory: Path) -> None:
    cached(own_model_directory).write_bytes(b"?" * n_bytes)
    assert pull_model("tiny", base_url=address).n_dimensions == 300


def test_complete_part_of_another_file(behaviour: Behaviour, address: str, own_model_directory: Path) -> None:
    cached(own_model_directory).write_bytes(b"?" * len(behaviour.files["tiny.pkl"]))
    assert pull_model("tiny", base_url=address).n_dimensions == 300


def test_complete_file_is_not_downloaded_again(behaviour: Behaviour, address: str, own_model_directory: Path) -> None:
    cached(own_model_directory).with_suffix("").write_bytes(behaviour.files["tiny.pkl"])
    pull_model("tiny", base_url=address)
    assert [path for path, _ in behaviour.requests] == ["/model/tiny.csv"]


@pytest.mark.parametrize("status", [403, 404, 416, 500, 503])
def test_errors_of_the_server(status: int, behaviour: Behaviour, address: str, own_model_directory: Path) -> None:
    behaviour.status = status
    with pytest.raises(DownloadError, match=f"answered {status}") as caught:
        pull_model("tiny", base_url=address)
    assert caught.value.status == status
    assert "models import" in caught.value.hint
    assert nothing_installed(own_model_directory)


def test_second_file_is_missing(behaviour: Behaviour, address: str, own_model_directory: Path) -> None:
    del behaviour.files["tiny.csv"]
    with pytest.raises(DownloadError, match="answered 404"):
        pull_model("tiny", base_url=address)
    assert nothing_installed(own_model_directory)


def test_no_network(behaviour: Behaviour, own_model_directory: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(DownloadError, match="cannot be reached"):
        pull_model("tiny", base_url=f"http://127.0.0.1:{port}")
    assert nothing_installed(own_model_directory)


def test_unknown_host(behaviour: Behaviour) -> None:
    with pytest.raises(DownloadError, match="cannot be reached"):
        pull_model("tiny", base_url="https://no-such-host.invalid/model")


@pytest.mark.parametrize("stall_after", [0, 3_000])
def test_stalled_server(
    stall_after: int, behaviour: Behaviour, address: str, own_model_directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(downloading, "TIMEOUT_S", 0.2)
    monkeypatch.setattr(downloading, "ATTEMPTS", 2)
    behaviour.stall_after = stall_after
    with pytest.raises(DownloadError, match=r"no bytes came for 0\.2 seconds|broke off 2 times"):
        pull_model("tiny", base_url=address)
    assert nothing_installed(own_model_directory)


def test_server_that_accepts_and_says_nothing(
    behaviour: Behaviour, own_model_directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(downloading, "TIMEOUT_S", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent, pytest.raises(DownloadError, match="cannot be reached"):
        pull_model("tiny", base_url=f"http://127.0.0.1:{silent.getsockname()[1]}")
    assert nothing_installed(own_model_directory)


def test_server_that_speaks_no_http(behaviour: Behaviour, monkeypatch: pytest.MonkeyPatch) -> None:
    import threading

    def answer(server: socket.socket) -> None:
        connection, _ = server.accept()
        with connection:
            connection.recv(1000)
            connection.sendall(b"SSH-2.0-OpenSSH\r\n\r\n")

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=answer, args=(server,), daemon=True)
        thread.start()
        with pytest.raises(DownloadError, match="cannot be reached"):
            pull_model("tiny", base_url=f"http://127.0.0.1:{server.getsockname()[1]}")
        thread.join()


def test_redirects(behaviour: Behaviour, address: str) -> None:
    with serve(Behaviour(redirect_to=address)) as url:
        assert pull_model("tiny", base_url=url).n_dimensions == 300


@pytest.mark.parametrize("elsewhere", ["", "file:///etc", "ftp://127.0.0.1", "data:,x"])
def test_redirects_in_a_circle_or_elsewhere(elsewhere: str, behaviour: Behaviour, address: str) -> None:
    behaviour.redirect_to = elsewhere or address
    with pytest.raises(DownloadError, match="answered 302"):
        pull_model("tiny", base_url=address)
    assert len(behaviour.requests) <= downloading.MAX_REDIRECTS + 1


def test_no_redirect_from_https_to_http() -> None:
    import urllib.error
    import urllib.request

    request = urllib.request.Request("https://example.org/a")
    with pytest.raises(urllib.error.HTTPError, match="not https"):
        downloading._Redirects().redirect_request(request, None, 302, "Found", {}, "http://example.org/a")


@pytest.mark.skipif(os.name == "nt", reason="POSIX resource limits")
def test_full_disk(behaviour: Behaviour, address: str, own_model_directory: Path) -> None:
    """A real write error in the middle of a file: the limit on file sizes stands for the full disk."""
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, hard))
    try:
        with pytest.raises(OutputError, match="cannot be written"):
            pull_model("tiny", base_url=address)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert nothing_installed(own_model_directory)


def test_directory_that_cannot_be_made(
    behaviour: Behaviour, address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("MBEMBED_MODELS", str(tmp_path / "file" / "models"))
    with pytest.raises(OutputError, match="cannot be written"):
        pull_model("tiny", base_url=address)


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write anywhere")
def test_directory_without_permission(behaviour: Behaviour, address: str, own_model_directory: Path) -> None:
    own_model_directory.chmod(0o500)
    try:
        with pytest.raises(OutputError, match="cannot be written"):
            pull_model("tiny", base_url=address)
    finally:
        own_model_directory.chmod(0o700)


def test_part_is_in_the_way(behaviour: Behaviour, address: str, own_model_directory: Path) -> None:
    cached(own_model_directory).mkdir()
    with pytest.raises((OutputError, ModelError)):
        pull_model("tiny", base_url=address)
    assert nothing_installed(own_model_directory)


@pytest.mark.shared
@needs_shared("upstream")
def test_pull_the_published_files() -> None:
    files = {file.name: (SHARED / "upstream" / file.name).read_bytes() for file in RECORD.files}
    with serve(Behaviour(files, cut_after=1_000_000)) as url:
        model = pull_model("mae30", base_url=url)
    assert (model.n_inputs, model.n_dimensions) == (902, 1024)
    assert find_pulled("mae30") is not None


def test_registry() -> None:
    for record in published.PUBLISHED.values():
        for file in record.files:
            assert file.url.startswith("https://")
            assert record.commit in file.url
            assert len(file.sha256) == 64
            assert file.n_bytes < 10**9
