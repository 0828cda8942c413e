"""``mbembed inspect``: what would be read, and how well it matches each installed model."""

from __future__ import annotations

import argparse
import shlex
from typing import TYPE_CHECKING, Any

from mbembed.cli.arguments import READING, add_options, add_reading, add_tables, chosen, one_or_all, quiet_parser
from mbembed.cli.startup import start_fast
from mbembed.options import WARN_COVERAGE

if TYPE_CHECKING:
    from mbembed.match import Match
    from mbembed.tables.profile import Profile

__all__ = ["add_parser", "run"]

#: A model is recommended before the default if it matches this much more of the median sample's
#: abundance (share): smaller differences do not outweigh that the default fits most tables.
CLEARLY_BETTER = 0.05
#: Leftovers and badly matched samples that are named.
SHOWN = 5
#: Columns of ``--samples``; as in `mbembed.match.report`, with the model before them.
SAMPLE_COLUMNS = ("model", "sample", "input_sum", "unclassified_fraction", "coverage", "species_matched")

DESCRIPTION = """\
Say how a table would be read and how well it matches each installed model, without
embedding anything.
"""


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the sub-command."""
    parser = commands.add_parser(
        "inspect",
        help="what would be read from a table, and how well it matches",
        description=DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        parents=[quiet_parser()],
    )
    add_tables(parser)
    parser.add_argument("--model", metavar="NAME|DIR", help="only this model (default: every installed one)")
    add_reading(parser)
    add_options(parser, ("closure", "names"), "how it is matched")
    parser.add_argument("--json", action="store_true", help="print JSON instead of words")
    parser.add_argument("--samples", metavar="TSV", help="write how much of each sample matches each model")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run the sub-command."""
    start_fast()
    from mbembed.match import match_profile
    from mbembed.models.store import list_models, load_model
    from mbembed.outputs import check_place
    from mbembed.tables import read_table

    if args.samples:
        check_place(args.samples)
    profile = read_table(one_or_all(args.table), **chosen(args, READING))
    models = [load_model(args.model)] if args.model else list_models()
    matches = [match_profile(profile, model, closure=args.closure, names=args.names) for model in models]
    if args.json:
        from mbembed.outputs.summary import to_json

        print(to_json(_report(profile, matches)))
    else:
        print(_words(args.table, profile, matches))
    if args.samples:
        _write_samples(args.samples, matches)
    return 0


def _write_samples(path: str, matches: list[Match]) -> None:
    """Write one line per model and sample."""
    from mbembed.outputs.match_table import write_match_table

    rows = (
        (match.model.name, *row)
        for match in matches
        for row in zip(
            match.profile.sample_ids,
            match.input_sum.tolist(),
            match.unclassified_fraction.tolist(),
            match.coverage.tolist(),
            match.species_matched.tolist(),
            strict=True,
        )
    )
    write_match_table(path, rows, SAMPLE_COLUMNS)


def _report(profile: Profile, matches: list[Match]) -> dict[str, Any]:
    return {
        "table": profile.to_summary(),
        "warnings": profile.warnings,
        "models": [{"name": match.model.name, **match.to_summary()} for match in matches],
    }


def _words(tables: list[str], profile: Profile, matches: list[Match]) -> str:
    lines = [profile.path, f"  {profile.n_samples} samples × {profile.n_taxa} taxa"]
    lines += [f"  {decision.what}: {decision.value} – {decision.reason}" for decision in profile.decisions]
    lines += [f"  note: {warning}" for warning in profile.warnings]
    if matches:
        nomenclature = matches[0].nomenclature
        lines.append(f"  names: {nomenclature.words} – {nomenclature.evidence}")
        if nomenclature.also:
            lines.append(
                f"  note: part of the taxa is named otherwise ({', '.join(nomenclature.also)}): mixed profilers?"
            )
    for match in matches:
        lines += ["", *_model_words(match)]
    best = _best(matches)
    lines.append("")
    if best is None or best.verdict == "nothing matched":
        lines.append(
            "Nothing matches: embeddings cannot be made. Are the taxa species names (see --rank, --orientation)?"
        )
    else:
        lines.append(f"Next: mbembed embed {shlex.join(tables)} --model {best.model.name} -o embeddings.tsv")
    return "\n".join(lines)


def _best(matches: list[Match]) -> Match | None:
    """Return the match to go on with: the first (the embedded default), unless another is clearly better."""
    best = matches[0] if matches else None
    for match in matches[1:]:
        if best and match.median_coverage > best.median_coverage + CLEARLY_BETTER:
            best = match
    return best


def _model_words(match: Match) -> list[str]:
    model = match.model
    lines = [
        f"Model {model.name}: {match.verdict}",
        f"  abundance matched: {match.median_coverage:.1%} in the median sample",
        (
            f"  taxa matched: {int(match.matched_taxa.sum())} of {match.profile.n_taxa}; "
            f"model species reached: {match.n_species_reached} of {model.n_named_species} "
            f"({match.n_observable} can be seen at all with these names)"
        ),
    ]
    unclassified = match.unclassified_fraction
    if unclassified.any():
        lines.append(f"  unclassified by the profiler: {unclassified.mean():.1%} of the samples' abundance on average")
    if match.verdict != "nothing matched" and match.poor_samples:
        poor = match.poor_samples
        worst = ", ".join(f"{match.profile.sample_ids[i]} {match.coverage[i]:.0%}" for i in poor[:SHOWN])
        lines.append(
            f"  samples below {WARN_COVERAGE:.0%}: {len(poor)} of {match.profile.n_samples}; the worst: {worst}"
        )
    leftovers = ", ".join(f"{name} ({share:.1%}, {reason})" for name, share, reason in match.leftovers(SHOWN))
    if leftovers:
        lines.append(f"  most abundant without a match: {leftovers}")
    return lines
