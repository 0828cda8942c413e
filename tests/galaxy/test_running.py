"""The suite in a real Galaxy: planemo's lint and tests, the same bytes as the command line, real and bad input."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from mbembed.cli.main import main
from tests.galaxy.server import PLANEMO, SUITE, suite_tools
from tests.helpers import ROOT, SHARED, needs_shared

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.galaxy.client import History, Job
    from tests.galaxy.server import Galaxy

pytestmark = [
    pytest.mark.galaxy,
    pytest.mark.slow,
    # bioblend leaves the files open that it uploads.
    pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning"),
]

DATA = SUITE / "test-data"


def planemo(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    workspace = PLANEMO.parent / "workspace"  # instead of ~/.planemo
    command = [str(PLANEMO / "bin" / "planemo"), "--directory", str(workspace), *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


@pytest.fixture
def history(galaxy: Galaxy, request: pytest.FixtureRequest) -> History:
    from tests.galaxy.client import History

    return History(galaxy, request.node.name)


def embed(history: History, dataset: str, *, several: bool = False, **inputs: Any) -> Job:
    """Run mbembed embed on a dataset, or on a collection."""
    if several:
        table = {"tables|kind": "several", "tables|profiles": {"src": "hdca", "id": dataset}}
    else:
        table = {"tables|kind": "one", "tables|table": {"src": "hda", "id": dataset}}
    return history.run("mbembed_embed", {**table, **inputs})


def by_hand(folder: Path, *tables: Path | str) -> bytes:
    """Embed with the command line."""
    out = folder / "by_hand.tsv"
    assert main(["embed", *map(str, tables), "-o", str(out), "-q"]) == 0
    return out.read_bytes()


def test_lint() -> None:
    # Both ask servers on the internet: bio.tools for the entry, the Tool Shed for the last version.
    done = planemo("lint", "--fail_level", "warn", "--skip", "BioToolsValid", SUITE)
    assert done.returncode == 0, done.stdout[-4000:]
    done = planemo("shed_lint", "--tools", "--fail_level", "error", "--skip", "version_bumped,BioToolsValid", SUITE)
    assert done.returncode == 0, done.stdout[-4000:]
    done = planemo("workflow_lint", "--fail_level", "warn", SUITE / "workflows")
    assert done.returncode == 0, done.stdout[-4000:]
    for workflow in (SUITE / "workflows").glob("*.ga"):  # gxformat2's own opinion
        subprocess.run([PLANEMO / "bin" / "gxwf-lint", workflow], check=True)


@pytest.mark.parametrize(
    "tool", [*suite_tools(), SUITE / "workflows" / "metaphlan_to_embeddings.ga"], ids=lambda p: p.stem
)
def test_planemo(tool: Path, galaxy: Galaxy, tmp_path: Path) -> None:
    report = tmp_path / "tests.json"
    done = planemo(
        "test", "--engine", "external_galaxy", "--galaxy_url", galaxy.url, "--galaxy_user_key", galaxy.key,
        "--galaxy_admin_key", galaxy.key, "--no_shed_install", "--test_output", tmp_path / "tests.html",
        "--test_output_json", report, tool,
    )  # fmt: skip
    tests = json.loads(report.read_text())["tests"]
    failures = [
        (test["id"], test["data"].get("output_problems"), test["data"].get("execution_problem"))
        for test in tests
        if test["data"]["status"] != "success"
    ]
    assert not failures, str(failures)[:4000]
    assert tests
    assert done.returncode == 0, done.stdout[-4000:]


@pytest.mark.parametrize(
    ("name", "datatype"),
    [
        ("counts.biom2", "biom2"),
        ("counts.biom1", "biom1"),
        ("merged_metaphlan.tabular", "auto"),
        ("counts.csv", "auto"),
        ("phyloseq.rds", "phyloseq"),
        ("counts.h5ad", "auto"),
    ],
)
def test_embeddings_are_those_of_the_command_line_to_the_last_byte(
    name: str, datatype: str, history: History, tmp_path: Path
) -> None:
    job = embed(history, history.upload(DATA / name, datatype), reports=[])
    assert job.state == "ok", job.stderr
    assert job.outputs["embeddings"].content == by_hand(tmp_path, DATA / name)


def test_samples_of_a_collection_are_named_by_its_elements(history: History) -> None:
    profiles = [history.upload(DATA / f"profile_S0{i}.tabular") for i in (1, 2, 3)]
    names = ["first v1.5", "it's second_profile", "third_profile.txt"]
    job = embed(history, history.collection(dict(zip(names, profiles, strict=True))), several=True, reports=[])
    assert job.state == "ok", job.stderr
    rows = job.outputs["embeddings"].content.decode().splitlines()
    assert [row.split("\t")[0] for row in rows] == ["sample", "first v1.5", "it's second", "third"]


def test_two_datasets_of_one_name_are_refused_by_name(history: History) -> None:
    datasets = [history.upload(DATA / f"profile_S0{i}.tabular", name="S1_profile.txt") for i in (1, 2)]
    inputs = {"tables|kind": "several", "tables|profiles": [{"src": "hda", "id": dataset} for dataset in datasets]}
    job = history.run("mbembed_embed", {**inputs, "reports": []})
    assert job.state == "error"
    assert job.outputs["embeddings"].info.startswith("error: 1 sample name stands in more than one file: 'S1' in ")


BAD = {
    "datatype": ("metadata.tabular", "tabular"),
    "picture": ("../static/images/path.svg", "tabular"),
    "no-table": ("text.tabular", "tabular"),
    "no-match": ("plants.tabular", "tabular"),
    "no-taxonomy": ("no_taxonomy.rds", "phyloseq"),
    "truncated-biom1": ("truncated.biom1", "biom1"),
    "truncated-biom2": ("truncated.biom2", "biom2"),
    "NaN": ("nan.tabular", "tabular"),
}


@pytest.mark.parametrize("case", [*BAD, "empty"])
def test_bad_input_ends_red_with_one_paragraph_and_nothing_else(
    case: str, history: History, galaxy: Galaxy, tmp_path: Path
) -> None:
    name, datatype = BAD.get(case, ("", "tabular"))
    path = DATA / name
    if case == "empty":
        path = tmp_path / "empty.tabular"
        path.write_text("\n")
    job = embed(history, history.upload(path, datatype), reports=["report", "match", "summary"])
    assert job.state == "error"
    assert len(job.outputs) == 4
    for output in job.outputs.values():
        assert output.state == "error"
        assert output.content == b""
        first = output.info.splitlines()[0]
        assert first.startswith("error: ")
        assert " Expected: " in first
        assert "Traceback" not in output.info
        assert "dataset_" not in output.info
    assert job.stderr.startswith(first)
    assert not list((galaxy.state / "data" / "tmp").glob("*embeddings*"))
    kept = [path for path in (galaxy.state / "data").rglob("embeddings.*") if "jobs_directory" not in path.parts]
    assert not kept


def explain(history: History, inputs: Mapping[str, Any]) -> Job:
    """Run mbembed explain on counts.biom2 with the small model."""
    table = {"tables|kind": "one", "tables|table": {"src": "hda", "id": history.upload(DATA / "counts.biom2", "biom2")}}
    model = {"model|source": "installed", "model|installed": "small", "measuring|resamples": 40}
    return history.run("mbembed_explain", {**table, **model, **inputs})


def test_a_head_that_evaluate_fitted_is_explained(history: History) -> None:
    metadata = {"src": "hda", "id": history.upload(DATA / "metadata.tabular", "tabular")}
    table = {"src": "hda", "id": history.upload(DATA / "counts.biom2", "biom2")}
    evaluation = history.run("mbembed_evaluate", {
        "tables|kind": "one", "tables|table": table, "labels|metadata": metadata, "labels|target": "2",
        "model|source": "installed", "model|installed": "small", "outputs_wanted": ["fitted"],
        "measuring|protocols": ["cross-validation"], "measuring|repeats": 5, "measuring|representations": ["model"],
    })  # fmt: skip
    assert evaluation.state == "ok", evaluation.stderr
    head = {"src": "hda", "id": evaluation.outputs["fitted"].id}
    job = explain(history, {"question|what": "head", "question|head": head})
    assert job.state == "ok", job.stderr
    assert "the head for group: case" in job.outputs["words"].content.decode()


def test_groups_may_be_called_anything(history: History, tmp_path: Path) -> None:
    rows = (DATA / "metadata.tabular").read_text()
    path = tmp_path / "it's metadata.tabular"
    path.write_text(rows.replace("control", "no Crohn's, BMI < 25 $HOME é").replace("\tgroup", "\tgroup (at visit)"))
    metadata = {"src": "hda", "id": history.upload(path, "tabular")}
    question = {"what": "contrast", "metadata": metadata, "contrast": "2", "control": "no Crohn's, BMI < 25 $HOME é"}
    asked = {f"question|{name}": value for name, value in question.items()}
    job = explain(history, {**asked, "outputs_wanted": ["summary"]})
    assert job.state == "ok", job.stderr
    words = job.outputs["words"].content.decode()
    assert "the direction from no Crohn's, BMI < 25 $HOME é to case (group (at visit))" in words
    assert "../metadata/it's metadata.tabular" in job.outputs["summary"].content.decode()


REAL = {
    "metaphlan3": ("crossprofiler/metaphlan3_merged.txt", "auto"),
    "biom1": ("formats/biom/json_metaphlan_4samples.biom", "biom1"),
    "biom2": ("corpus/profiles.biom", "biom2"),
    "R-object": ("formats/motus/wirbel_otu.rda", "rdata"),
    "phyloseq-of-genera": ("formats/phyloseq/enterotype.RData", "rdata"),
}


@pytest.mark.shared
@pytest.mark.parametrize("case", [pytest.param(case, marks=needs_shared(name)) for case, (name, _) in REAL.items()])
def test_real_tables(case: str, history: History, tmp_path: Path) -> None:
    name, datatype = REAL[case]
    job = embed(history, history.upload(SHARED / name, datatype), reports=["match"])
    if case == "phyloseq-of-genera":
        assert job.state == "error"
        assert job.outputs["embeddings"].info.startswith("error: none of the 552 taxa is a species of the model")
        return
    assert job.state == "ok", job.stderr
    assert job.outputs["embeddings"].content == by_hand(tmp_path, SHARED / name)


@pytest.mark.shared
@needs_shared("formats/metaphlan")
def test_a_collection_of_real_profiles(history: History, tmp_path: Path) -> None:
    paths = sorted((SHARED / "formats" / "metaphlan").glob("*_metaphlan3-db.metaphlan3_profile.txt"))
    assert len(paths) > 2
    collection = history.collection({path.name: history.upload(path) for path in paths})
    job = embed(history, collection, several=True, reports=["match"])
    assert job.state == "ok", job.stderr
    assert job.outputs["embeddings"].content == by_hand(tmp_path, *paths)


@pytest.fixture
def screenshots(tmp_path: Path) -> Path:
    from tests.galaxy.browser import BROWSER, DRIVER

    if not BROWSER or not DRIVER:
        pytest.skip("Chromium and its driver are not installed: tools/install-galaxy.sh")
    return Path(os.environ.get("MBEMBED_SCREENSHOTS", tmp_path))


def test_the_figure_of_an_explanation_is_shown(galaxy: Galaxy, screenshots: Path) -> None:
    from tests.galaxy.browser import explain_in_browser

    assert explain_in_browser(galaxy, screenshots) > 300


def test_in_the_browser(galaxy: Galaxy, screenshots: Path) -> None:
    from tests.galaxy.browser import embed_in_browser

    for table, datatype in (("counts.biom2", "biom2"), ("merged_metaphlan.tabular", "tabular")):
        visit = embed_in_browser(galaxy, table, datatype, screenshots)
        assert "Minimum coverage" in visit.form
        assert visit.outputs == ["embeddings", "match", "report"]
        assert f"Embedding of {table}" in visit.report
        assert "The table matches the model" in visit.report
        assert visit.images[0] == visit.images[1] > 3
        assert visit.scripts == 0  # so that a server which strips them shows the same
        assert not visit.severe
