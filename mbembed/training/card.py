"""The model card: what was trained on what, how it went, and what it is not good for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mbembed.training.reference import MIN_IN_CELL, MIN_IN_GROUP
from mbembed.training.settings import HURDLE

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["MANY", "NOT_STATED", "write_card"]

#: What stands where the person who trained the model gave no text.
NOT_STATED = "not stated"
#: Samples from which on percentiles are no longer the scores of single ones: there are a thousand percentiles.
MANY = 1000
LIMITS = """\
- It knows only the species in `species.tsv`, under those names; what a table has beyond them is not seen. Look at the \
coverage that `mbembed inspect` states before trusting a vector.
- Profiles of different profilers differ by what each can detect. Do not mix profilers in one analysis without checking \
that the same samples agree.
- The vectors carry study, country and laboratory effects, as the profiles do. Score within held-out studies.
- A small loss does not make a useful embedding: compare with log abundances and presence/absence on your own labels.
- Not a medical device."""
LOSSES = {
    HURDLE: "cross-entropy of presence over all species + 0.3 × squared error of log10 abundance where present",
    "masked-mse": "squared error of the masked log10 abundances",
}


def write_card(config: Mapping[str, Any], notes: str = "") -> str:
    """Return the card of a model as Markdown.

    Parameters
    ----------
    config : mapping
        What will become ``config.json``, with the entry ``training`` of a run, and ``readout`` if it has one.
    notes : str
        Markdown of the author (evaluation, remarks).
    """
    run = config["training"]
    parts = [
        f"# {config['name']}",
        _summary(config),
        "## Training data\n\n" + _data(run),
        "## Method\n\n" + _method(config, run),
        *(["## Readout\n\n" + _readout(config["readout"])] if "readout" in config else []),
        "## How the training went\n\n" + _losses(run),
        *(["## What it knows of its training samples\n\n" + _statistics(config)] if "statistics" in config else []),
    ]
    if notes.strip():
        parts.append(notes.strip())
    parts += [
        "## Limits\n\n" + LIMITS,
        "## Make it again\n\n" + _again(run, config.get("readout", {}), config.get("statistics", {})),
    ]
    return "\n\n".join(parts) + "\n"


def _summary(config: Mapping[str, Any]) -> str:
    return (
        "A masked autoencoder of gut-metagenome species profiles; this folder holds its encoder, which turns the "
        f"relative abundances of a sample into a vector. Read with `mbembed embed TABLE --model DIR -o OUT`.\n\n"
        f"- Licence of the weights: {config['licence']}\n"
        f"- To cite: {config['citation']}\n"
        f"- Columns: {config['species']['nomenclature']}{_blind_spots(config)}\n"
        "- Files: `weights.safetensors` (the encoder, and mean and standard deviation of each dimension over the "
        "training samples), `config.json` (architecture, preprocessing, settings, hashes), `species.tsv` (input columns in order, "
        "with prevalence and mean fraction among the training samples)"
        + ("; `decoder.safetensors`" if "decoder" in config else "")
        + ("; `statistics.safetensors` (see below)" if "statistics" in config else "")
    )


def _blind_spots(config: Mapping[str, Any]) -> str:
    unobservable = config["species"].get("unobservable")
    if not unobservable:
        return ""
    seen = ", ".join(
        f"{naming} {config['training']['n_columns'] - len(columns)}" for naming, columns in unobservable.items()
    )
    return f"; of these {config['training']['n_columns']} can be seen by {seen} (`config.json` lists which cannot)"


def _data(run: Mapping[str, Any]) -> str:
    lines = [
        f"- Corpus: {run['corpus'] or NOT_STATED}",
        f"- {run['n_samples']} samples" + _of_studies(run["n_studies"]),
    ]
    if run["n_held_out"]:
        lines.append(f"- {run['n_held_out']} samples held out" + _of_studies(len(run["studies_held_out"])))
    if run["n_left_out"]:
        lines.append(f"- {run['n_left_out']} samples left out because they have no abundance")
    lines += [
        f"- Table `{table['file'] or 'in memory'}`: {table['samples']} samples, SHA-256 `{table['sha256'] or NOT_STATED}`"
        for table in run["tables"]
    ]
    if run["studies"] or run["studies_held_out"]:
        lines += ["", "| study | samples | |", "|---|---|---|"]
        lines += [f"| {study} | {n} | trained on |" for study, n in run["studies"].items()]
        lines += [f"| {study} | {n} | held out |" for study, n in run["studies_held_out"].items()]
    return "\n".join(lines)


def _of_studies(n_studies: int) -> str:
    return f" of {n_studies} studies" if n_studies else ""


def _method(config: Mapping[str, Any], run: Mapping[str, Any]) -> str:
    settings, preprocessing = run["settings"], config["preprocessing"]
    low, high = settings["mask"]
    share = (
        f"{low:.0%} of the species"
        if low == high
        else f"{low:.0%} to {high:.0%} of the species, another share for each sample"
    )
    rescaled = "; the other values are divided by (1 - share)" if settings["loss"] == HURDLE else ""
    whole = "the classified part of the sample" if config["closure"] == "classified" else "the sample"
    facts = {
        "Columns": f"the {run['n_columns']} of {run['n_species_in_tables']} species found in at least "
        f"{settings['min_prevalence']:.3g} of the training samples",
        "Input": f"log10 of the fraction of {whole}, values below {preprocessing['floor']:g} raised to it, plus {preprocessing['shift']:g}",
        "Masking": f"{share}, set to the value of an absent species{rescaled}",
        "Loss": LOSSES[settings["loss"]],
        "Encoder as shipped": " – ".join(layer["type"] for layer in config["layers"]),
        "Whole network": f"first layer {settings['hidden']}, dropout {settings['dropout']:g}, "
        f"bottleneck {settings['bottleneck'] or 'none'}, decoder {settings['decoder']} (bottleneck and decoder "
        "are shipped only as far as the line above says)",
        "Optimiser": f"AdamW, one-cycle to {settings['learning_rate']:g}, weight decay {settings['weight_decay']:g}, "
        f"batches of {settings['batch_size']}, {run['epochs_run']} of {settings['epochs']} epochs, seed {settings['seed']}",
    }
    return "\n".join(f"- {name}: {text}" for name, text in facts.items())


def _readout(readout: Mapping[str, Any]) -> str:
    constants = readout["constants"]
    axes = ", ".join(f"{name} ({n})" for name, n in readout["label_axes"].items())
    lower, upper = constants["detected_fractions"]
    lines = [
        f"- Features: the hidden units, and how surely each species is detected (0 below {lower:.1e}, 1 above {upper:g})",
        f"- Content block, {constants['n_content']} dimensions: principal components of the features"
        + (" and of the label axes" if axes else "")
        + f", divided by their variance to the power of {constants['equalising'] / 2:g}, rotated at random",
        (
            f"- Robust block, {constants['n_robust']} dimensions: principal components of log10 abundance above {upper:g}, which "
            f"every profiler reaches; {constants['robust_variance']:g} times the variance of the content block, so that it decides "
            "cosines and distances"
        ),
        f"- Label axes and labelled samples: {axes}. Each is a ridge regression within studies; together they add "
        f"{constants['axes_variance']:g} times the variance of the features. The vectors therefore know what these labels look "
        "like: do not evaluate them on the studies above"
        if axes
        else "- No labels were used",
        f"- Fitted on {readout['n_samples']} samples in closed form, by mbembed {readout['mbembed']}",
    ]
    return "\n".join(lines)


def _losses(run: Mapping[str, Any]) -> str:
    lines = [f"- Training loss {run['training_loss']:.4f} (epoch {run['epoch_kept']}, which is the one kept)"]
    if run["held_out_loss"] is not None:
        lines.append(
            f"- Held-out loss {run['held_out_loss']:.4f}; predicting each species' training mean: {run['held_out_baseline']:.4f}"
        )
    else:
        lines.append("- No samples were held out: this run cannot say how well it generalises")
    return "\n".join([*lines, f"- {run['seconds']:.0f} s on {run['settings']['threads']} CPU threads"])


def _statistics(config: Mapping[str, Any]) -> str:
    known = config["statistics"]
    parts, groups = known["held_out"], ", ".join(f"{one['name']} ({one['n_samples']})" for one in known["groups"])
    secret = ", from which no sample can be told" if known["n_samples"] >= MANY else ""
    facts = {
        f"Aggregates{secret}": f"mean and shrunk covariance of the {known['n_samples']} vectors (Ledoit & "
        "Wolf 2004), mean fraction of each species, percentiles of scores",
        "Percentiles of the distance from the mean, and of the rarity of species": f"each of {known['n_folds']} parts of the "
        f"{parts} against the other parts. The encoder itself has seen all of them",
        "Map": f"two principal axes, a histogram with at least {MIN_IN_CELL} samples in each cell that it tells, and the means of "
        f"groups of at least {MIN_IN_GROUP}: {groups or 'none'}",
    }
    if "decoder" in config:
        facts["Decoder, in half precision"] = (
            "how likely each species is present, and how abundant, given the others. It has seen all training samples"
        )
    if known["n_networks"]:
        facts["Percentiles of the reconstruction error"] = (
            f"by {known['n_networks']} further networks, each trained without a part of the {parts} and asked for that part only"
        )
    return "\n".join(f"- {name}: {text}" for name, text in facts.items())


def _again(run: Mapping[str, Any], readout: Mapping[str, Any], statistics: Mapping[str, Any]) -> str:
    versions = ", ".join(f"{name} {version}" for name, version in run["versions"].items())
    commands = "\n".join(filter(None, (run["command"], readout.get("command"), statistics.get("command"))))
    command = f"```\n{commands}\n```\n\n" if commands else ""
    return (
        f"{command}With {versions}. The same tables, options, versions and kind of processor give the same bytes of weights.\n"
        f"SHA-256 of the stacked training data: `{run['data_sha256']}`."
    )
