"""What the R package asks for, without R: requests as R writes them, answers as R reads them."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csc_array

import mbembed
from mbembed.bridge.folder import answer_folder
from mbembed.bridge.looking import LOOKING
from mbembed.bridge.session import ACTIONS, PROTOCOL, answer
from mbembed.cli.main import main
from mbembed.outputs.summary import to_json

if TYPE_CHECKING:
    from pathlib import Path

SPECIES = ["Bacteroides uniformis", "Faecalibacterium prausnitzii", "Escherichia coli"]
SAMPLES = ["001", "Ünï-μ"]
VALUES = np.array([[0.5, 0.25, 0.25], [0.75, 0.0, 0.25]])


def parts_of(values: np.ndarray) -> list[bytes]:
    """Return what R's ``writeBin`` makes of the slots of a dgCMatrix."""
    matrix = csc_array(values)
    kinds = ((matrix.data, "<f8"), (matrix.indices, "<i4"), (matrix.indptr, "<i4"))
    return [part.astype(kind).tobytes() for part, kind in kinds]


def request(do: str = "embed", **more: Any) -> str:
    table = {"kind": "matrix", "rows": SAMPLES, "columns": SPECIES, "notes": []}
    return json.dumps({"protocol": PROTOCOL, "do": do, "table": table, **more})


def asked(text: str, parts: list[bytes] | None = None) -> tuple[dict[str, Any], list[bytes]]:
    content, *raw = answer(text, parts_of(VALUES) if parts is None else parts)
    return json.loads(content), raw


def frame() -> pd.DataFrame:
    return pd.DataFrame(VALUES, index=SAMPLES, columns=SPECIES)


def test_embed_gives_the_bytes_of_the_python_api() -> None:
    content, raw = asked(request())
    expected = mbembed.embed(frame())
    assert raw == [expected.values.astype("<f4").tobytes(order="F")]
    result = content["result"]
    assert result["samples"] == SAMPLES
    assert result["dimensions"] == expected.dimension_names
    assert result["match"]["taxon"] == expected.match.taxa()["taxon"].tolist()
    assert result["summary"]["model"]["name"] == mbembed.load_model().name
    assert result["warnings"] == expected.warnings


def test_taxa_in_rows_and_ranks_of_a_tax_table() -> None:
    table = {
        "kind": "phyloseq",
        "rows": ["OTU1", "OTU2", "OTU3"],
        "columns": SAMPLES,
        "taxa_are_rows": True,
        "ranks": {"Rank6": ["g__Bacteroides", None, "g__Escherichia"], "Rank7": [f"s__{name}" for name in SPECIES]},
        "samples": {"names": SAMPLES, "columns": {"age": [1, 2]}},
    }
    content, raw = asked(request(table=table), parts_of(VALUES.T))
    assert raw == asked(request())[1]
    decisions = {one["what"]: one["value"] for one in content["result"]["summary"]["input"]["decisions"]}
    assert decisions["orientation"] == "taxa-in-rows"


def test_paths_are_read_as_files(tmp_path: Path) -> None:
    frame().to_csv(tmp_path / "t.tsv", sep="\t")
    assert asked(request(table=str(tmp_path / "t.tsv")), [])[1] == asked(request())[1]
    one = [tmp_path / "a.tsv", tmp_path / "b.tsv"]
    for path, sample in zip(one, SAMPLES, strict=True):
        frame().loc[[sample]].to_csv(path, sep="\t")
    content, _ = asked(request(table=[str(path) for path in one]), [])
    assert len(content["result"]["samples"]) == 2


def test_options_are_those_of_the_api() -> None:
    content, _ = asked(request(options={"units": "percent", "names": "exact", "closure": "matched"}))
    summary = content["result"]["summary"]
    assert summary["input"]["units"] == "percent"
    assert (summary["options"]["names"], summary["options"]["closure"]) == ("exact", "matched")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (json.dumps({"protocol": PROTOCOL + 1, "do": "version"}), "usage"),
        (json.dumps({"protocol": PROTOCOL, "do": "dance"}), "usage"),
        ("{", "unexpected"),
        (request(options={"units": "litres"}), "usage"),
        (request(options={"min_coverage": 7}), "usage"),
        (request(model="no-such-model"), "model_not_found"),
        (request(table="no/such/file"), "table"),
        (request(table={"kind": "matrix", "rows": ["a", "b"], "columns": ["c", "d", "e"]}), "axis"),
    ],
)
def test_errors_are_told_not_raised(text: str, code: str) -> None:
    content, raw = asked(text)
    error = content["error"]
    assert error["code"] == code
    assert error["found"]
    assert raw == []
    if code != "unexpected":
        assert error["message"].startswith(error["found"])


def test_nothing_matched_has_its_hint_and_fields() -> None:
    table = {"kind": "matrix", "rows": SAMPLES, "columns": ["Unknownia una", "Unknownia dua", "Unknownia tria"]}
    error = asked(request(table=table))[0]["error"]
    assert error["code"] == "no_match"
    assert error["hint"]
    assert error["fields"]["n_taxa"] == 3
    assert error["fields"]["notes"] == []


def test_a_refusal_says_what_was_noticed_while_reading() -> None:
    rows = [f"Unknownia {name}" for name in ("una", "dua", "tria")]
    table = {"kind": "phyloseq", "rows": rows, "columns": SAMPLES, "taxa_are_rows": True}
    table["ranks"] = {"Family": ["Aaceae", "Bbaceae", "Ccaceae"], "Genus": ["Aaia", "Bbia", "Ccia"]}
    error = asked(request(table=table), parts_of(VALUES.T))[0]["error"]
    assert error["code"] == "no_match"
    assert any("genus was taken" in note for note in error["fields"]["notes"])


def test_a_bug_comes_with_its_traceback() -> None:
    error = asked(request(), [b"\0"])[0]["error"]
    assert error["code"] == "unexpected"
    assert "Traceback" in error["trace"]


def test_inspect_convert_models_version(tmp_path: Path) -> None:
    found = asked(request("inspect"))[0]["result"]
    assert found["models"][0]["verdict"] == "ok"
    target = tmp_path / "out.biom"
    asked(request("convert", convert={"path": str(target), "to_unit": "percent"}))
    assert mbembed.read_table(target).values.sum() == pytest.approx(200)
    models = asked(request("models"), [])[0]["result"]
    assert models[0]["default"]
    assert models[0]["dimensions"] == mbembed.load_model().n_dimensions
    assert asked(request("version"), [])[0]["result"]["mbembed"] == mbembed.__version__
    assert {"embed", "inspect", "convert", "models", "version", *LOOKING} == set(ACTIONS)


#: Samples of each of two groups, and species.
N_SAMPLES, N_SPECIES = 6, 30


def grouped() -> pd.DataFrame:
    """Percentages of two groups; cases have more of the first five species."""
    values = np.random.default_rng(0).gamma(0.7, size=(2 * N_SAMPLES, N_SPECIES))
    values[:N_SAMPLES, :5] *= 20
    names = [f"{group}{i}" for group in ("case", "ctrl") for i in range(N_SAMPLES)]
    species = mbembed.load_model().species[:N_SPECIES]
    return pd.DataFrame(100 * values / values.sum(axis=1, keepdims=True), index=names, columns=species)


def about(do: str, embedding: mbembed.Embedding, **more: Any) -> tuple[dict[str, Any], list[bytes]]:
    """Ask about an embedding of the groups, as R does: its table, then its vectors by columns."""
    values = grouped()
    table = {"kind": "matrix", "rows": list(values.index), "columns": list(values.columns), "notes": []}
    made = {name: embedding.summary[name] for name in ("model", "options")}
    known = {"samples": embedding.sample_ids, "summary": json.loads(to_json(made))}
    options = {"units": "percent", **more.pop("options", {})}
    vectors = embedding.values.astype("<f4").tobytes(order="F")
    text = request(do, table=table, embedding=known, options=options, **more)
    return asked(text, [*parts_of(values.to_numpy(dtype=float)), vectors])


@pytest.fixture(scope="module")
def embedding() -> mbembed.Embedding:
    return mbembed.embed(grouped(), units="percent")


def test_explain_gives_the_numbers_of_the_python_api(embedding: mbembed.Embedding) -> None:
    groups = {"group": [name[:4] for name in embedding.sample_ids]}
    samples = {"names": embedding.sample_ids, "columns": groups}
    options = {"contrast": "group", "case": "case", "resamples": 40, "seed": 3}
    content, raw = about("explain", embedding, samples=samples, options=options, by_sample=True)
    metadata = pd.DataFrame(groups, index=pd.Index(embedding.sample_ids))
    expected = mbembed.explain(embedding, metadata, contrast="group", case="case", resamples=40, seed=3)
    result = content["result"]
    assert pd.DataFrame(result["taxa"]).equals(expected.taxa)
    assert result["scores"]["score"] == expected.scores["score"].tolist()
    assert (result["words"], result["warnings"]) == (expected.words, expected.warnings)
    by_sample = np.frombuffer(raw[0], "<f8").reshape(len(result["scores"]["sample"]), -1, order="F")
    assert np.array_equal(by_sample, expected.samples().to_numpy())
    assert result["by_sample"] == list(expected.samples().columns)
    baseline = result["summary"]["explained"]["baseline_score"]
    np.testing.assert_allclose(by_sample.sum(axis=1), np.array(result["scores"]["score"]) - baseline, atol=1e-4)


def test_vectors_of_another_table_are_refused(embedding: mbembed.Embedding) -> None:
    other = replace(embedding, values=embedding.values + 1)
    error = about("explain", other, options={"axis": 1})[0]["error"]
    assert error["code"] == "usage"
    assert "gives other vectors" in error["found"]
    fewer = replace(embedding, values=embedding.values[1:], sample_ids=embedding.sample_ids[1:])
    assert "11 of them are the same" in about("impute", fewer, surprises=1)[0]["error"]["found"]


def test_neighbours_need_no_table(embedding: mbembed.Embedding) -> None:
    values = np.concatenate([embedding.values, embedding.values[:1]])
    twice = replace(embedding, values=values, sample_ids=[*embedding.sample_ids, "again"])
    options: dict[str, Any] = {"k": 2, "measure": "euclidean"}
    text = {"protocol": PROTOCOL, "do": "neighbours", "embedding": {"samples": twice.sample_ids}, "options": options}
    content, raw = asked(json.dumps(text), [values.astype("<f4").tobytes(order="F")])
    assert raw == []
    with pytest.warns(UserWarning, match="case0 and again"):
        expected = mbembed.neighbours(twice, **options)
    assert pd.DataFrame(content["result"]["neighbours"]).equals(expected)
    assert "case0 and again" in content["result"]["warnings"][0]


def test_the_range_is_that_of_the_python_api(embedding: mbembed.Embedding) -> None:
    found = about("range", embedding)[0]["result"]["range"]
    expected = mbembed.out_of_distribution(embedding)
    assert pd.DataFrame(found).set_index("sample").equals(expected)


def test_impute_gives_the_numbers_of_the_python_api(embedding: mbembed.Embedding) -> None:
    content, raw = about("impute", embedding, surprises=2)
    expected = mbembed.impute(embedding)
    for part, values in zip(raw, (expected.expected, expected.presence), strict=True):
        assert part == values.astype("<f4").tobytes(order="F")
    assert content["result"]["species"] == expected.species
    assert pd.DataFrame(content["result"]["surprises"]).equals(expected.surprises(2))


def test_the_report_is_written_where_it_was_asked_for(embedding: mbembed.Embedding, tmp_path: Path) -> None:
    pytest.importorskip("jinja2")
    samples = {"names": embedding.sample_ids, "columns": {"group": [name[:4] for name in embedding.sample_ids]}}
    page = tmp_path / "report.html"
    content, _ = about("report", embedding, path=str(page), samples=samples, options={"color_by": ["group"]})
    assert content["result"]["samples"] == 12
    assert "by group" in page.read_text(encoding="utf-8")
    error = about("report", embedding, path=str(tmp_path))[0]["error"]
    assert error["code"] == "output"


def test_the_folder_gives_the_same_answer(tmp_path: Path) -> None:
    (tmp_path / "request.json").write_text(request(), encoding="utf-8")
    for number, part in enumerate(parts_of(VALUES), 1):
        (tmp_path / f"request.{number}").write_bytes(part)
    answer_folder(tmp_path)
    content, raw = asked(request())
    written = json.loads((tmp_path / "answer.json").read_text(encoding="utf-8"))
    assert written == content
    assert (tmp_path / "answer.1").read_bytes() == raw[0]


def test_the_command_is_hidden_and_says_what_it_is_for(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["exchange", str(tmp_path)]) == 2
    assert "a folder that the R package mbembed made" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        main(["--help"])
    assert "exchange" not in capsys.readouterr().out
