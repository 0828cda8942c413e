"""What the R package asks for: one request in, one answer out, with nothing but text and raw bytes across.

R's objects are taken apart in R. A request is JSON beside a list of raw vectors, and so is its
answer; in process they cross through reticulate, otherwise as the files of a folder
(`mbembed.bridge.folder`). Both routes end in `answer`, which is why their results are the same
bit for bit. No array of NumPy or pandas ever becomes an R object, so that every pair of
reticulate and NumPy works, and nothing here imports torch.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from mbembed.bridge.looking import LOOKING
from mbembed.bridge.request import EMBEDDING, FLOAT, MATCHING, Request
from mbembed.errors import MbembedError, NoMatchError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

__all__ = ["PROTOCOL", "answer"]

#: Version of this exchange. The R package and this module must agree on it, and on nothing else.
PROTOCOL = 2

Parts = list[bytearray]


def answer(request: str, parts: Sequence[bytes | bytearray] = ()) -> list[Any]:
    r"""Answer one request of the R package.

    Parameters
    ----------
    request : str
        JSON: ``protocol``, ``do`` (one of ``ACTIONS``), and what that needs: ``table`` (a path, several,
        or the parts of an R object), ``embedding`` (the ids of its samples, and of its summary what says how it was
        made), ``samples`` (what is known of them) and ``options``.
    parts : sequence of bytes
        For a table in memory: its non-zero values (float64), their rows (int32, from 0) and the
        offsets of its columns (int32), as in R's ``dgCMatrix``. For an embedding: its values by columns
        (float32).

    Returns
    -------
    list
        JSON text with ``result`` or ``error`` (``code``, ``message``, ``found``, ``expected``,
        ``hint``, ``fields``, of which ``notes`` may explain it), and the raw parts of the answer.

    Examples
    --------
    >>> json.loads(answer('{"protocol": 1, "do": "dance"}')[0])["error"]["code"]
    'usage'
    """
    out: Parts = []
    try:
        asked = json.loads(request)
        result = _action(asked)(Request(asked, parts), out)
    except MbembedError as error:
        return [_to_json({"error": _told(error)})]
    except MemoryError:
        message = "the memory of this machine is not enough for this table"
        hint = "split it by samples; vectors do not change"
        return [_to_json({"error": {"code": "memory", "message": message, "found": message, "hint": hint}})]
    except Exception as error:  # noqa: BLE001 - R must get a condition, never a Python traceback
        return [_to_json({"error": _unexpected(error)})]
    return [_to_json({"result": result}), *out]


def _action(asked: Mapping[str, Any]) -> Callable[[Request, Parts], object]:
    if asked.get("protocol") != PROTOCOL:
        raise UsageError(
            f"the R package speaks version {asked.get('protocol')} of the exchange, this mbembed version {PROTOCOL}",
            expected="the same of both",
            hint="update the older one: install_mbembed() for Python's, or the R package",
        )
    name = asked.get("do")
    if name not in ACTIONS:
        raise UsageError(f"there is no request {name!r}", expected=f"one of: {', '.join(ACTIONS)}")
    return ACTIONS[name]


def _embed(request: Request, out: Parts) -> dict[str, Any]:
    from mbembed.match.report import taxon_columns
    from mbembed.pipeline import embed

    profile = request.profile()
    try:
        embedding = embed(profile, request.content.get("model"), **request.given(*EMBEDDING))
    except NoMatchError as error:
        error.fields["notes"] = profile.warnings  # what was noticed while reading may be the reason
        raise
    # R keeps matrices column by column.
    out.append(bytearray(embedding.values.astype(FLOAT, copy=False).tobytes(order="F")))
    return {
        "samples": embedding.sample_ids,
        "dimensions": embedding.dimension_names,
        "summary": embedding.summary,
        "match": taxon_columns(embedding.match),
        "warnings": embedding.warnings,
    }


def _inspect(request: Request, _: Parts) -> dict[str, Any]:
    from mbembed.match import match_profile
    from mbembed.models.store import list_models, load_model

    profile, model = request.profile(), request.content.get("model")
    models = [load_model(model)] if model else list_models()
    matches = [match_profile(profile, model, **request.given(*MATCHING)) for model in models]
    return {
        "table": profile.to_summary(),
        "warnings": profile.warnings,
        "models": [{"name": match.model.name, **match.to_summary()} for match in matches],
    }


def _convert(request: Request, _: Parts) -> dict[str, Any]:
    from mbembed.conversion import change_unit, resolve_names
    from mbembed.outputs.profile_writers import check_profile_output, write_profile

    wanted = request.content["convert"]
    check_profile_output(wanted["path"], wanted.get("to"))
    profile = request.profile()
    if wanted.get("names") == "resolve":
        profile, _found = resolve_names(profile)
    if wanted.get("to_unit"):
        profile = change_unit(profile, wanted["to_unit"])
    write_profile(wanted["path"], profile, to=wanted.get("to"), unclassified=wanted.get("unclassified") or "keep")
    return {"table": profile.to_summary(), "warnings": profile.warnings}


def _models(_request: Request, _: Parts) -> list[dict[str, Any]]:
    from mbembed.models.store import default_folder, list_models

    return [
        {
            "name": model.name,
            "default": model.path == default_folder(),
            "species": model.n_named_species,
            "dimensions": model.n_dimensions,
            "nomenclature": model.nomenclature,
            "licence": model.config.get("licence"),
            "path": model.path,
        }
        for model in list_models()
    ]


def _version(_request: Request, _: Parts) -> dict[str, Any]:
    import sys
    from platform import python_version

    from mbembed import __version__

    return {"protocol": PROTOCOL, "mbembed": __version__, "python": python_version(), "executable": sys.executable}


#: What can be asked for.
ACTIONS = {
    "version": _version,
    "models": _models,
    "inspect": _inspect,
    "convert": _convert,
    "embed": _embed,
    **LOOKING,
}


def _told(error: MbembedError) -> dict[str, Any]:
    facts = {key: value for key, value in error.fields.items() if isinstance(value, str | int | float | list)}
    return {
        "code": error.code,
        "message": str(error),
        "found": error.found,
        "expected": error.expected,
        "hint": error.hint,
        "fields": facts,
    }


def _unexpected(error: Exception) -> dict[str, Any]:
    import traceback

    found = f"unexpected {type(error).__name__}: {error}"
    return {
        "code": "unexpected",
        "message": found,
        "found": found,
        "hint": "this is a bug in mbembed: report it with what rlang::last_error()$python_trace holds",
        "trace": traceback.format_exc(),
    }


def _to_json(value: Mapping[str, object]) -> str:
    from mbembed.outputs.summary import to_json

    return to_json(value)
