"""The model card: what was trained on what, how it went, and what it is not good for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mbembed.training.settings import HURDLE

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["NOT_STATED", "write_card"]

#: What stands where the person who trained the model gave no text.
NOT_STATED = "not stated"
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
        What will become ``config.json``, with the entry ``training`` of a run.
    notes : str
        Markdown of the author (evaluation, remarks).
    """
    run = config["training"]
    parts = [
        f"# {config['name']}",
        _summary(config),
        "## Training data\n\n" + _data(run),
        "## Method\n\n" + _method(config, run),
        "## How the training went\n\n" + _losses(run),
    ]
    if notes.strip():
        parts.append(notes.strip())
    parts += ["## Limits\n\n" + LIMITS, "## Make it again\n\n" + _again(run)]
    return "\n\n".join(parts) + "\n"


def _summary(config: Mapping[str, Any]) -> str:
    return (
        "A masked autoencoder of gut-metagenome species profiles; this folder holds its encoder, which turns the "
        f"relative abundances of a sample into {_width(config)} numbers. Read with `mbembed embed TABLE --model DIR -o OUT`.\n\n"
        f"- Licence of the weights: {config['licence']}\n"
        f"- To cite: {config['citation']}\n"
        f"- Species names: {config['species']['nomenclature']}\n"
        "- Files: `weights.safetensors` (the encoder, and mean and standard deviation of each dimension over the "
        "training samples), `config.json` (architecture, preprocessing, settings, hashes), `species.tsv` (input columns in order, "
        "with prevalence and mean fraction among the training samples)"
    )


def _width(config: Mapping[str, Any]) -> int:
    settings = config["training"]["settings"]
    has_bottleneck = sum(layer["type"] == "linear" for layer in config["layers"]) > 1
    return int(settings["bottleneck"] if has_bottleneck else settings["hidden"])


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


def _losses(run: Mapping[str, Any]) -> str:
    lines = [f"- Training loss {run['training_loss']:.4f} (epoch {run['epoch_kept']}, which is the one kept)"]
    if run["held_out_loss"] is not None:
        lines.append(
            f"- Held-out loss {run['held_out_loss']:.4f}; predicting each species' training mean: {run['held_out_baseline']:.4f}"
        )
    else:
        lines.append("- No samples were held out: this run cannot say how well it generalises")
    return "\n".join([*lines, f"- {run['seconds']:.0f} s on {run['settings']['threads']} CPU threads"])


def _again(run: Mapping[str, Any]) -> str:
    versions = ", ".join(f"{name} {version}" for name, version in run["versions"].items())
    command = f"```\n{run['command']}\n```\n\n" if run["command"] else ""
    return (
        f"{command}With {versions}. The same tables, options, versions and kind of processor give the same bytes of weights.\n"
        f"SHA-256 of the stacked training data: `{run['data_sha256']}`."
    )
