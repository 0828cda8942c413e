"""Make galaxy/test-data: one small simulated cohort in every datatype that the tools take, and what they must refuse.

Run ``python -m tests.galaxy.make_test_data`` (needs anndata and pyarrow); the seed is fixed, so that the
files come out the same. No person's data are in it: common gut species with invented abundances.
"""

from __future__ import annotations

import json
import shutil
import sys
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from tests.tables.rwriter import character, dumps, matrix, phyloseq

FOLDER = Path(__file__).resolve().parents[2] / "galaxy" / "test-data"
SEED = 20261122
N_SAMPLES = 24
#: Spread of a species' abundance between samples (standard deviation of the natural logarithm).
SPREAD = 1.2
#: Share of the cells that are absent.
ABSENT = 0.25
#: How many times more abundant the first species are in cases: a difference that an evaluation finds.
EFFECT = 6.0
#: How many species differ.
N_DIFFERENT = 6
#: Reads per sample, where counts are written.
READS = 100_000
#: Width of the small model: its vectors are for tests, they mean nothing.
DIMENSIONS = 8
#: A date in files that hold one, so that they come out the same.
DATE = datetime(2026, 1, 1, tzinfo=UTC)
#: Common gut species, as MetaPhlAn 3 writes them: with family and phylum, for the rows of higher ranks.
SPECIES = {
    "Bacteroides uniformis": ("Bacteroidetes", "Bacteroidaceae"),
    "Bacteroides ovatus": ("Bacteroidetes", "Bacteroidaceae"),
    "Bacteroides thetaiotaomicron": ("Bacteroidetes", "Bacteroidaceae"),
    "Bacteroides caccae": ("Bacteroidetes", "Bacteroidaceae"),
    "Bacteroides fragilis": ("Bacteroidetes", "Bacteroidaceae"),
    "Parabacteroides distasonis": ("Bacteroidetes", "Tannerellaceae"),
    "Parabacteroides merdae": ("Bacteroidetes", "Tannerellaceae"),
    "Alistipes putredinis": ("Bacteroidetes", "Rikenellaceae"),
    "Alistipes finegoldii": ("Bacteroidetes", "Rikenellaceae"),
    "Prevotella copri": ("Bacteroidetes", "Prevotellaceae"),
    "Faecalibacterium prausnitzii": ("Firmicutes", "Ruminococcaceae"),
    "Ruminococcus bromii": ("Firmicutes", "Ruminococcaceae"),
    "Roseburia intestinalis": ("Firmicutes", "Lachnospiraceae"),
    "Roseburia hominis": ("Firmicutes", "Lachnospiraceae"),
    "Coprococcus comes": ("Firmicutes", "Lachnospiraceae"),
    "Dorea longicatena": ("Firmicutes", "Lachnospiraceae"),
    "Dorea formicigenerans": ("Firmicutes", "Lachnospiraceae"),
    "Dialister invisus": ("Firmicutes", "Veillonellaceae"),
    "Veillonella parvula": ("Firmicutes", "Veillonellaceae"),
    "Streptococcus salivarius": ("Firmicutes", "Streptococcaceae"),
    "Bifidobacterium longum": ("Actinobacteria", "Bifidobacteriaceae"),
    "Bifidobacterium adolescentis": ("Actinobacteria", "Bifidobacteriaceae"),
    "Collinsella aerofaciens": ("Actinobacteria", "Coriobacteriaceae"),
    "Escherichia coli": ("Proteobacteria", "Enterobacteriaceae"),
    "Akkermansia muciniphila": ("Verrucomicrobia", "Akkermansiaceae"),
}
#: Species that no gut model has.
PLANTS = ("Arabidopsis thaliana", "Zea mays", "Oryza sativa", "Solanum lycopersicum", "Glycine max")


def simulate(n_samples: int = N_SAMPLES, absent: float = ABSENT) -> tuple[np.ndarray, list[str], list[str]]:
    """Return counts (samples × species), sample ids and the group of each sample."""
    rng = np.random.default_rng(SEED)
    groups = ["case" if i % 2 else "control" for i in range(n_samples)]
    weights = rng.lognormal(0, SPREAD, size=(n_samples, len(SPECIES)))
    weights *= rng.random(weights.shape) >= absent
    weights[np.array(groups) == "case", :N_DIFFERENT] *= EFFECT
    counts = np.round(READS * weights / weights.sum(axis=1, keepdims=True)).astype(np.int64)
    return counts, [f"S{i + 1:02d}" for i in range(n_samples)], groups


def lines(*rows: list[object], delimiter: str = "\t") -> str:
    """Join cells to text."""
    return "".join(delimiter.join(map(str, row)) + "\n" for row in rows)


def write(name: str, content: str | bytes, folder: Path) -> None:
    """Write a file of the folder."""
    (folder / name).write_bytes(content.encode() if isinstance(content, str) else content)


def metaphlan_rows(fractions: np.ndarray) -> list[tuple[str, np.ndarray]]:
    """Return lineages of every rank with percent, parents before children."""
    sums: dict[str, np.ndarray] = {}
    for column, (species, (phylum, family)) in zip(fractions.T, SPECIES.items(), strict=True):
        parts = ["k__Bacteria", f"p__{phylum}", f"f__{family}", f"g__{species.split()[0]}"]
        parts.append(f"s__{species.replace(' ', '_')}")
        for n in range(1, len(parts) + 1):
            clade = "|".join(parts[:n])
            sums[clade] = sums.get(clade, np.zeros(len(fractions))) + 100 * column
    return list(sums.items())


def text_tables(counts: np.ndarray, ids: list[str], groups: list[str], folder: Path) -> None:
    """Write the tables that are text, and the metadata."""
    fractions = counts / counts.sum(axis=1, keepdims=True)
    names = list(SPECIES)
    body = [[clade, "", *(f"{value:.5f}" for value in row)] for clade, row in metaphlan_rows(fractions)]
    head = ["clade_name", "NCBI_tax_id", *ids]
    write("merged_metaphlan.tabular", "#mpa_v30_CHOCOPhlAn_201901\n" + lines(head, *body), folder)
    for i in range(3):
        profile = [[clade, "", f"{row[i]:.5f}", ""] for clade, row in metaphlan_rows(fractions)]
        head = "#mpa_v30_CHOCOPhlAn_201901\n#SampleID\tMetaphlan_Analysis\n"
        head += "#clade_name\tNCBI_tax_id\trelative_abundance\tadditional_species\n"
        write(f"profile_{ids[i]}.tabular", head + lines(*profile), folder)
    table = [["sample", *names], *([sample, *row] for sample, row in zip(ids, counts.tolist(), strict=True))]
    write("counts.csv", lines(*table, delimiter=","), folder)
    turned = [["species", *ids], *([name, *row] for name, row in zip(names, counts.T.tolist(), strict=True))]
    write("counts.tsv", lines(*turned), folder)
    sites = ["north", "south", "west"]
    rows = [[sample, group, sites[i // 2 % 3]] for i, (sample, group) in enumerate(zip(ids, groups, strict=True))]
    write("metadata.tabular", lines(["sample", "group", "site"], *rows), folder)


def bioms(counts: np.ndarray, ids: list[str], folder: Path) -> None:
    """Write BIOM 1.0 and 2.1, the QIIME 2 artifact with features named by ids, and its taxonomy."""
    import biom
    import h5py

    names = list(SPECIES)
    content = biom.Table(counts.T, names, ids, type="Taxon table")
    content.create_date = DATE
    write("counts.biom1", content.to_json("mbembed tests", creation_date=DATE), folder)
    with h5py.File(folder / "counts.biom2", "w", track_order=True) as handle:
        content.to_hdf5(handle, "mbembed tests", creation_date=DATE)
    features = [f"feature{i + 1}" for i in range(len(names))]
    lineages = [
        f"d__Bacteria; p__{phylum}; f__{family}; g__{name.split()[0]}; s__{name.replace(' ', '_')}"
        for name, (phylum, family) in SPECIES.items()
    ]
    rows = ([feature, lineage, 0.99] for feature, lineage in zip(features, lineages, strict=True))
    write("taxonomy.tabular", lines(["Feature ID", "Taxon", "Confidence"], *rows), folder)
    inner = folder / "feature-table.biom"
    with h5py.File(inner, "w", track_order=True) as handle:
        biom.Table(counts.T, features, ids).to_hdf5(handle, "mbembed tests", creation_date=DATE)
    root = "11111111-2222-4333-8444-555555555555"
    metadata = f"uuid: {root}\ntype: FeatureTable[Frequency]\nformat: BIOMV210DirFmt\n"
    with zipfile.ZipFile(folder / "features.qza", "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in {
            "VERSION": b"QIIME 2\narchive: 5\nframework: 2024.5.0\n",
            "metadata.yaml": metadata.encode(),
            "data/feature-table.biom": inner.read_bytes(),
        }.items():
            archive.writestr(zipfile.ZipInfo(f"{root}/{name}", DATE.timetuple()[:6]), data, zipfile.ZIP_DEFLATED)
    inner.unlink()


def objects(counts: np.ndarray, ids: list[str], groups: list[str], folder: Path) -> None:
    """Write phyloseq objects, AnnData (which carries the group of each sample) and Parquet."""
    import anndata
    import pandas as pd

    names = list(SPECIES)
    taxa = [f"taxon{i + 1}" for i in range(len(names))]
    ranks = ["Kingdom", "Phylum", "Family", "Genus", "Species"]
    lineages = [["Bacteria", phylum, family, name.split()[0], name] for name, (phylum, family) in SPECIES.items()]
    flat = [row[rank] for rank in range(len(ranks)) for row in lineages]  # column by column, as R keeps it
    taxonomy = matrix(np.array(flat, dtype=object).reshape(len(ranks), -1).T, taxa, ranks)
    taxonomy.attributes["class"] = character("taxonomyTable")
    table = matrix(counts.T, taxa, ids)
    whole = phyloseq(table, tax_table=taxonomy)
    write("phyloseq.rds", dumps(whole), folder)
    write("phyloseq.RData", dumps({"ps": whole}), folder)
    write("no_taxonomy.rds", dumps(phyloseq(table)), folder)
    frame = pd.DataFrame(counts, index=pd.Index(ids, name="sample"), columns=names)
    frame.reset_index().to_parquet(folder / "counts.parquet", index=False)
    known = pd.DataFrame({"group": groups}, index=frame.index, dtype=object)
    anndata.AnnData(frame.astype(np.float32), obs=known).write_h5ad(folder / "counts.h5ad")


def refused(counts: np.ndarray, ids: list[str], folder: Path) -> None:
    """Write tables that the tools must refuse."""
    names = list(SPECIES)
    turned = [["species", *ids], *([name, *row] for name, row in zip(names, counts.T.tolist(), strict=True))]
    missing = [list(row) for row in turned]
    missing[3][2] = "NaN"
    write("nan.tabular", lines(*missing), folder)
    genes = [turned[0], *([f"K{10000 + i}", *row[1:]] for i, row in enumerate(turned[1:]))]
    write("genes.tabular", lines(*genes), folder)
    plants = [turned[0], *([name, *row[1:]] for name, row in zip(PLANTS, turned[1:], strict=False))]
    write("plants.tabular", lines(*plants), folder)
    write("text.tabular", "This is no table.\nIt is a letter.\n", folder)
    whole = (folder / "counts.biom2").read_bytes()
    write("truncated.biom2", whole[: len(whole) // 2], folder)
    write("truncated.biom1", (folder / "counts.biom1").read_bytes()[:2000], folder)


def model(fractions: np.ndarray, folder: Path) -> None:
    """Write a small model as the datasets that a history holds, and as the folder that a data table names."""
    from scipy.sparse import csr_array

    from mbembed.models.folder import DECODER, STATISTICS
    from mbembed.models.writing import write_folder
    from mbembed.training.calibration import calibrate

    rng = np.random.default_rng(SEED)
    n_species = len(SPECIES)
    decoder = [{"type": "linear", "weight": "decoder.0.weight", "bias": "decoder.0.bias"}]
    config = {
        "name": "small",
        "layers": [{"type": "linear", "weight": "0.weight", "bias": "0.bias"}, {"type": "gelu"}],
        "preprocessing": {"kind": "log10-floor", "floor": 1e-4, "shift": 2.0, "clip_below_floor": False},
        "species": {"nomenclature": "NCBI species names"},
        "closure": "input",
        "licence": "CC0-1.0",
        "source": "random numbers, for tests",
        "decoder": {"reads": DIMENSIONS, "layers": decoder},
    }
    tensors = {
        "0.weight": rng.normal(size=(DIMENSIONS, n_species)).astype(np.float32),
        "0.bias": rng.normal(size=DIMENSIONS).astype(np.float32),
    }
    card = "# small\n\nRandom numbers, for tests.\n"
    target = folder / "small_model"
    given = {"config": config, "tensors": tensors, "species": [{"name": name} for name in SPECIES], "card": card}
    optional = {
        DECODER: {
            "decoder.0.weight": rng.normal(size=(2 * n_species, DIMENSIONS)).astype(np.float32),
            "decoder.0.bias": rng.normal(size=2 * n_species).astype(np.float32),
        },
    }
    encoder = write_folder(target, **given, optional=optional, overwrite=True)
    rows = csr_array(fractions)
    config["statistics"], optional[STATISTICS] = calibrate(encoder.encode(rows), rows, ())
    write_folder(target, **given, optional=optional, overwrite=True)
    datasets = {
        "config.json": "small.json",
        "weights.safetensors": "small.safetensors",
        "species.tsv": "small_species.tabular",
    }
    datasets |= {DECODER: "small_decoder.safetensors", STATISTICS: "small_statistics.safetensors"}
    for name, dataset in datasets.items():
        shutil.copyfile(target / name, folder / dataset)
    write("mbembed_models.loc", "small\tSmall model with random weights, for tests\t${__HERE__}/small_model\n", folder)


def embeddings(counts: np.ndarray, ids: list[str], folder: Path) -> None:
    """Write embeddings by the small model, those of another cohort too, and a head that was fitted on them."""
    import tempfile

    import pandas as pd

    import mbembed
    from mbembed.outputs.summary import write_summary

    small, names = folder / "small_model", list(SPECIES)
    frame = pd.DataFrame(counts, index=ids, columns=names)
    west = pd.DataFrame(counts[: len(ids) // 2, ::-1], index=[f"W{i[1:]}" for i in ids[: len(ids) // 2]], columns=names)
    for name, table in {"embeddings": frame, "west": west}.items():
        embedding = mbembed.embed(table, small, units="counts")
        with tempfile.TemporaryDirectory() as place:
            embedding.write(Path(place, f"{name}.tsv"))
            shutil.copyfile(Path(place, f"{name}.tsv"), folder / f"{name}.tabular")
        write_summary(folder / f"{name}.json", embedding.summary)
    mbembed.embed(frame, small, units="counts").write(folder / "embeddings.h5ad")
    with tempfile.TemporaryDirectory() as place:
        evaluation = mbembed.evaluate(
            frame, folder / "metadata.tabular", target="group", models=[small], protocols=["cross-validation"], heads=["linear"],
            representations=["model"], folder=place, units="counts",
        )  # fmt: skip
        evaluation.write(place)
        shutil.copyfile(Path(place, "heads.json"), folder / "small_heads.json")


def main(folder: Path = FOLDER) -> None:
    """Write all files."""
    folder.mkdir(parents=True, exist_ok=True)
    counts, ids, groups = simulate()
    text_tables(counts, ids, groups, folder)
    bioms(counts, ids, folder)
    objects(counts, ids, groups, folder)
    refused(counts, ids, folder)
    model(counts / counts.sum(axis=1, keepdims=True), folder)
    embeddings(counts, ids, folder)
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    print(json.dumps({"files": len(list(folder.iterdir())), "bytes": size}), file=sys.stderr)


if __name__ == "__main__":
    main()
