"""Every option with its default and its help text, once.

Every surface takes them from here, the command line first, so that no two can disagree.
Nothing is imported: ``mbembed --help`` has to be instant.
"""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["CONVERT", "EVALUATE", "OPTIONS", "REPORT", "WARN_COVERAGE", "WARN_OBSERVABLE", "Option", "check_choice"]

#: Warn when less than this share of a sample's classified abundance matches (0 to 1). A judgement between
#: two measurements on 113 MetaPhlAn 4 samples and the published model: with the 49 % that equal names match,
#: vectors had a cosine of 0.46 to those from SGBs; with 83 % mapped, 0.97.
WARN_COVERAGE = 0.60
#: Warn when fewer species of a model than this could have been seen with the profiler at all. The
#: same samples by two profilers had a cosine of 0.74 over all columns of the published model and of
#: 0.97 over those that both can see: below some 300, differences of profilers dominate.
WARN_OBSERVABLE = 300


class Option(NamedTuple):
    """One option.

    Attributes
    ----------
    name : str
        As a Python argument; the flag is the same with dashes.
    default : object
    help : str
        One sentence for a form or ``--help``, without a full stop.
    choices : tuple of str
        Allowed values; empty for free text.
    metavar : str
        What to show for the value.
    kind : type
        ``str``, ``int``, ``float`` or ``bool``.
    """

    name: str
    default: object
    help: str
    choices: tuple[str, ...] = ()
    metavar: str = ""
    kind: type = str

    @property
    def flag(self) -> str:
        """The option as typed on the command line."""
        return "--" + self.name.replace("_", "-")


_ALL = (
    Option(
        "model", "default", "model to use: a name from 'mbembed models list', or a model folder", metavar="NAME|DIR"
    ),
    Option("format", None, "dialect of the table, when it is not to be detected from its content", metavar="FORMAT"),
    Option(
        "orientation",
        None,
        "which way round the table stands, when it is not to be detected",
        choices=("samples-in-rows", "taxa-in-rows"),
    ),
    Option(
        "units",
        None,
        "unit of the values, when it is not to be detected",
        choices=("fraction", "percent", "counts"),
    ),
    Option("rank", None, "rank to take from a table of several ranks (default: species)", metavar="RANK"),
    Option(
        "missing",
        "error",
        "what an empty cell or NA among the numbers means: an error, or zero",
        choices=("error", "zero"),
    ),
    Option(
        "taxonomy",
        None,
        "lineages of features that the table names by ids only: QIIME 2's taxonomy (.qza or TSV) or mothur's cons.taxonomy",
        metavar="FILE",
    ),
    Option(
        "closure",
        None,
        "what an abundance is a fraction of: everything in the sample as the table states it (input), "
        "the classified part (classified), or the part that the model knows (matched); default: as the model was trained",
        choices=("input", "classified", "matched"),
    ),
    Option(
        "names",
        "resolve",
        "how taxa find the model's species: through the name maps (resolve), the same without ambiguous names (strict), "
        "or by equal names only (exact)",
        choices=("resolve", "strict", "exact"),
    ),
    Option(
        "min_coverage",
        0.0,
        "leave out samples of which less than this share of the abundance (0 to 1) matches the model",
        metavar="X",
        kind=float,
    ),
    Option(
        "on_empty",
        "drop",
        "samples in which nothing, or less than the minimum, matches: leave them out (drop), write missing values (nan), "
        "or embed them all the same, as the published script does (floor)",
        choices=("drop", "nan", "floor"),
    ),
    Option("device", "cpu", "where to compute; cuda needs mbembed[torch]", choices=("cpu", "cuda")),
)

_CONVERT = (
    Option(
        "to",
        None,
        "format (default: by the suffix of OUT)",
        choices=("biom", "biom1", "tsv", "csv", "parquet", "h5ad"),
    ),
    Option(
        "names",
        "keep",
        "names of the taxa: as they stand (keep), or as GTDB R220 species where they are known (resolve)",
        choices=("keep", "resolve"),
    ),
    Option(
        "to_unit",
        None,
        "convert the values, as shares of everything that the table states (default: as they stand)",
        choices=("fraction", "percent"),
    ),
    Option(
        "unclassified",
        "keep",
        "abundance that the profiler could not assign: a row UNCLASSIFIED (keep), or nothing (drop), "
        "which changes what each sample adds up to",
        choices=("keep", "drop"),
    ),
)

_REPORT = (
    Option(
        "report",
        None,
        "write a page to look at: verdict, match, map of the samples and how to repeat it (needs mbembed[report])",
        metavar="HTML",
    ),
    Option(
        "metadata",
        None,
        "what is known of the samples, for the map of the report: TSV or CSV with a header and a column of sample ids "
        "(default: what the table itself carries)",
        metavar="TSV",
    ),
    Option(
        "color_by",
        None,
        "columns of the metadata that colour the map, at most three, separated by commas "
        "(default: the first that tell samples apart)",
        metavar="COLUMNS",
    ),
)

_EVALUATE = (
    Option(
        "metadata",
        None,
        "what is known of the samples: a tab-separated table with a header, the sample ids in its first column",
        metavar="TSV",
    ),
    Option("target", None, "column to predict", metavar="COLUMN"),
    Option(
        "group", None, "column with the study of each sample; draws and scores are then within studies", metavar="STUDY"
    ),
    Option(
        "subject", None, "column with the person of each sample; no person is trained on and scored", metavar="COLUMN"
    ),
    Option("id_column", None, "column with the sample ids (default: the first)", metavar="COLUMN"),
    Option(
        "kind",
        None,
        "kind of the target, when its values should not decide",
        choices=("binary", "multiclass", "continuous"),
    ),
    Option(
        "positive", None, "positive class of two (default: the one that is no control, or the rarer)", metavar="CLASS"
    ),
    Option(
        "protocols",
        None,
        "what is measured (default: all that the data allow)",
        choices=("limited-data", "cross-validation", "leave-one-study-out", "study-transfer"),
    ),
    Option(
        "sizes",
        None,
        "numbers of labelled samples (default: 10 20 40 and so on, as far as they fit)",
        metavar="N",
        kind=int,
    ),
    Option(
        "repeats",
        20,
        "draws per number of labelled samples; cross-validation is repeated until it has as many fits",
        metavar="N",
        kind=int,
    ),
    Option("folds", 5, "folds of the cross-validation", metavar="N", kind=int),
    Option(
        "heads",
        ("linear", "forest"),
        "what is fitted: ridge regression, random forest; the first gives the verdict (default: linear forest)",
        choices=("linear", "forest"),
    ),
    Option(
        "representations",
        ("log", "clr", "presence", "pca", "model", "joined"),
        "what it is fitted on; pca: of each raw one, joined: each model beside clr (default: all)",
        choices=("log", "clr", "presence", "pca", "model", "joined"),
    ),
    Option("seed", 0, "same seed, same results", metavar="N", kind=int),
    Option(
        "jobs",
        -1,
        "processes, -1 for one per core; the results do not depend on it (default: -1)",
        metavar="N",
        kind=int,
    ),
)

#: Options of reading, matching and embedding, by name.
OPTIONS: dict[str, Option] = {option.name: option for option in _ALL}
#: Options of writing a converted table, by name.
CONVERT: dict[str, Option] = {option.name: option for option in _CONVERT}
#: Options of the report on an embedding, by name.
REPORT: dict[str, Option] = {option.name: option for option in _REPORT}
#: Options of evaluating, by name.
EVALUATE: dict[str, Option] = {option.name: option for option in _EVALUATE}


def check_choice(name: str, value: object) -> None:
    """Refuse a value that an option does not have.

    Raises
    ------
    UsageError
        Naming the choices.
    """
    option = OPTIONS[name]
    if value is None or value == option.default or not option.choices or value in option.choices:
        return
    from mbembed.errors import UsageError

    raise UsageError(
        f"{name} is {value!r}",
        expected=f"one of {', '.join(option.choices)}",
        hint=f"{option.flag} {option.choices[0]}",
    )
