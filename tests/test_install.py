"""The package as users get it: from a wheel, from an sdist, and editable, used outside the checkout."""

from __future__ import annotations

import shutil
import subprocess
import sys
import sysconfig
import tarfile
import zipfile
from pathlib import Path

import pytest

from tests.helpers import ROOT

pytestmark = pytest.mark.slow

TRACKED = (
    "mbembed",
    "model",
    "examples",
    "setup.cfg",
    "pyproject.toml",
    "README.md",
    "LICENSE",
    "NOTICE",
    "MANIFEST.in",
)


def run(*command: str | Path, cwd: Path) -> str:
    result = subprocess.run([str(part) for part in command], cwd=cwd, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr + result.stdout
    return result.stdout


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the sources, without what earlier builds and runs left in the checkout."""
    folder = tmp_path_factory.mktemp("checkout")
    for name in TRACKED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        elif source.exists():
            shutil.copy(source, folder / name)
    return folder


@pytest.fixture(scope="module")
def distributions(checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "build", "--no-isolation", "--outdir", folder, checkout, cwd=folder)
    return folder


def environment(folder: Path) -> Path:
    """A virtual environment that sees the dependencies of this one, but not its mbembed."""
    run(sys.executable, "-m", "venv", "--without-pip", folder, cwd=folder.parent)
    python = folder / "bin" / "python"
    target = Path(run(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))", cwd=folder).strip())
    # A plain path entry: .pth files over there (an editable mbembed) are not followed.
    (target / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return python


def embeds_the_example(python: Path, folder: Path) -> None:
    shutil.copy(ROOT / "examples" / "cohort.biom", folder / "cohort.biom")
    command = python.parent / "mbembed"
    run(command, "embed", "cohort.biom", "-o", "embeddings.tsv", "-q", cwd=folder)
    lines = (folder / "embeddings.tsv").read_text().splitlines()
    assert len(lines) == 49
    where = run(python, "-c", "import mbembed; print(mbembed.__file__, mbembed.load_model().path)", cwd=folder).split()
    listed = run(command, "models", "list", cwd=folder)
    assert "units-cmd3 (default)" in listed
    assert str(ROOT) not in " ".join(where)


def install(python: Path, what: Path | str, *options: str, cwd: Path) -> None:
    run(
        sys.executable, "-m", "pip", "--python", python, "install", "--quiet", "--no-deps", "--no-build-isolation",
        "--disable-pip-version-check", *options, what, cwd=cwd,
    )  # fmt: skip


def test_wheel(distributions: Path, tmp_path: Path) -> None:
    (wheel,) = distributions.glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    assert {f"mbembed/model/{name}" for name in ("config.json", "species.tsv", "weights.safetensors")} <= set(names)
    modules = {str(path.relative_to(ROOT)) for path in (ROOT / "mbembed").rglob("*.py")}
    assert modules <= set(names), "packages in setup.cfg lack some"
    assert {f"mbembed/taxonomy/data/{path.name}" for path in (ROOT / "mbembed/taxonomy/data").iterdir()} <= set(names)
    assert not [name for name in names if name.startswith(("tests/", "benchmarks/", "examples/"))]
    python = environment(tmp_path / "env")
    install(python, wheel, cwd=tmp_path)
    embeds_the_example(python, tmp_path)


def test_sdist(distributions: Path, tmp_path: Path) -> None:
    (sdist,) = distributions.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        assert any(name.endswith("model/weights.safetensors") for name in archive.getnames())
    python = environment(tmp_path / "env")
    install(python, sdist, cwd=tmp_path)
    embeds_the_example(python, tmp_path)


def test_editable(checkout: Path, tmp_path: Path) -> None:
    python = environment(tmp_path / "env")
    install(python, checkout, "--editable", cwd=tmp_path)
    embeds_the_example(python, tmp_path)
