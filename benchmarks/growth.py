"""``python -m benchmarks.growth``: how time and memory grow with the samples, and with what each holds.

Embeds generated tables (`benchmarks.large_tables`, BIOM 2.1 to NPY) of 100 to 1,000,000 samples, and of
one number of samples with more and more taxa in each; every run is a process of its own. Writes
a table of the results and, with ``--figure FOLDER``, the figure of ``docs/scale.md``;
``--from TSV`` draws it from a table that is there.
"""

from __future__ import annotations

import argparse
import csv
import math
import statistics
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from benchmarks.large import NONZEROS, TAXA, run
from benchmarks.paired import machine, measure

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes

#: Numbers of samples; the last only with ``--largest 1000000``, as it takes a quarter of an hour and 10 GB.
SAMPLES = (100, 300, 1_000, 3_000, 10_000, 30_000, 100_000, 300_000, 1_000_000)
LARGEST = 100_000
#: Taxa in each of so many samples.
NONZERO_COUNTS, FIXED_SAMPLES = (25, 50, 100, 200, 400), 20_000
#: Inches.
WIDTH, HEIGHT = 8.4, 3.0
NAME = "growth"
#: Figures of mbembed take labels as they are, without TeX.
SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


class Point(NamedTuple):
    """One row of the table of results: medians over runs, the peak over all of them.

    Attributes
    ----------
    samples, taxa, nonzeros : int
    seconds : float
        Wall time of ``mbembed embed`` as a whole.
    mib : float
        Peak resident memory, MiB.
    runs : int
    """

    samples: int
    taxa: int
    nonzeros: int
    seconds: float
    mib: float
    runs: int


def point(samples: int, nonzeros: int, runs: int, folder: Path) -> Point:
    """Generate one table and measure."""
    table, out = folder / "table.biom", folder / "vectors.npy"
    run("large_tables", samples, TAXA, nonzeros, table)
    costs = [measure([sys.executable, "-m", "mbembed", "embed", str(table), "-o", str(out), "-q"]) for _ in range(runs)]
    table.unlink(), out.unlink()
    found = Point(
        samples,
        TAXA,
        nonzeros,
        round(statistics.median(cost.seconds for cost in costs), 3),
        round(max(cost.mib for cost in costs), 1),
        runs,
    )
    print(f"{samples:>9,} samples × {nonzeros:>3} non-zeros  {found.seconds:8.2f} s  {found.mib:7,.0f} MiB", flush=True)
    return found


def write_points(path: Path, points: Sequence[Point]) -> None:
    """Write the table of results."""
    with path.open("w", encoding="utf-8", newline="") as handle:
        rows = csv.writer(handle, delimiter="\t", lineterminator="\n")
        rows.writerows([Point._fields, *points])


def read_points(path: Path) -> list[Point]:
    """Read the table of results."""
    with path.open(encoding="utf-8", newline="") as handle:
        rows = list(csv.reader(handle, delimiter="\t"))[1:]
    return [Point(int(a), int(b), int(c), float(d), float(e), int(f)) for a, b, c, d, e, f in rows]


def draw(points: Sequence[Point], folder: Path) -> list[Path]:
    """Draw time and memory by samples, and time by non-zeros.

    Parameters
    ----------
    points : sequence of Point
        Those of ``NONZEROS`` taxa in each sample make the first two panels, those of
        ``FIXED_SAMPLES`` the third.
    folder : Path

    Returns
    -------
    list of Path
        The PNG, then the SVG.
    """
    from matplotlib.figure import Figure

    from mbembed.report.picture import drawing, save

    by_samples = sorted({one.samples: one for one in points if one.nonzeros == NONZEROS}.values())
    by_nonzeros = sorted(one for one in points if one.samples == FIXED_SAMPLES)
    with drawing():
        figure = Figure(figsize=(WIDTH, HEIGHT))
        time, memory, content = figure.subplots(1, 3)
        _panel(time, [(one.samples, one.seconds) for one in by_samples], "samples", "time (s)", linear=True)
        _panel(memory, [(one.samples, one.mib) for one in by_samples], "samples", "peak memory (MiB)")
        _panel(content, [(one.nonzeros, one.seconds) for one in by_nonzeros], "taxa in each sample", "time (s)")
        content.set_title(f"{FIXED_SAMPLES:,} samples", fontsize="small")
        return save(figure, folder, NAME, describe(by_samples, by_nonzeros))


def _panel(axes: Axes, points: Sequence[tuple[float, float]], x: str, y: str, *, linear: bool = False) -> None:
    from matplotlib.ticker import FuncFormatter, NullFormatter

    from mbembed.report.picture import COLOURS, GREY

    across, up = zip(*points, strict=True)
    if x == "samples":
        axes.set_xscale("log")
    if linear:
        axes.set_yscale("log")
        # Proportional to samples, through the largest table.
        axes.plot(across, [up[-1] * n / across[-1] for n in across], color=GREY, linewidth=1.0, linestyle="--")
        axes.text(across[1], up[-1] * across[1] / across[-1], " proportional", color=GREY, fontsize="small", va="top")
    else:
        axes.set_ylim(0, max(up) * 1.15)
    axes.plot(across, up, color=COLOURS[0], marker="o", markersize=4)
    for axis in (axes.xaxis, axes.yaxis):
        if axis.get_scale() == "log":
            axis.set_major_formatter(FuncFormatter(lambda value, _: power(value)))
            axis.set_minor_formatter(NullFormatter())
    axes.set_xlabel(x)
    axes.set_ylabel(y)


def power(value: float) -> str:
    """Write a power of ten.

    Examples
    --------
    >>> power(100_000), power(0.1)
    ('10⁵', '10⁻¹')
    """
    return "10" + str(round(math.log10(value))).translate(SUPERSCRIPTS)


def describe(by_samples: Sequence[Point], by_nonzeros: Sequence[Point]) -> str:
    """Say in words what the figure shows.

    Examples
    --------
    >>> small, large = Point(100, 3000, 150, 0.5, 80.0, 1), Point(10_000, 3000, 150, 2.0, 200.0, 1)
    >>> print(describe([small, large], [large]))
    Three panels. Time of mbembed embed from 0.5 s for 100 samples to 2.0 s for 10,000, beside a dashed line of ...
    """
    first, last = by_samples[0], by_samples[-1]
    few, many = by_nonzeros[0], by_nonzeros[-1]
    return (
        f"Three panels. Time of mbembed embed from {first.seconds:.1f} s for {first.samples:,} samples to "
        f"{last.seconds:.1f} s for {last.samples:,}, beside a dashed line of what is proportional to the samples. "
        f"Peak memory from {first.mib:,.0f} to {last.mib:,.0f} MiB. Time for {few.samples:,} samples from "
        f"{few.seconds:.1f} s with {few.nonzeros} taxa in each to {many.seconds:.1f} s with {many.nonzeros}."
    )


def main() -> None:
    """Measure and draw."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.growth", description=__doc__)
    parser.add_argument("--largest", type=int, default=LARGEST, help=f"most samples (default: {LARGEST})")
    parser.add_argument("--runs", type=int, default=3, help="runs of each table (default: 3)")
    parser.add_argument("--folder", type=Path, help="where tables go for a while (default: a new one)")
    parser.add_argument("--out", type=Path, default=Path("growth.tsv"), help="table of the results")
    parser.add_argument("--from", type=Path, dest="given", help="draw from a table of results, measure nothing")
    parser.add_argument("--figure", type=Path, help="folder for growth.png and growth.svg")
    args = parser.parse_args()
    if args.given:
        points = read_points(args.given)
    else:
        print(machine())
        sizes = [(samples, NONZEROS) for samples in SAMPLES if samples <= args.largest]
        sizes += [(FIXED_SAMPLES, nonzeros) for nonzeros in NONZERO_COUNTS]
        with tempfile.TemporaryDirectory(dir=args.folder) as scratch:
            points = [point(samples, nonzeros, args.runs, Path(scratch)) for samples, nonzeros in sizes]
        write_points(args.out, points)
    if args.figure:
        args.figure.mkdir(parents=True, exist_ok=True)
        for path in draw(points, args.figure):
            print(f"wrote {path}")


if __name__ == "__main__":
    main()
