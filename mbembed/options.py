"""Every option with its default and its help text, once.

Every surface takes them from here, the command line first, so that no two can disagree.
Nothing is imported: ``mbembed --help`` has to be instant.
"""

from __future__ import annotations

from typing import NamedTuple

__all__ = [
    "CONVERT",
    "EVALUATE",
    "EXPLAIN",
    "IMPUTE",
    "NEIGHBOURS",
    "OPTIONS",
    "REPORT",
    "WARN_COVERAGE",
    "WARN_OBSERVABLE",
    "Option",
    "check_choice",
]

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
    Option(
        "threads",
        None,
        "how many threads compute; no number depends on it (default: GALAXY_SLOTS, else OMP_NUM_THREADS, else all cores)",
        metavar="N",
        kind=int,
    ),
    Option(
        "resume",
        False,  # noqa: FBT003 - the default, as of every option
        "keep what is written when the run is interrupted (OUT.partial and OUT.progress.json), and go on from there",
        kind=bool,
    ),
    Option(
        "shard",
        None,
        "write only part I of N of the samples, for jobs that run side by side: the parts, one after the other, are "
        "the rows of the whole (default: all samples)",
        metavar="I/N",
    ),
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
        "write a page to look at: verdict, match, map, whether the samples are in range, study signal and how to repeat it "
        "(needs mbembed[report])",
        metavar="HTML",
    ),
    Option(
        "metadata",
        None,
        "what is known of the samples, for the report: TSV or CSV with a header and a column of sample ids "
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
    Option(
        "batch",
        None,
        "column of the metadata that says in which study, batch, run or centre a sample was measured, for the study signal "
        "of the report (default: a column that is called so)",
        metavar="COLUMN",
    ),
    Option(
        "contrast",
        None,
        "column of the metadata with two groups: the report says which taxa speak for the difference",
        metavar="COLUMN",
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

_EXPLAIN = (
    Option(
        "contrast",
        None,
        "column of the metadata with two groups: explain the direction in which their embeddings differ",
        metavar="COLUMN",
    ),
    Option(
        "case",
        None,
        "value of the contrast's column (default: of two, the one that is no control, or the rarer); "
        "for a head of several classes, the class",
        metavar="VALUE",
    ),
    Option("control", None, "value that it is compared with (default: all other samples)", metavar="VALUE"),
    Option("head", None, "explain a linear head: heads.json of 'mbembed evaluate'", metavar="FILE"),
    Option("dimension", None, "explain one dimension of the embedding: 5 for embedding_5", metavar="K", kind=int),
    Option("axis", None, "explain a principal axis of this table's embedding, from 1", metavar="K", kind=int),
    Option(
        "metadata",
        None,
        "what is known of the samples: TSV or CSV with a header and a column of sample ids "
        "(default: what the table itself carries)",
        metavar="TSV",
    ),
    Option(
        "group",
        None,
        "column with the study of each sample: groups are compared within studies, and from five on studies are drawn again",
        metavar="STUDY",
    ),
    Option(
        "subject",
        None,
        "column with the person of each sample: a person's samples are drawn together",
        metavar="COLUMN",
    ),
    Option("id_column", None, "column with the sample ids (default: the first)", metavar="COLUMN"),
    Option(
        "baseline",
        "reference",
        "what a sample is compared with: the mean of the controls, or of all samples without a contrast (reference), "
        "or a sample without any species (absent)",
        choices=("reference", "absent"),
    ),
    Option("resamples", 500, "how often samples are drawn again, to see what is stable", metavar="N", kind=int),
    Option("seed", 0, "same seed, same results", metavar="N", kind=int),
    Option(
        "samples",
        None,
        "write the attribution of each sample to each taxon; a row adds up to the sample's score less that of the baseline",
        metavar="TSV",
    ),
    Option(
        "figure", None, "draw the largest attributions as bars (.svg or .png; needs mbembed[report])", metavar="FILE"
    ),
)

_IMPUTE = (
    Option(
        "surprises",
        None,
        "write the most surprising presences and absences of each sample, given its other species",
        metavar="TSV",
    ),
    Option("top", 10, "how many of each kind and sample --surprises lists at most", metavar="N", kind=int),
)

_NEIGHBOURS = (
    Option("k", 5, "neighbours per sample", metavar="N", kind=int),
    Option("measure", "cosine", "how alike two vectors are", choices=("cosine", "euclidean")),
)

#: Options of reading, matching and embedding, by name.
OPTIONS: dict[str, Option] = {option.name: option for option in _ALL}
#: Options of writing a converted table, by name.
CONVERT: dict[str, Option] = {option.name: option for option in _CONVERT}
#: Options of the report on an embedding, by name.
REPORT: dict[str, Option] = {option.name: option for option in _REPORT}
#: Options of evaluating, by name.
EVALUATE: dict[str, Option] = {option.name: option for option in _EVALUATE}
#: Options of explaining, by name.
EXPLAIN: dict[str, Option] = {option.name: option for option in _EXPLAIN}
#: Options of imputing, by name.
IMPUTE: dict[str, Option] = {option.name: option for option in _IMPUTE}
#: Options of nearest neighbours, by name.
NEIGHBOURS: dict[str, Option] = {option.name: option for option in _NEIGHBOURS}


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
