"""``python -m benchmarks.encoding``: the encoder beside the matrix products that it cannot do without.

The floor is ``numpy.dot`` in float32 of the same shapes, block by block, with as many threads:
bare products, without bias, GELU, rounding and the promise that a vector does not depend on its
neighbours. Runs are made in turn in one process; medians are printed.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import csr_array
from threadpoolctl import threadpool_limits

from benchmarks.paired import machine

if TYPE_CHECKING:
    from collections.abc import Callable

    from mbembed.models.folder import Model

#: Samples that are encoded, and rows of a block of the bare products.
SAMPLES, ROWS = 4096, 512
#: Share of the species that a sample has; real gut profiles have 10 to 20 %.
PRESENT = 0.15
SEED = 7


def in_turn(actions: dict[str, Callable[[], object]], runs: int) -> dict[str, list[float]]:
    """Time actions in turn, A B C A B C …; seconds of each run of each."""
    for action in actions.values():
        action()
    times: dict[str, list[float]] = {name: [] for name in actions}
    for _ in range(runs):
        for name, action in actions.items():
            start = time.perf_counter()
            action()
            times[name].append(time.perf_counter() - start)
    return times


def some_fractions(model: Model, n_samples: int) -> csr_array:
    """Return log-normal fractions in a model's columns."""
    rng = np.random.default_rng(SEED)
    shape = (n_samples, model.n_inputs)
    values = rng.lognormal(-3, 2.5, size=shape) * (rng.random(shape) < PRESENT)
    return csr_array(values / values.sum(axis=1, keepdims=True))


def bare_products(model: Model, inputs: np.ndarray, dtype: type, threads: int) -> Callable[[], None]:
    """Return what multiplies blocks with a model's weights and does nothing else."""
    weights = [stage.weight.astype(dtype) for stage in model.encoder_above_absent.stages]
    blocks = [inputs[start : start + ROWS].astype(dtype) for start in range(0, len(inputs), ROWS)]

    def products(block: np.ndarray) -> None:
        for weight in weights:
            block = np.dot(block, weight)

    def run() -> None:
        with threadpool_limits(1, user_api="blas"), ThreadPoolExecutor(threads) as pool:
            list(pool.map(products, blocks))

    return run


def published_module(checkpoint: Path, inputs: np.ndarray, threads: int) -> Callable[[], object]:
    """Return what runs the published torch module, all samples in one batch as its script does."""
    import torch

    from benchmarks.published import admit_checkpoint

    admit_checkpoint()
    torch.set_num_threads(threads)
    module = torch.load(checkpoint, map_location="cpu", weights_only=False).eval()
    batch = torch.from_numpy(inputs)

    def run() -> object:
        with torch.no_grad():
            return module(batch).numpy()

    return run


def compare(
    model: Model, fractions: csr_array, threads: int, runs: int, *, title: str = "", checkpoint: Path | None = None
) -> None:
    """Print the rates of a model: the encoder's, the bare products', and the published module's."""
    n_samples = fractions.shape[0]
    above = model.preprocessing.above_absent(fractions)
    dense = above.toarray()
    actions: dict[str, Callable[[], object]] = {
        "mbembed": lambda: model.encoder_above_absent.encode(above, threads=threads),
        "with preprocessing": lambda: model.encode(fractions, threads=threads),
        "numpy.dot float32": bare_products(model, dense, np.float32, threads),
        "numpy.dot float64": bare_products(model, dense, np.float64, threads),
    }
    if checkpoint:
        actions["published module"] = published_module(checkpoint, model.preprocessing.apply(fractions), threads)
    times = in_turn(actions, runs)
    operations = 2 * n_samples * sum(stage.weight.size for stage in model.encoder_above_absent.stages)
    reached = len(np.unique(fractions.indices)) / model.n_inputs
    print(
        f"\n{model.name}, {title}: {n_samples:,} samples, values in {reached:.0%} of the columns, "
        f"{threads} thread{'s' * (threads > 1)}, {runs} runs in turn"
    )
    for name, seconds in times.items():
        share = statistics.median(other / one for one, other in zip(seconds, times["numpy.dot float32"], strict=True))
        median = statistics.median(seconds)
        print(
            f"  {name:<20} {n_samples / median:10,.0f} samples/s  {operations / median / 1e9:7.1f} GFLOP/s nominal  "
            f"{share:6.1%} of numpy.dot float32"
        )
    if checkpoint:
        pairs = zip(times["mbembed"], times["published module"], strict=True)
        print(f"  published module / mbembed: {statistics.median(b / a for a, b in pairs):.2f} times the time")


def on_device(model: Model, device: str, runs: int) -> None:
    """Print the rate on a GPU and its share of what a bare torch product of the same shapes reaches there."""
    import torch

    if not torch.cuda.is_available():
        print(f"\n{device}: there is no GPU here, or torch has no CUDA; skipped")
        return
    from mbembed.models.torch_encoder import DEVICE_ROWS, encode_on_device

    fractions = some_fractions(model, 16 * DEVICE_ROWS)
    torch.backends.cuda.matmul.allow_tf32 = False
    weights = [torch.from_numpy(stage.weight).to(device) for stage in model.encoder_above_absent.stages]
    block = torch.rand(DEVICE_ROWS, model.n_inputs, device=device)

    def products() -> None:
        for _ in range(16):
            result = block
            for weight in weights:
                result = result @ weight
        torch.cuda.synchronize()

    times = in_turn({"all": lambda: encode_on_device(model, fractions, device), "products": products}, runs)
    whole, bare = (statistics.median(seconds) for seconds in times.values())
    print(
        f"\n{model.name} on {torch.cuda.get_device_name()}: {fractions.shape[0] / whole:,.0f} samples/s with preprocessing and "
        f"transfers; bare products {fractions.shape[0] / bare:,.0f} samples/s: {bare / whole:.1%} of the compute limit"
    )


def main() -> None:
    """Run the comparisons."""
    import mbembed
    from mbembed.threads import thread_count

    parser = argparse.ArgumentParser(prog="python -m benchmarks.encoding", description=__doc__)
    parser.add_argument("--checkpoint", type=Path, help="mae30_encoder_full.pkl; with --species, also compares mae30")
    parser.add_argument("--species", type=Path, help="model_species_reference.csv")
    parser.add_argument("--table", type=Path, help="a real table, which reaches fewer columns than a generated one")
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cpu")
    parser.add_argument("--threads", type=int, help="default: the cores of this process")
    parser.add_argument("--runs", type=int, default=9, help="runs of each, in turn (default: 9)")
    args = parser.parse_args()
    print(machine())
    threads = thread_count(args.threads)
    models: list[tuple[Model, Path | None]] = [(mbembed.load_model(), None)]
    with tempfile.TemporaryDirectory() as scratch:
        if args.checkpoint and args.species:
            from mbembed.models.importing import import_checkpoint

            folder = Path(scratch) / "mae30"
            models.append(
                (import_checkpoint(args.checkpoint, args.species, "mae30", destination=folder), args.checkpoint)
            )
        for model, checkpoint in models:
            tables = {"generated": some_fractions(model, SAMPLES)}
            if args.table:
                match = mbembed.match_profile(mbembed.read_table(args.table), model)
                tables[args.table.name] = match.fractions()[:SAMPLES]
            for title, fractions in tables.items():
                for count in sorted({1, threads}):
                    compare(model, fractions, count, args.runs, title=title, checkpoint=checkpoint)
        if args.device != "cpu":
            on_device(models[0][0], args.device, args.runs)


if __name__ == "__main__":
    main()
