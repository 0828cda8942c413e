"""Compile the name maps that travel in the package from the tables they are derived from.

    python tools/compile_maps.py TABLES -o mbembed/taxonomy/data \
        [--accessions FILE] [--seen metaphlan2=FILE ...] [--seen metaphlan3=FILE ...]

TABLES is a folder with six tab-separated tables (gzip), one row per fact:

``r220_species``        GTDB R220 species: lineage, representative genome, public genomes, lumped unit
``units``               the units: their species, NCBI taxids, and how common they are in 8,272
                        public gut metagenomes (curatedMetagenomicData 3, MetaPhlAn 3)
``sgb_to_r220``         MetaPhlAn 4 SGBs (SGB2GTDB tables of the metaphlan 4.2.5 wheel, carried to R220)
``gtdb_names_to_r220``  species names of GTDB R80 to R226, followed to R220 through shared genomes
``ncbi_to_r220``        NCBI and MetaPhlAn names and taxids, followed to R220 through genomes
``motus3_to_r220``      numbers of mOTUs 3 (grp-bork/enterotypes, MIT)

``--accessions`` names a table (accession_number, model_species) that leads genomes to the
named species of the published 902-column model. ``--seen`` names a table of a profiler
(BIOM, or MetaPhlAn text); only the *names* in it are used: which entries of the map that
profiler has ever reported decides what it could have observed.

The output is deterministic: same input, same bytes. Sources and licences of each file are
in ``mbembed/taxonomy/data/README.md``, which is written by hand.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import hashlib
import json
import re
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING

from mbembed.taxonomy.spelling import normalise

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

#: Version of the compiled maps: raised when a name leads elsewhere than before.
VERSION = "1"
#: A GTDB name most of whose genomes lie outside the maps is left out: the minority would mislead.
MAJORITY = 0.5
#: An accession list longer than this multiple of the species' public genomes was carried to the
#: wrong species by its source; only the representative is kept.
MOST_ACCESSIONS = 1.5
#: GTDB release of the names in the mOTUs table: it has 3,071 of the 3,173, more than any other.
MOTUS_RELEASE = "202"
#: Letters that stand for a profiler in the column ``seen``.
PROFILERS = {"metaphlan2": "2", "metaphlan3": "3"}

#: ``syn:gtdb`` (by a synonym) and ``coab r=0.97`` are shortened to the word.
_EVIDENCE = re.compile(r"^(?:syn:)?(\w+).*")

Row = dict[str, str]


def main() -> None:
    """Run the compilation."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tables", type=Path, help="folder with the source tables")
    parser.add_argument("-o", "--output", type=Path, required=True)
    parser.add_argument("--accessions", type=Path, help="genome accession numbers of the published model's species")
    parser.add_argument("--seen", action="append", default=[], metavar="PROFILER=FILE")
    arguments = parser.parse_args()

    species = read(arguments.tables, "r220_species")
    unit_of = {row["species"]: row["unit"] for row in species}
    gtdb = read(arguments.tables, "gtdb_names_to_r220")
    units = read(arguments.tables, "units")
    seen = names_seen(arguments.seen)

    files = {
        "species": species_rows(species, gtdb),
        "lineages": lineage_rows(species),
        "units": unit_rows(units),
        "sgb": sgb_rows(read(arguments.tables, "sgb_to_r220"), unit_of),
        "gtdb_names": gtdb_rows(gtdb, unit_of),
        "ncbi_names": ncbi_rows(read(arguments.tables, "ncbi_to_r220"), units, seen),
        "motus3": motus_rows(read(arguments.tables, "motus3_to_r220"), gtdb, unit_of),
    }
    if arguments.accessions:
        files["accessions"] = accession_rows(arguments.accessions, species)
    write(arguments.output, files)


def read(folder: Path, name: str) -> list[Row]:
    """Read one source table."""
    with gzip.open(folder / f"{name}.tsv.gz", "rt", encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle, delimiter="\t", quoting=csv.QUOTE_NONE))


def key(name: str) -> str:
    """Return the key of a name."""
    return normalise(name).key


def names_seen(pairs: Sequence[str]) -> dict[str, set[str]]:
    """Return, for each key, the letters of the profilers that reported it."""
    seen: dict[str, set[str]] = defaultdict(set)
    for pair in pairs:
        profiler, _, path = pair.partition("=")
        for name in _names_in(Path(path)):
            seen[key(name)].add(PROFILERS[profiler])
    return seen


def _names_in(path: Path) -> Iterable[str]:
    if path.suffix == ".biom":
        import biom

        return [str(name) for name in biom.load_table(str(path)).ids("observation")]
    text = path.read_text(encoding="utf-8-sig")
    return re.findall(r"(?:^|\|)s__([^|\t,;\n]+)(?=[\t,;\n])", text, flags=re.MULTILINE)


def species_rows(species: list[Row], gtdb: list[Row]) -> list[Sequence[str]]:
    """Build the universe of R220 species, by unit, with the releases that know the same name."""
    releases: dict[str, list[int]] = defaultdict(list)
    for row in gtdb:
        releases[row["name"]].append(int(row["release"]))
    rows = sorted(species, key=lambda row: (row["unit"], -float(row["genomes_r214"]), row["species"]))
    header = ("species", "representative", "genomes", "first_release", "last_release", "unit")
    return [
        header,
        *(
            (
                row["species"],
                row["representative"],
                row["genomes_r214"],
                str(min([220, *releases[row["species"]]])),
                str(max([220, *releases[row["species"]]])),
                row["unit"],
            )
            for row in rows
        ),
    ]


def lineage_rows(species: list[Row]) -> list[Sequence[str]]:
    """Build the lineage of every genus."""
    lineages = {
        tuple(row[rank] for rank in ("domain", "phylum", "class", "order", "family", "genus")) for row in species
    }
    return [("domain", "phylum", "class", "order", "family", "genus"), *sorted(lineages)]


def unit_rows(units: list[Row]) -> list[Sequence[str]]:
    """Build the units, the most abundant first."""
    header = ("unit", "corpus_mean", "corpus_prevalence", "corpus_species")
    return [header, *(tuple(row[column] for column in header) for row in units)]


def sgb_rows(sgbs: list[Row], unit_of: dict[str, str]) -> list[Sequence[str]]:
    """Build the SGBs. What MetaPhlAn's own R220 table says differently is a candidate with share 0."""
    rows: list[Sequence[str]] = [("sgb", "metaphlan4_name", "candidates", "max_mean")]
    for row in sgbs:
        other = row["name_r220"] if row["name_r220"] != row["r220_species"] and row["name_r220"] in unit_of else ""
        shares = {row["r220_species"]: float(row["share"])} if row["r220_species"] else {}
        shares |= {other: 0.0} if other and shares else {}
        rows.append((row["sgb"], row["metaphlan4_name"], _candidates(shares), row["max_mean"]))
    return rows


def gtdb_rows(gtdb: list[Row], unit_of: dict[str, str]) -> list[Sequence[str]]:
    """Build the GTDB names that mean something else than the R220 species of that name.

    One row per name and stretch of releases that lead to the same species, the newest first,
    with the shares of its newest release.
    """
    by_name: dict[str, dict[int, dict[str, float]]] = defaultdict(lambda: defaultdict(dict))
    spelling = {key(row["name"]): row["name"] for row in gtdb}
    for row in gtdb:
        by_name[key(row["name"])][int(row["release"])][row["r220_species"]] = float(row["share"])
    rows: list[Sequence[str]] = [("name", "first_release", "last_release", "species")]
    for name in sorted(by_name):
        stretches: list[tuple[int, int, dict[str, float]]] = []
        for release in sorted(by_name[name], reverse=True):
            shares = by_name[name][release]
            if stretches and set(stretches[-1][2]) == set(shares) and _top(stretches[-1][2]) == _top(shares):
                stretches[-1] = (release, *stretches[-1][1:])
            else:
                stretches.append((release, release, shares))
        for first, last, shares in stretches:
            inside = {species: share for species, share in shares.items() if species in unit_of}
            if sum(inside.values()) >= MAJORITY and _top(inside) != spelling[name]:
                rows.append((spelling[name], str(first), str(last), _candidates(inside)))
    return rows


def ncbi_rows(ncbi: list[Row], units: list[Row], seen: dict[str, set[str]]) -> list[Sequence[str]]:
    """Build the NCBI names: their unit, and its species first, by share of the name's genomes."""
    names: dict[str, dict[str, object]] = {}
    for row in ncbi:
        entry = names.setdefault(
            key(row["name"]),
            {"name": row["name"], "taxids": {}, "unit": "", "evidence": set(), "main": {}, "rest": {}},
        )
        if row["taxid"]:
            entry["taxids"][row["taxid"]] = None  # type: ignore[index]
        entry["evidence"].update(_EVIDENCE.sub(r"\1", part) for part in row["evidence"].split(","))  # type: ignore[attr-defined]
        entry["main" if row["main"] else "rest"][row["r220_species"]] = float(row["share"])  # type: ignore[index]
        if row["main"]:
            entry["unit"] = row["unit"]
    taxids = {taxid for entry in names.values() for taxid in entry["taxids"]}  # type: ignore[attr-defined]
    for row in units:
        unknown = [taxid for taxid in row["taxids"].split("|") if taxid and taxid not in taxids]
        for number, name in enumerate(row["corpus_species"].split("|")):
            if name and (key(name) not in names or (unknown and number == 0)):
                entry = names.setdefault(
                    key(name),
                    {"name": name, "taxids": {}, "unit": row["unit"], "evidence": {"corpus"}, "main": {}, "rest": {}},
                )
                if number == 0:
                    entry["taxids"].update(dict.fromkeys(unknown))  # type: ignore[attr-defined]
    rows: list[Sequence[str]] = [("key", "name", "taxids", "seen", "evidence", "unit", "species")]
    for name in sorted(names):
        entry = names[name]
        rows.append(
            (
                name,
                str(entry["name"]),
                "|".join(entry["taxids"]),  # type: ignore[arg-type]
                "".join(sorted(seen.get(name, ()))),
                ",".join(sorted(entry["evidence"])),  # type: ignore[call-overload]
                str(entry["unit"]),
                "|".join(filter(None, (_candidates(entry["main"]), _candidates(entry["rest"])))),  # type: ignore[arg-type]
            )
        )
    return rows


def motus_rows(motus: list[Row], gtdb: list[Row], unit_of: dict[str, str]) -> list[Sequence[str]]:
    """Build the mOTUs, their GTDB names followed from the release that the names are of.

    45 mOTUs hold several species (``Phocaeicola vulgatus/Phocaeicola dorei/CAG-196 sp002102975``)
    and the source table leads them to the last one. They are left out: their NCBI name and
    taxid, which mOTUs prints too, do better.
    """
    shares: dict[str, dict[str, float]] = defaultdict(dict)
    for row in gtdb:
        if row["release"] == MOTUS_RELEASE and row["r220_species"] in unit_of:
            shares[row["name"]][row["r220_species"]] = float(row["share"])
    rows: list[Sequence[str]] = [("id", "species")]
    for row in motus:
        given = row["gtdb_name_given"]
        if "/" not in given:
            found = shares[given]
            same_unit = found and unit_of[_top(found)] == row["unit"]
            rows.append((row["motus_id"], _candidates(found if same_unit else {row["r220_species"]: 1.0})))
    return rows


def accession_rows(path: Path, species: list[Row]) -> list[Sequence[str]]:
    """Build the genomes of each species: sorted accession numbers, each as the step from the last."""
    genomes = {row["species"]: float(row["genomes_r214"]) for row in species}
    representative = {row["representative"] for row in species}
    numbers: dict[str, list[int]] = defaultdict(list)
    with gzip.open(path, "rt", encoding="utf-8", newline="") as handle:
        for row in csv.DictReader(handle, delimiter="\t"):
            if row["accession_number"] not in representative:
                numbers[row["model_species"]].append(int(row["accession_number"]))
    rows: list[Sequence[str]] = [("species", "numbers")]
    for name in sorted(numbers):
        ordered = sorted(numbers[name])
        if len(ordered) > MOST_ACCESSIONS * max(1.0, genomes[name]):
            print(f"accessions of {name} left out: {len(ordered)}, but {genomes[name]:g} public genomes")
            continue
        steps = [b - a for a, b in zip([0, *ordered], ordered, strict=False)]
        rows.append((name, ",".join(map(str, steps))))
    return rows


def write(folder: Path, files: dict[str, list[Sequence[str]]]) -> None:
    """Write the maps and the list of their hashes."""
    folder.mkdir(parents=True, exist_ok=True)
    listed = {}
    for name, rows in files.items():
        content = ("\n".join("\t".join(row) for row in rows) + "\n").encode("utf-8")
        packed = gzip.compress(content, compresslevel=9, mtime=0)
        (folder / f"{name}.tsv.gz").write_bytes(packed)
        listed[f"{name}.tsv.gz"] = {"rows": len(rows) - 1, "sha256": hashlib.sha256(content).hexdigest()}
        print(f"{name}.tsv.gz: {len(rows) - 1} rows, {len(packed)} bytes")
    about = {"version": VERSION, "nomenclature": "GTDB R220", "files": listed}
    (folder / "maps.json").write_text(json.dumps(about, indent=2) + "\n", encoding="utf-8")


def _candidates(shares: dict[str, float]) -> str:
    ordered = sorted(shares, key=lambda name: -shares[name])
    return "|".join(f"{name}:{_short(shares[name])}" for name in ordered)


def _top(shares: dict[str, float]) -> str:
    return max(shares, key=lambda name: shares[name])


def _short(share: float | str) -> str:
    return f"{float(share):.3f}".rstrip("0").rstrip(".")


if __name__ == "__main__":
    main()
