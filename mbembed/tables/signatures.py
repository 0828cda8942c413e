"""Text dialects told apart by their first lines.

They stand together because each has to exclude all others; the order is that of
specificity. A signature is here also for dialects that no reader reads yet, so that such
a file is refused by its name and not taken for a plain matrix.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from mbembed.tables.cells import is_number, split_line
from mbembed.tables.layout import guess_delimiter
from mbembed.tables.source import HEAD_BYTES
from mbembed.tables.text import TextFile

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from mbembed.tables.source import Source

__all__ = ["Signature", "signature"]

#: Header lines of PCL files: a metadata row each, dozens of them; the first taxon is looked for so far.
PCL_LINES = 300
#: So many first lines have to be text, for the taxa to be looked for beyond the head of a wide table.
PCL_TEXT_LINES = 3
PCL_TITLE = "a table with metadata rows above the taxa (PCL)"
#: Comment lines by which a program is known stand among the first so many (CAMI, mOTUs, MetaPhlAn's index);
#: MetaPhlAn's header and sample line among the first so many, below up to 6 comments.
COMMENT_LINES, METAPHLAN_LINES = 5, 10
#: How many lines of a Kraken report must look like one.
KRAKEN_LINES = 2

_KRAKEN = re.compile(r"\s*\d+\.\d+\t\d+\t\d+\t(\d+\t\d+\t)?[A-Z-]\d*\t\d+\t")
_MOTUS = re.compile(
    r"#\s*(git tag version|motus version|call: python \S*motus)|#(consensus_taxonomy|mOTUs?)\t|#tool_version=\S+\tdatabase"
)
_KRAKEN_MPA = re.compile(r"[dk]__?[A-Z][^\t]*\t\d+(\.\d+)?$")
_MPA_INDEX = re.compile(r"#(mpa_v\w+)")
_MPA_SAMPLE = re.compile(r"#?\w+\tMetaphlan2?_Analysis", re.IGNORECASE)
TAXON_ROW = re.compile(r'"?[dk]__')
_MPA_LINEAGE = re.compile(r"[dk]__[^\t|]+\|p__")
_SYLPH_LINEAGE = re.compile(r"d__[^\t|;]+\|p__")
_SOURMASH = re.compile(r"lineage\t[^\t]")
_MOTHUR_SHARED = re.compile(r"label\tGroup\tnum\w+\t")
#: Names of a column of NCBI Taxonomy ids, lower case (GMrepo, and what people write).
TAXID_COLUMNS = frozenset(
    {"ncbi_taxon_id", "ncbi_taxid", "ncbi_tax_id", "ncbi_taxonomy_id", "taxid", "tax_id", "taxon_id"}
)
_TAXID = re.compile(r'"?(\d+|-1)"?$')


class Signature(NamedTuple):
    """What a text is by its first lines.

    Attributes
    ----------
    dialect : str
    title : str
        For people.
    detail : str
        Version or variant.
    """

    dialect: str
    title: str
    detail: str


def signature(source: Source) -> Signature | None:
    """Name the dialect of a text file.

    Parameters
    ----------
    source : Source

    Returns
    -------
    Signature or None
        None for a plain matrix, for binary content, and for text that is no table.
    """
    known = vars(source)  # remembered as a cached property would be: every reader asks
    if "signature" not in known:
        known["signature"] = _find(source)
    found: Signature | None = known["signature"]
    return found


def _find(source: Source) -> Signature | None:
    lines = source.head_lines
    if not lines:
        return None
    for dialect, title, test in _TESTS:
        detail = test(lines)
        if detail is not None:
            return Signature(dialect, title, detail)
    return _far_pcl(source)


def _json(lines: Sequence[str]) -> str | None:
    return "JSON" if lines[0].lstrip().startswith(("{", "[{")) else None


def _r_data(lines: Sequence[str]) -> str | None:
    return "ASCII" if lines[0] in {"RDA2", "RDA3", "RDX2", "RDX3", "A"} else None


def _markup(lines: Sequence[str]) -> str | None:
    return "HTML or XML" if lines[0].lstrip().lower().startswith(("<!doctype", "<html", "<?xml")) else None


def _cami(lines: Sequence[str]) -> str | None:
    return (
        "CAMI"
        if any(line.startswith(("@SampleID:", "@Version:", "@@TAXID")) for line in lines[:COMMENT_LINES])
        else None
    )


def _kraken2(lines: Sequence[str]) -> str | None:
    report = [line for line in lines if line.strip()][:KRAKEN_LINES]
    return "report" if report and all(map(_KRAKEN.match, report)) else None


def _bracken(lines: Sequence[str]) -> str | None:
    """By the first three columns; R may have put quotes around them, and a column of row numbers before."""
    names = [cell.strip('"') for cell in re.split(r"[\t,;]", lines[0], maxsplit=4)[:4]]
    names = names[1:] if names[0] == "" else names
    if names[:3] == ["name", "taxonomy_id", "taxonomy_lvl"]:
        return "single" if "kraken_assigned_reads" in lines[0] else "combined"
    return None


def _motus(lines: Sequence[str]) -> str | None:
    return "profile" if any(map(_MOTUS.match, lines[:COMMENT_LINES])) else None


def _kraken_mpa(lines: Sequence[str]) -> str | None:
    if lines[0].startswith("#Classification\t"):
        return "with a header"
    if not _KRAKEN_MPA.match(lines[0]):
        return None
    old = not lines[0].startswith(("d__", "k__"))
    return "without a header" if not old or any(re.search(r"\|[kp]_", line) for line in lines[:PCL_LINES]) else None


def _sylph(lines: Sequence[str]) -> str | None:
    if lines[0].startswith("#SampleID\t") and "Taxonomies_used" in lines[0]:
        return "single sample"
    header = lines[1 if lines[0].startswith("#") and len(lines) > 1 else 0].split("\t")
    if header[:3] == ["clade_name", "relative_abundance", "sequence_abundance"]:
        return "single sample"
    merged = header[0] == "clade_name" and not lines[0].startswith("#")
    return "merged" if merged and any(map(_SYLPH_LINEAGE.match, lines)) else None


def _metaphlan(lines: Sequence[str]) -> str | None:
    index = next(filter(None, map(_MPA_INDEX.match, lines[:COMMENT_LINES])), None)
    names = [line.removeprefix("#") for line in lines[:METAPHLAN_LINES]]
    header = next((line.split("\t") for line in names if line.startswith("clade_name\t")), None)
    sample = any(map(_MPA_SAMPLE.match, lines[:METAPHLAN_LINES]))
    if index is None and header is None and not sample:
        old = lines[0].startswith("ID\t") and len(lines) > 1 and TAXON_ROW.match(lines[1])
        return "MetaPhlAn 2, merged" if old and any(map(_MPA_LINEAGE.match, lines[1:])) else None
    if index is None and header is not None and not any(map(TAXON_ROW.match, lines)):
        return None
    if header is not None and header[-1:] == ["relative_abundance"] and any(";p__" in line for line in lines):
        return f"MetaPhlAn {_mpa_version(index)} converted to GTDB, single sample"
    single = (sample and header is None) or (header is not None and "relative_abundance" in header)
    version = _mpa_version(index) if index else "2" if header is None else "3 or 4"
    return f"MetaPhlAn {version}, {'single sample' if single else 'merged'}"


def _mpa_version(index: re.Match[str] | None) -> str:
    """Version by the name of the marker database: ``mpa_v20_m200``, ``mpa_v30_…``, ``mpa_vJun23_…``."""
    if index is None:
        return "4"
    number = re.match(r"mpa_v(\d)", index.group(1))
    return f"{number.group(1) if number else '4'} ({index.group(1)})"


def _taxpasta(lines: Sequence[str]) -> str | None:
    if not lines[0].startswith(("taxonomy_id", '"taxonomy_id"')):
        return None
    header = [cell.strip('"') for cell in re.split(r"[\t,]", lines[0])]
    if header[0] != "taxonomy_id" or len(header) < 2:
        return None
    if "count" in header:
        return "long" if "sample" in header else "single sample"
    return "wide"


def _sourmash(lines: Sequence[str]) -> str | None:
    body = lines[1:]
    found = (
        _SOURMASH.match(lines[0]) and body and (";" in body[0].split("\t")[0] or body[0].startswith("unclassified\t"))
    )
    return "lineage_summary" if found else None


def _taxids(lines: Sequence[str]) -> str | None:
    """By a column of tax ids with GMrepo's abundances beside it, or in the first place with ids below."""
    first = lines[0].lower()
    if not any(name in first for name in TAXID_COLUMNS):
        return None
    delimiter = "\t" if "\t" in first else ","
    header = [cell.strip() for cell in split_line(first, delimiter)]
    if "clade_name" in header or len(header) < 2:
        return None
    if "relative_abundance" in header and TAXID_COLUMNS & set(header):
        return "one row per sample and taxon" if len(header) > 2 else "one sample"
    below = [line.split(delimiter, 1)[0] for line in lines[1 : KRAKEN_LINES + 1] if line.strip()]
    return "one column per sample" if header[0] in TAXID_COLUMNS and below and all(map(_TAXID.match, below)) else None


def _biom_tsv(lines: Sequence[str]) -> str | None:
    made = lines[0].startswith("# Constructed from biom file")
    named = any(line.startswith(("#OTU ID\t", "#OTUID\t", "#Feature ID\t")) for line in lines[:2])
    return "biom convert --to-tsv" if made or named else None


def _mothur(lines: Sequence[str]) -> str | None:
    return "shared" if _MOTHUR_SHARED.match(lines[0]) else None


def _taxonomy(lines: Sequence[str]) -> str | None:
    if lines[0].startswith("OTU\tSize\tTaxonomy"):
        return "mothur"
    return "QIIME 2" if lines[0].startswith("Feature ID\tTaxon") else None


def _pcl(lines: Sequence[str]) -> str | None:
    """Rows of metadata between header and taxa: the first row that names a taxon is not the second line."""
    body = [line for line in lines[:PCL_LINES] if not line.startswith("#")]
    first = next((i for i, line in enumerate(body) if TAXON_ROW.match(line)), 0)
    if first < 2:
        return None
    delimiter = "\t" if "\t" in body[0] else guess_delimiter([body[0], *body[first:]]) or ","
    text = any(_is_text(line, delimiter) for line in body[1:first])
    return f"{first} rows of metadata" if text else None


def _is_text(line: str, delimiter: str) -> bool:
    cells = split_line(line, delimiter)
    return len(cells) > 1 and not any(map(is_number, cells[1:]))


def _far_pcl(source: Source) -> Signature | None:
    """Look for the first taxon beyond the head, where the first lines of a wide table are text."""
    lines = [line for line in source.head_lines[:PCL_TEXT_LINES] if not line.startswith("#")]
    # The last of them first: in most tables it is numbers, and found out by its first cell.
    if len(lines) < 2 or len(source.head) < HEAD_BYTES or not all(_is_text(line, "\t") for line in reversed(lines)):
        return None
    file = TextFile(source)
    found: list[str] = []
    for _, block in file.blocks():
        found += [file.decode(line) for line in block[: PCL_LINES - len(found)]]
        if len(found) >= PCL_LINES or any(map(TAXON_ROW.match, found)):
            break
    detail = _pcl(found)
    return Signature("pcl", PCL_TITLE, detail) if detail else None


_TESTS: tuple[tuple[str, str, Callable[[Sequence[str]], str | None]], ...] = (
    ("biom-json", "JSON", _json),
    ("phyloseq", "an R data file", _r_data),
    ("markup", "a web page", _markup),
    ("cami", "a CAMI profile", _cami),
    ("kraken2", "a Kraken 2 report", _kraken2),
    ("bracken", "a Bracken table", _bracken),
    ("motus", "a mOTUs profile", _motus),
    ("kraken-mpa", "a KrakenTools mpa table", _kraken_mpa),
    ("sylph", "a profile of sylph-tax", _sylph),
    ("metaphlan", "a MetaPhlAn profile", _metaphlan),
    ("taxpasta", "a taxpasta table", _taxpasta),
    ("sourmash", "a lineage summary of sourmash", _sourmash),
    ("taxids", "a table of NCBI Taxonomy ids", _taxids),
    ("biom-tsv", "a table of biom convert", _biom_tsv),
    ("mothur", "a mothur shared file", _mothur),
    ("taxonomy", "a taxonomy without abundances", _taxonomy),
    ("pcl", PCL_TITLE, _pcl),
)
