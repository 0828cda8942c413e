"""The table of `fixtures` in the dialects of profilers and databases, as each program writes it.

Every writer writes one file and returns its path. `PROFILERS` has those that hold all three
samples or the first of them; `expected` says what has to come out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tests.tables.fixtures import GENERA, PHYLA, SAMPLES, SPECIES, VALUES, all_ranks, rows, write

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

TAXIDS = ("40520", "418240", "820", "165179")
#: Reads, samples × species; also divisible by a thousand, so that all fractions are exact.
COUNTS = (8000 * VALUES).astype(int)
DEPTH = 8000
LINEAGES = tuple(
    f"d__Bacteria;p__{phylum};c__C;o__O;f__F;g__{genus};s__{species}"
    for phylum, genus, species in zip(PHYLA, GENERA, SPECIES, strict=True)
)


def kraken2_lines(sample: int = 0, *, unclassified: int = 2000, minimizers: bool = False) -> list[tuple[object, ...]]:
    """Percentage, clade, direct, code, id, indented name: 500 more reads stop at the genus Blautia."""
    total = DEPTH + unclassified + 500
    tree: list[tuple[int, int, str, str, str]] = [
        (unclassified, unclassified, "U", "0", "unclassified"),
        (DEPTH + 500, 0, "R", "1", "root"),
        (DEPTH + 500, 0, "R1", "131567", "  cellular organisms"),
        (DEPTH + 500, 0, "D", "2", "    Bacteria"),
    ]
    for phylum in dict.fromkeys(PHYLA):
        inside = [i for i in range(len(SPECIES)) if PHYLA[i] == phylum]
        more = 500 if phylum == "Firmicutes" else 0
        tree.append((int(COUNTS[sample, inside].sum()) + more, 0, "P", "1", f"      {phylum}"))
        for genus in dict.fromkeys(GENERA[i] for i in inside):
            below = [i for i in inside if GENERA[i] == genus]
            more = 500 if genus == "Blautia" else 0
            tree.append((int(COUNTS[sample, below].sum()) + more, more, "G", "2", f"        {genus}"))
            for i in below:
                reads = int(COUNTS[sample, i])
                tree.append((reads, reads // 2, "S", TAXIDS[i], f"          {SPECIES[i]}"))
                tree.append((reads - reads // 2, reads - reads // 2, "S1", "9", f"            {SPECIES[i]} strain"))
    extra = (77, 66) if minimizers else ()
    return [
        (f"{100 * clade / total:6.2f}", clade, direct, *extra, code, taxid, name)
        for clade, direct, code, taxid, name in tree
    ]


def kraken2(folder: Path, sample: int = 0) -> Path:
    return write(folder / f"gut{sample}.kraken2.report.txt", rows(*kraken2_lines(sample)))


def kraken2_minimizers(folder: Path) -> Path:
    return write(folder / "gut0.kreport", rows(*kraken2_lines(minimizers=True)))


BRACKEN = ("name", "taxonomy_id", "taxonomy_lvl", "kraken_assigned_reads", "added_reads", "new_est_reads")


def bracken_rows(sample: int = 0) -> list[tuple[object, ...]]:
    return [
        (name, taxid, "S", count - 5 * (count > 0), 5 * (count > 0), count, f"{count / DEPTH:.5f}")
        for name, taxid, count in zip(SPECIES, TAXIDS, COUNTS[sample].tolist(), strict=True)
    ]


def bracken(folder: Path, sample: int = 0) -> Path:
    return write(folder / f"gut{sample}.bracken.tsv", rows((*BRACKEN, "fraction_total_reads"), *bracken_rows(sample)))


def bracken_combined(folder: Path) -> Path:
    header = [name for sample in SAMPLES for name in (f"{sample}.bracken_num", f"{sample}.bracken_frac")]
    body = (
        (name, taxid, "S", *(cell for count in COUNTS[:, i] for cell in (count, f"{count / DEPTH:.5f}")))
        for i, (name, taxid) in enumerate(zip(SPECIES, TAXIDS, strict=True))
    )
    return write(folder / "combined.tsv", rows((*BRACKEN[:3], *header), *body))


def bracken_from_r(folder: Path) -> Path:
    """The same after ``write.table``: row numbers without a header, quotes."""
    lines = bracken_combined(folder).read_text().splitlines()
    quoted = ["\t".join(f'"{cell}"' if i < 3 else cell for i, cell in enumerate(line.split("\t"))) for line in lines]
    text = [quoted[0], *(f'"{i}"\t{line}' for i, line in enumerate(quoted[1:], 1))]
    return write(folder / "from_r.tsv", "\n".join(text) + "\n")


def kraken_mpa(folder: Path) -> Path:
    body = [(name, round(values[0])) for name, values in all_ranks(scale=DEPTH)]
    return write(folder / "gut0_mpa.txt", rows(*body))


def kraken_mpa_combined(folder: Path) -> Path:
    body = [(name, *(round(value) for value in values)) for name, values in all_ranks(scale=DEPTH)]
    return write(
        folder / "combined_mpa.txt", rows(("#Classification", *(f"{name}.kreport" for name in SAMPLES)), *body)
    )


def kraken_mpa_old(folder: Path) -> Path:
    """One underscore behind the letter of a rank, and ranks between the main ones."""
    body = [(name.replace("__", "_"), round(values[0])) for name, values in all_ranks(scale=DEPTH)]
    between = (body[0][0] + "|x_Terrabacteria group", body[0][1])
    return write(folder / "gut0.mpa.txt", rows(body[0], between, *body[1:]))


MOTUS = tuple(f"ref_mOTU_v3_0000{i}" for i in range(1, 5))
MOTUS_HEAD = (
    "# git tag version 3.0.3 |  motus version 3.0.3 | map_tax 3.0.3 | gene database: nr3.0.3 | calc_mgc 3.0.3 -y "
    "insert.scaled_counts -l 75 | calc_motu 3.0.3 -k mOTU -C no_CAMI -g 3{flags} | taxonomy: ref_mOTU_3.0.3\n"
    "# call: python /opt/motus/motus profile{flags} -s reads.fastq\n"
)


def motus(folder: Path) -> Path:
    body = [
        (f"{name} [{motu}]", *(VALUES[:, i] / 2)) for i, (name, motu) in enumerate(zip(SPECIES, MOTUS, strict=True))
    ]
    text = "# motus version 3.0.3 | merge 3.0.3 | info merged profiles: none\n# call: motus merge\n"
    return write(
        folder / "motus.tsv", text + rows(("#consensus_taxonomy", *SAMPLES), *body, ("unassigned", 0.5, 0.5, 0.5))
    )


def motus_counts(folder: Path) -> Path:
    """Version 2 with ``-c -p``: tax ids, and ``-1`` for what is not assigned."""
    body = [
        (f"{name} [{motu.replace('v3', 'v25')}]", taxid, *COUNTS[:, i])
        for i, (name, motu, taxid) in enumerate(zip(SPECIES, MOTUS, TAXIDS, strict=True))
    ]
    head = MOTUS_HEAD.format(flags=" -c -p").replace("3.0.3", "2.5.1")
    last = ("-1", "NA", DEPTH, DEPTH, DEPTH)
    return write(
        folder / "motus_counts.tsv", head + rows(("#consensus_taxonomy", "NCBI_tax_id", *SAMPLES), *body, last)
    )


def motus_lineages(folder: Path) -> Path:
    """``-q``: the id first, then a lineage."""
    body = [
        (motu, LINEAGES[i].replace("d__", "k__").replace(";", "|"), *(VALUES[:, i] / 2)) for i, motu in enumerate(MOTUS)
    ]
    last = ("unassigned", "unassigned", 0.5, 0.5, 0.5)
    text = MOTUS_HEAD.format(flags=" -q") + rows(("#mOTU", "consensus_taxonomy", *SAMPLES), *body, last)
    return write(folder / "motus_lineages.tsv", text)


def motus4(folder: Path) -> Path:
    first = (
        "#tool_version=4.1.0",
        "database_version=4.1",
        "min_mgcs=3",
        "count_mode=INSERT_SCALED",
        "value_type=counts",
    )
    body = [(f"mOTUv4.0_00000{i}", LINEAGES[i], *COUNTS[:, i]) for i in range(len(SPECIES))]
    last = ("unassigned", "unassigned", DEPTH, DEPTH, DEPTH)
    return write(folder / "motus4.tsv", rows(first, ("mOTU", "Taxonomy", *SAMPLES), *body, last))


def taxpasta(folder: Path) -> Path:
    names = ";".join(("Bacteria", "Firmicutes", "Blautia"))
    body = [
        (taxid, name, "species", f"{names};{name}", "superkingdom;phylum;genus;species", *COUNTS[:, i])
        for i, (taxid, name) in enumerate(zip(TAXIDS, SPECIES, strict=True))
    ]
    genus = (572511, "Blautia", "genus", names, "superkingdom;phylum;genus", *COUNTS[:, :2].sum(axis=1))
    header = ("taxonomy_id", "name", "rank", "lineage", "rank_lineage", *SAMPLES)
    return write(folder / "taxpasta.tsv", rows(header, genus, *body, (0, "", "", "", "", 5, 6, 7)))


def taxpasta_long(folder: Path) -> Path:
    body = [
        (taxid, name, "species", count, sample)
        for s, sample in enumerate(SAMPLES)
        for taxid, name, count in zip(TAXIDS, SPECIES, COUNTS[s].tolist(), strict=True)
    ]
    return write(
        folder / "taxpasta_long.csv", rows(("taxonomy_id", "name", "rank", "count", "sample"), *body, delimiter=",")
    )


def taxpasta_single(folder: Path) -> Path:
    """``taxpasta standardise``: no names."""
    body = zip(TAXIDS, COUNTS[0].tolist(), strict=True)
    return write(folder / "gut0_taxpasta.tsv", rows(("taxonomy_id", "count"), *body, (0, 100)))


def sourmash(folder: Path) -> Path:
    body = [(LINEAGES[i], *(VALUES[:, i] / 2)) for i in range(len(SPECIES))]
    return write(folder / "sourmash.tsv", rows(("lineage", *SAMPLES), *body, ("unclassified", 0.5, 0.5, 0.5)))


def sylph_rows() -> list[tuple[str, list[float]]]:
    sums: dict[str, np.ndarray] = {}
    for i, lineage in enumerate(LINEAGES):
        parts = [*lineage.split(";"), f"t__GCF_00000000{i}"]
        for n in range(1, len(parts) + 1):
            name = "|".join(parts[:n])
            sums[name] = sums.get(name, np.zeros(len(SAMPLES))) + 100 * VALUES[:, i]
    return [(name, values.tolist()) for name, values in sums.items()]


def sylph(folder: Path) -> Path:
    """One sample; the sequence abundance differs on purpose."""
    body = [
        (name, values[0], values[0] / 3, *(("97.5", "1.2") if "t__" in name else ("NA", "NA")))
        for name, values in sylph_rows()
    ]
    header = (
        "clade_name",
        "relative_abundance",
        "sequence_abundance",
        "ANI (if strain-level)",
        "Coverage (if strain-level)",
    )
    text = "#SampleID\treads/gut0.fastq.gz\tTaxonomies_used:['GTDB_r220']\n"
    return write(folder / "gut0.fastq.gz.sylphmpa", text + rows(header, *body))


def sylph_merged(folder: Path) -> Path:
    header = ("clade_name", *(f"{name}.fastq.gz" for name in SAMPLES))
    return write(folder / "sylph.tsv", rows(header, *((name, *values) for name, values in sylph_rows())))


def cami(folder: Path) -> Path:
    """Three samples in one file, species and one genus."""
    text = ""
    for s, sample in enumerate(SAMPLES):
        text += f"#comment\n@SampleID:{sample}\n@Version:0.9.1\n@Ranks:superkingdom|phylum|class|order|family|genus|species\n\n"
        text += "@@TAXID\tRANK\tTAXPATH\tTAXPATHSN\tPERCENTAGE\n2\tsuperkingdom\t2\tBacteria\t100.0\n"
        for i, name in enumerate(SPECIES):
            path = "|".join(("Bacteria", PHYLA[i], "", "", "", GENERA[i], name))
            text += f"{TAXIDS[i]}\tspecies\t2|1|||||{TAXIDS[i]}\t{path}\t{100 * VALUES[s, i]}\n"
    return write(folder / "cami.profile", text)


def taxids(folder: Path) -> Path:
    """A matrix whose header says that these are tax ids."""
    body = [(taxid, *(100 * VALUES[:, i])) for i, taxid in enumerate(TAXIDS)]
    return write(folder / "taxids.tsv", rows(("ncbi_taxon_id", *SAMPLES), *body))


def gmrepo(folder: Path) -> Path:
    """GMrepo's own form: one row per run and taxon, species and genera."""
    header = ("run_id", "ncbi_taxon_id", "taxon_rank_level", "relative_abundance", "scientific_name")
    body = []
    for s, sample in enumerate(SAMPLES):
        body.append((sample, 572511, "genus", 80 * VALUES[s, :2].sum(), "Blautia"))
        body += [(sample, taxid, "species", 80 * VALUES[s, i], SPECIES[i]) for i, taxid in enumerate(TAXIDS)]
        body.append((sample, -1, "species", 20.0, "Unknown"))
    return write(folder / "gmrepo.txt", rows(header, *body))


def mothur(folder: Path) -> Path:
    body = [("0.03", sample, 4, *COUNTS[s]) for s, sample in enumerate(SAMPLES)]
    write(
        folder / "final.cons.taxonomy",
        rows(
            ("OTU", "Size", "Taxonomy"),
            *(
                (f"Otu{i + 1:03}", 9, ";".join(f"{part}(100)" for part in LINEAGES[i].split(";")) + ";")
                for i in range(len(SPECIES))
            ),
        ),
    )
    names = [f"Otu{i + 1:03}" for i in range(len(SPECIES))]
    return write(folder / "final.shared", rows(("label", "Group", "numOtus", *names), *body, end="\t\n"))


def pcl(folder: Path) -> Path:
    head = (
        ("dataset_name", "metahit", "metahit", "zeller"),
        ("sampleID", *SAMPLES),
        ("country", "dnk", "esp", "fra"),
        ("age", 49, "nd", 60),
    )
    return write(folder / "pcl.txt", rows(*head, *((name, *values) for name, values in all_ranks())))


#: Dialect → writers of its files.
PROFILERS: dict[str, tuple[Callable[[Path], Path], ...]] = {
    "kraken2": (kraken2, kraken2_minimizers),
    "bracken": (bracken, bracken_combined, bracken_from_r),
    "kraken-mpa": (kraken_mpa, kraken_mpa_combined, kraken_mpa_old),
    "motus": (motus, motus_counts, motus_lineages, motus4),
    "taxpasta": (taxpasta, taxpasta_long, taxpasta_single),
    "sourmash": (sourmash,),
    "sylph": (sylph, sylph_merged),
    "cami": (cami,),
    "taxids": (taxids, gmrepo),
    "mothur": (mothur,),
    "pcl": (pcl,),
}
CASES = [(dialect, writer) for dialect, writers in PROFILERS.items() for writer in writers]


def options(path: Path) -> dict[str, str]:
    """Return what has to be said for a file to be read."""
    return {"taxonomy": str(path.with_name("final.cons.taxonomy"))} if path.suffix == ".shared" else {}
