"""Every error that mbembed raises on purpose: one root, typed children with fields.

A message always reads *what was found → what was expected → what to type*. The
three parts are kept apart as fields, so that the command line, R and Galaxy can
lay them out in their own way; ``str(error)`` joins them into one paragraph.

Each class has a stable ``code``, by which programs tell errors apart without reading the text.
"""

from __future__ import annotations

__all__ = [
    "AxisError",
    "CellError",
    "DialectError",
    "DownloadError",
    "DuplicateIdError",
    "EmptyTableError",
    "EvaluationError",
    "MbembedError",
    "MetadataError",
    "MissingExtraError",
    "ModelError",
    "ModelIntegrityError",
    "ModelNotFoundError",
    "NoMatchError",
    "OutputError",
    "TableError",
    "TrainingError",
    "UnitError",
    "UnsafePickleError",
    "UsageError",
]

#: Exit status of the command line when the data could not be used (design rule: 1 = the data).
EXIT_DATA = 1
#: Exit status of the command line when the arguments were wrong (2, as argparse itself uses).
EXIT_USAGE = 2


class MbembedError(Exception):
    """Root of all errors that mbembed raises on purpose.

    Parameters
    ----------
    found : str
        What was found, as a sentence without its full stop.
    expected : str, optional
        What was expected instead.
    hint : str, optional
        What to type or to do next.
    **fields
        Facts for programs (for example ``path``, ``line``, ``column``, ``value``);
        kept in ``self.fields`` and readable as attributes.

    Examples
    --------
    >>> error = MbembedError("3 cells are empty", expected="a number in every cell",
    ...                      hint="--missing zero reads them as 0", line=4)
    >>> print(error)
    3 cells are empty. Expected: a number in every cell. Try: --missing zero reads them as 0.
    >>> error.line
    4
    """

    code = "error"
    exit_code = EXIT_DATA

    def __init__(self, found: str, *, expected: str = "", hint: str = "", **fields: object) -> None:
        self.found = found
        self.expected = expected
        self.hint = hint
        self.fields = fields
        parts = [found, f"Expected: {expected}" if expected else "", f"Try: {hint}" if hint else ""]
        super().__init__(" ".join(_with_full_stop(part) for part in parts if part))

    def __getattr__(self, name: str) -> object:
        fields = self.__dict__.get("fields", {})
        if name in fields:
            return fields[name]
        raise AttributeError(name)


def _with_full_stop(text: str) -> str:
    text = text.rstrip()
    return text if text.endswith((".", "!", "?", ":")) else text + "."


class UsageError(MbembedError):
    """The arguments were wrong, not the data (exit status 2)."""

    code = "usage"
    exit_code = EXIT_USAGE


class MissingExtraError(UsageError):
    """An optional dependency is not installed; ``extra`` names the pip extra."""

    code = "missing_extra"


class TableError(MbembedError):
    """An abundance table could not be used; ``path`` says which."""

    code = "table"


class DialectError(TableError):
    """The file is in no dialect that can be read, or not in the one that was named."""

    code = "dialect"


class CellError(TableError):
    """A cell does not hold a usable number; ``line``, ``column`` and ``value`` say where."""

    code = "cell"


class DuplicateIdError(TableError):
    """A sample id stands more than once; ``ids`` lists them."""

    code = "duplicate_id"


class EmptyTableError(TableError):
    """No samples, no taxa, or nothing but zeros."""

    code = "empty_table"


class AxisError(TableError):
    """Samples and taxa cannot be told apart, or stand the other way round than stated."""

    code = "axis"


class UnitError(TableError):
    """The unit of the values is neither fraction, percent nor counts, or is mixed."""

    code = "unit"


class MetadataError(MbembedError):
    """A table of what is known of the samples cannot be read or joined; ``path`` says which, if it is a file."""

    code = "metadata"


class NoMatchError(MbembedError):
    """Not one taxon of the table is among the species of the model."""

    code = "no_match"


class ModelError(MbembedError):
    """A model folder cannot be used."""

    code = "model"


class ModelNotFoundError(ModelError):
    """No model of that name is installed."""

    code = "model_not_found"


class ModelIntegrityError(ModelError):
    """A file of a model is missing, damaged or not the one that was recorded."""

    code = "model_integrity"


class UnsafePickleError(ModelError):
    """A published checkpoint names code that is not on the short list; nothing was run."""

    code = "unsafe_pickle"


class DownloadError(ModelError):
    """A published model could not be downloaded."""

    code = "download"


class OutputError(MbembedError):
    """A result could not be written."""

    code = "output"


class TrainingError(MbembedError):
    """Pre-training could not start or had to stop."""

    code = "training"


class EvaluationError(MbembedError):
    """Labels, studies or samples do not allow what was to be evaluated."""

    code = "evaluation"
