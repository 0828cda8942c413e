"""Small tables of our own in every dialect: one profile, written the way each program writes it.

`WRITERS` maps a dialect to a function that writes one of its files and returns the path. A
dialect's reader must read its file, and every other reader must refuse it.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

SAMPLES = ("001", "1e5", "NA")
SPECIES = ("Blautia obeum", "Blautia wexlerae", "Bacteroides uniformis", "Prevotella copri_A")
GENERA = ("Blautia", "Blautia", "Bacteroides", "Prevotella")
PHYLA = ("Firmicutes", "Firmicutes", "Bacteroidota", "Bacteroidota")
#: Fractions, samples × species; every row adds up to 1.
VALUES = np.array([[0.5, 0.25, 0.25, 0.0], [0.0, 0.125, 0.375, 0.5], [1.0, 0.0, 0.0, 0.0]])


def write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8", newline="")
    return path


def rows(*cells: tuple[object, ...], delimiter: str = "\t", end: str = "\n") -> str:
    return "".join(delimiter.join(map(str, row)) + end for row in cells)


def matrix(folder: Path) -> Path:
    """Samples in rows."""
    body = ((sample, *values) for sample, values in zip(SAMPLES, VALUES.tolist(), strict=True))
    return write(folder / "matrix.tsv", rows(("", *SPECIES), *body))


def transposed(folder: Path) -> Path:
    """Taxa in rows."""
    body = ((species, *values) for species, values in zip(SPECIES, VALUES.T.tolist(), strict=True))
    return write(folder / "transposed.tsv", rows(("name", *SAMPLES), *body))


def all_ranks(separator: str = "|", scale: float = 100.0, *, strains: bool = False) -> list[tuple[str, list[float]]]:
    """Lineages of every rank with the sums of what is below them."""
    sums: dict[str, np.ndarray] = {}
    for i, species in enumerate(SPECIES):
        lineage = ["k__Bacteria", f"p__{PHYLA[i]}", f"g__{GENERA[i]}", f"s__{species.replace(' ', '_')}"]
        lineage += [f"t__SGB{i + 1}"] if strains else []
        for n in range(1, len(lineage) + 1):
            name = separator.join(lineage[:n])
            sums[name] = sums.get(name, np.zeros(len(SAMPLES))) + scale * VALUES[:, i]
    return [(name, values.tolist()) for name, values in sums.items()]


def metaphlan(folder: Path) -> Path:
    """MetaPhlAn 3, merged."""
    body = ((name, "2|1239", *values) for name, values in all_ranks())
    header = ("clade_name", "NCBI_tax_id", *(f"{sample}_profile" for sample in SAMPLES))
    return write(folder / "metaphlan.tsv", "#mpa_v30_CHOCOPhlAn_201901\n" + rows(header, *body))


def metaphlan_single(folder: Path, *, unclassified: float = 0.0) -> Path:
    """MetaPhlAn 4, one sample."""
    known = 1 - unclassified / 100
    body = [(name, "2|1239|853", values[0] * known, "") for name, values in all_ranks(strains=True)]
    top = [("UNCLASSIFIED", "-1", unclassified, "")] if unclassified else []
    text = "#mpa_vJun23_CHOCOPhlAnSGB_202403\n#/usr/bin/metaphlan reads.fastq\n#1000 reads processed\n"
    text += "#SampleID\tMetaphlan_Analysis\n#clade_name\tNCBI_tax_id\trelative_abundance\tadditional_species\n"
    return write(folder / "gut7_profile.txt", text + rows(*top, *body))


def biom_tsv(folder: Path) -> Path:
    body = (
        (f"OTU{i}", *VALUES[:, i], f"k__Bacteria; g__{GENERA[i]}; s__{name.split()[1]}")
        for i, name in enumerate(SPECIES)
    )
    text = "# Constructed from biom file\n" + rows(("#OTU ID", *SAMPLES, "taxonomy"), *body)
    return write(folder / "biom.tsv", text)


def biom_json(folder: Path) -> Path:
    document = {
        "id": None,
        "format": "Biological Observation Matrix 1.0.0",
        "format_url": "http://biom-format.org",
        "type": "Taxon table",
        "generated_by": "tests",
        "date": "2025-01-01T00:00:00",
        "matrix_type": "dense",
        "matrix_element_type": "float",
        "shape": [len(SPECIES), len(SAMPLES)],
        "data": VALUES.T.tolist(),
        "rows": [{"id": name, "metadata": None} for name in SPECIES],
        "columns": [{"id": name, "metadata": None} for name in SAMPLES],
    }
    return write(folder / "json.biom", json.dumps(document))


def biom_hdf5(folder: Path) -> Path:
    import biom
    import h5py

    path = folder / "hdf5.biom"
    with h5py.File(path, "w") as file:
        biom.Table(VALUES.T, SPECIES, SAMPLES).to_hdf5(file, "tests")
    return path


#: Dialect → writers of its files.
WRITERS: dict[str, tuple[Callable[[Path], Path], ...]] = {
    "matrix": (matrix, transposed),
    "metaphlan": (metaphlan, metaphlan_single),
    "biom-tsv": (biom_tsv,),
    "biom-json": (biom_json,),
    "biom-hdf5": (biom_hdf5,),
}
