"""The one path: file → match → vectors, against numbers that torch made."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

import mbembed
from mbembed.errors import MissingExtraError, NoMatchError, UsageError
from tests.helpers import ROOT, SHARED, needs_shared

if TYPE_CHECKING:
    from pathlib import Path

GOLDEN = ROOT / "tests" / "data" / "golden"
MODEL = str(GOLDEN / "model")


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    return pd.read_csv(GOLDEN / "input.tsv", sep="\t", index_col=0)


def test_golden_embedding_from_the_file() -> None:
    embedding = mbembed.embed(GOLDEN / "input.tsv", MODEL, units="fraction")
    expected = np.load(GOLDEN / "embedding.npy")
    assert embedding.sample_ids == [f"golden{i}" for i in range(1, 9)]
    np.testing.assert_allclose(embedding.values, expected[1:], atol=2e-6, rtol=0)
    assert embedding.left_out == {"golden0": "all zero"}
    assert any("golden0 (all zero)" in warning for warning in embedding.warnings)


def test_golden_preprocessing() -> None:
    profile = mbembed.read_table(GOLDEN / "input.tsv", units="fraction")
    model = mbembed.load_model(MODEL)
    match = mbembed.match_profile(profile, model)
    np.testing.assert_allclose(
        model.preprocessing.apply(match.fractions()), np.load(GOLDEN / "preprocessed.npy"), atol=1e-6, rtol=0
    )


def test_empty_samples_on_request_as_published() -> None:
    embedding = mbembed.embed(GOLDEN / "input.tsv", MODEL, units="fraction", on_empty="floor")
    np.testing.assert_allclose(embedding.values, np.load(GOLDEN / "embedding.npy"), atol=2e-6, rtol=0)
    assert embedding.left_out == {"golden0": "all zero"}


def test_empty_samples_as_missing_values() -> None:
    embedding = mbembed.embed(GOLDEN / "input.tsv", MODEL, units="fraction", on_empty="nan")
    assert embedding.sample_ids[0] == "golden0"
    assert np.isnan(embedding.values[0]).all()
    assert np.isfinite(embedding.values[1:]).all()


def test_alone_or_in_any_order(table: pd.DataFrame) -> None:
    whole = mbembed.embed(table, MODEL, units="fraction").to_frame()
    for sample in table.index[1:]:
        alone = mbembed.embed(table.loc[[sample]], MODEL, units="fraction").to_frame()
        np.testing.assert_allclose(alone, whole.loc[[sample]], atol=1e-6, rtol=0)
    backwards = mbembed.embed(table.iloc[::-1, ::-1], MODEL, units="fraction").to_frame()
    np.testing.assert_allclose(backwards.loc[whole.index], whole, atol=1e-6, rtol=0)


def test_units_lead_to_the_same_vectors(table: pd.DataFrame) -> None:
    closed = table.iloc[3:].div(table.iloc[3:].sum(axis=1), axis=0)
    fractions = mbembed.embed(closed, MODEL)
    percent = mbembed.embed(closed * 100, MODEL)
    assert (fractions.match.profile.unit, percent.match.profile.unit) == ("fraction", "percent")
    np.testing.assert_allclose(percent.values, fractions.values, atol=1e-6, rtol=0)
    counts = (closed * 1e6).round()
    from_counts = mbembed.embed(counts, MODEL)
    assert from_counts.match.profile.unit == "counts"
    by_hand = mbembed.embed(counts.div(counts.sum(axis=1), axis=0), MODEL, units="fraction")
    np.testing.assert_allclose(from_counts.values, by_hand.values, atol=1e-6, rtol=0)


def test_unknown_is_unclassified_not_a_species(table: pd.DataFrame) -> None:
    with_unknown = table.iloc[3:] * 0.5
    with_unknown["UNKNOWN"] = 0.5
    embedding = mbembed.embed(with_unknown, MODEL, units="fraction")
    assert "unknown" not in [name.lower() for name in embedding.match.profile.taxon_names]
    np.testing.assert_allclose(embedding.match.unclassified_fraction, 0.5, rtol=1e-6)
    without = mbembed.embed(table.iloc[3:] * 0.5, MODEL, units="fraction")
    np.testing.assert_array_equal(embedding.values, without.values)


@pytest.mark.parametrize("closure", ["classified", "matched"])
def test_closure_says_what_abundances_are_fractions_of(table: pd.DataFrame, closure: str) -> None:
    part = table.iloc[3:] * 0.5
    part["Outsider alienus"] = 0.25
    divisor = 1.0 if closure == "matched" else 1.5
    embedding = mbembed.embed(part, MODEL, units="fraction", closure=closure)
    expected = mbembed.embed(table.iloc[3:].div(divisor), MODEL, units="fraction", closure="input")
    np.testing.assert_allclose(embedding.values, expected.values, atol=2e-6, rtol=0)


def test_repeated_species_share_equally(table: pd.DataFrame) -> None:
    match = mbembed.match_profile(mbembed.read_table(table, units="fraction"), mbembed.load_model(MODEL))
    (placement,) = [
        place
        for taxon, place in zip(match.profile.taxa, match.placements, strict=True)
        if taxon.name == "Repetita tripla"
    ]
    assert placement.columns == ((3, pytest.approx(1 / 3)), (4, pytest.approx(1 / 3)), (5, pytest.approx(1 / 3)))


@pytest.mark.parametrize(("names", "n_matched"), [("exact", 1), ("resolve", 2)])
def test_other_spellings_only_through_the_resolver(names: str, n_matched: int) -> None:
    table = pd.DataFrame([[0.5, 0.5]], index=["s"], columns=["examplea PRIMA", "Placeholder_A species_B"])
    profile = mbembed.read_table(table, orientation="samples-in-rows", units="fraction")
    match = mbembed.match_profile(profile, mbembed.load_model(MODEL), names=names)
    assert match.matched_taxa.sum() == n_matched


def test_a_column_called_unknown_feeds_the_unnamed_columns_as_published(table: pd.DataFrame) -> None:
    halves = table.iloc[3:] * 0.5
    halves["unknown"] = 0.5
    embedding = mbembed.embed(halves, MODEL, units="fraction")
    assert embedding.match.feeds_unnamed
    assert embedding.match.coverage == pytest.approx(1.0)  # of the classified abundance: it is no species
    fractions = embedding.match.fractions().toarray()
    assert fractions[:, 2] == pytest.approx(0.5)
    assert any("unknown" in warning for warning in embedding.warnings)


def test_nothing_matches(table: pd.DataFrame) -> None:
    strangers = table.rename(columns=lambda name: "Aliena " + name.split()[-1] + "a")
    with pytest.raises(NoMatchError) as caught:
        mbembed.embed(strangers, MODEL, units="fraction", orientation="samples-in-rows")
    assert "Aliena primaa" in caught.value.found
    assert "Examplea prima" in caught.value.expected
    assert "mbembed inspect" in caught.value.hint


def test_low_coverage_is_a_warning_with_its_number(table: pd.DataFrame) -> None:
    diluted = table.iloc[3:] * 0.3
    diluted["Outsider alienus"] = 0.7
    embedding = mbembed.embed(diluted, MODEL, units="fraction")
    assert embedding.match.verdict == "low coverage"
    (warning,) = [warning for warning in embedding.warnings if "only" in warning]
    assert "30% of the abundance" in warning
    assert "Outsider alienus (70.0%, unknown name)" in warning


def test_min_coverage_leaves_samples_out(table: pd.DataFrame) -> None:
    mixed = table.iloc[3:].copy()
    mixed["Outsider alienus"] = 0.0
    mixed.iloc[0] *= 0.2
    mixed.iloc[0, -1] = 0.8
    embedding = mbembed.embed(mixed, MODEL, units="fraction", min_coverage=0.5)
    assert list(embedding.left_out) == ["golden3"]
    assert embedding.left_out["golden3"] == "20.0% matched, less than 50%"
    assert not any("unreliable vectors" in warning for warning in embedding.warnings)  # it got none
    kept = mbembed.embed(mixed, MODEL, units="fraction", min_coverage=0.5, on_empty="floor")
    assert "golden3" in kept.sample_ids
    assert any("embedded all the same: golden3" in warning for warning in kept.warnings)
    with pytest.raises(NoMatchError, match="no sample reaches"):
        mbembed.embed(mixed.iloc[[0]], MODEL, units="fraction", min_coverage=0.5)


def test_badly_matched_samples_are_named_though_the_rest_is_well(table: pd.DataFrame) -> None:
    mixed = table.iloc[3:].copy()
    mixed["Outsider alienus"] = 0.0
    mixed.iloc[0] *= 0.2
    mixed.iloc[0, -1] = 0.8
    embedding = mbembed.embed(mixed, MODEL, units="fraction")
    assert embedding.match.verdict == "ok"
    assert any("golden3 (20%)" in warning and "--min-coverage 0.6" in warning for warning in embedding.warnings)


def test_profile_without_any_taxon(tmp_path: Path) -> None:
    path = tmp_path / "empty_profile.txt"
    path.write_text("#mpa_v31_CHOCOPhlAn_201901\n#clade_name\tNCBI_tax_id\trelative_abundance\nUNKNOWN\t-1\t100.0\n")
    with pytest.raises(NoMatchError, match="has no taxon at all"):
        mbembed.embed(path)


@pytest.mark.parametrize(
    "arguments",
    [{"on_empty": "guess"}, {"device": "tpu"}, {"min_coverage": 60}, {"closure": "all"}, {"names": "fuzzy"}],
)
def test_wrong_arguments(table: pd.DataFrame, arguments: dict[str, object]) -> None:
    with pytest.raises(UsageError):
        mbembed.embed(table, MODEL, **arguments)  # type: ignore[arg-type]


def test_summary_repeats_the_run() -> None:
    embedding = mbembed.embed(GOLDEN / "input.tsv", MODEL, units="fraction")
    summary = json.loads(json.dumps(embedding.summary))
    assert summary["input"]["sha256"] == embedding.match.profile.sha256
    assert summary["model"]["weights_sha256"] == embedding.match.model.weights_sha256
    assert {decision["what"] for decision in summary["input"]["decisions"]} >= {
        "format",
        "orientation",
        "units",
        "rank",
    }
    assert summary["options"]["closure"] == "input"
    assert summary["match"]["samples"]["id"][0] == "golden0"
    assert summary["environment"]["mbembed"] == mbembed.__version__


def test_match_table_lists_every_taxon_once(table: pd.DataFrame) -> None:
    with_stranger = table.assign(**{"Outsider alienus": 0.1})
    match = mbembed.embed(with_stranger, MODEL, units="fraction").match
    frame = match.taxa()
    assert sorted(frame["taxon"]) == sorted(with_stranger.columns)
    assert frame["mean_abundance"].is_monotonic_decreasing
    stranger = frame.set_index("taxon").loc["Outsider alienus"]
    assert (stranger["species"], stranger["n_columns"]) == ("", 0)


def test_cuda_without_a_gpu_says_so(table: pd.DataFrame) -> None:
    torch = pytest.importorskip("torch")
    if torch.cuda.is_available():
        pytest.skip("this machine has a GPU")
    with pytest.raises(UsageError, match="sees no CUDA device"):
        mbembed.embed(table, MODEL, units="fraction", device="cuda")


def test_torch_on_the_cpu_equals_numpy(table: pd.DataFrame) -> None:
    pytest.importorskip("torch")
    from mbembed.models.torch_encoder import encode_on_device

    embedding = mbembed.embed(table.iloc[1:], MODEL, units="fraction")
    by_torch = encode_on_device(embedding.match.model, embedding.match.fractions(), "cpu")
    np.testing.assert_allclose(by_torch, embedding.values, atol=1e-5, rtol=0)


def test_missing_extra_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    from mbembed import extras

    monkeypatch.setattr(extras, "find_spec", lambda name: None)
    with pytest.raises(MissingExtraError, match=r'pip install "mbembed\[anndata\]"'):
        extras.require_extra("anndata", "writing .h5ad files")


def test_sklearn_transformer(table: pd.DataFrame) -> None:
    sklearn_base = pytest.importorskip("sklearn.base")
    embedder = sklearn_base.clone(mbembed.Embedder(MODEL, units="fraction"))
    vectors = embedder.fit(table).transform(table)
    assert np.isnan(vectors[0]).all()
    np.testing.assert_allclose(vectors[1:], np.load(GOLDEN / "embedding.npy")[1:], atol=2e-6, rtol=0)
    assert list(embedder.get_feature_names_out()[:2]) == ["embedding_0", "embedding_1"]
    assert embedder.n_features_in_ == table.shape[1]


@needs_shared("upstream/golden_input.tsv")
@pytest.mark.shared
@pytest.mark.parametrize("names", ["exact", "resolve"])
def test_parity_with_the_publication(own_model_directory: Path, names: str) -> None:
    from mbembed.models.importing import import_checkpoint

    upstream = SHARED / "upstream"
    model = import_checkpoint(upstream / "mae30_encoder_full.pkl", upstream / "model_species_reference.csv", "mae30")
    embedding = mbembed.embed(upstream / "golden_input.tsv", "mae30", units="fraction", names=names, on_empty="floor")
    np.testing.assert_allclose(
        model.preprocessing.apply(embedding.match.fractions()),
        np.load(upstream / "golden_preprocessed.npy"),
        atol=1e-6,
        rtol=0,
    )
    golden = np.load(upstream / "golden_embedding.npy")
    np.testing.assert_allclose(embedding.values, golden, atol=1e-4, rtol=0)
    cosine = (embedding.values * golden).sum(axis=1) / (
        np.linalg.norm(embedding.values, axis=1) * np.linalg.norm(golden, axis=1)
    )
    assert (cosine >= 0.999999).all()
    assert embedding.left_out == {"golden00": "all zero"}
    # The whole batch against every sample alone, on the published weights.
    profile = embedding.match.profile
    for i in range(1, profile.n_samples):
        alone = mbembed.embed(profile.select_samples([i]), "mae30", names=names)
        assert np.array_equal(alone.values[0], embedding.values[i])
