"""Are the vectors those of the path in memory? ``python -m benchmarks.large_check SAMPLES TAXA NONZEROS OUT``.

Makes some samples of the table of `benchmarks.large_tables` again, embeds them as a DataFrame, and
compares them with the rows of the same ids in OUT, bit for bit.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.large_tables import BLOCK_ROWS, Shape, block, sample_ids, taxon_names

#: Samples that are compared, at the beginning and at the end of the first, middle and last block.
CHECKED = 100


def some_samples(shape: Shape) -> pd.DataFrame:
    """Return some samples of a table, species as columns."""
    last = (shape.samples - 1) // BLOCK_ROWS
    frames = []
    for number in sorted({0, last // 2, last}):
        rows = block(shape, number)
        ids = sample_ids(number * BLOCK_ROWS, number * BLOCK_ROWS + rows.shape[0])
        chosen = sorted({*range(min(CHECKED, len(ids))), *range(max(0, len(ids) - CHECKED), len(ids))})
        values = rows[chosen].toarray()
        frames.append(pd.DataFrame(values, index=[ids[i] for i in chosen], columns=taxon_names(shape.taxa)))
    return pd.concat(frames)


def vectors_of(out: Path, ids: list[str]) -> np.ndarray:
    """Return the rows of some samples from an NPY or Parquet file."""
    if out.suffix == ".npy":
        all_ids = out.with_name(f"{out.name}.ids.txt").read_text(encoding="utf-8").splitlines()
        rows = {name: row for row, name in enumerate(all_ids)}
        return np.load(out, mmap_mode="r")[[rows[name] for name in ids]]
    import polars as pl

    found = pl.scan_parquet(out).filter(pl.col("sample").is_in(ids)).collect()
    order = {name: row for row, name in enumerate(found["sample"].to_list())}
    return found.drop("sample").to_numpy()[[order[name] for name in ids]]


def main(samples: str, taxa: str, nonzeros: str, out: str) -> None:
    """Compare, and say how it went; another exit status than 0 if they differ."""
    import mbembed

    embedding = mbembed.embed(some_samples(Shape(int(samples), int(taxa), int(nonzeros))))
    found = vectors_of(Path(out), embedding.sample_ids)
    differing = int((found != embedding.values).any(axis=1).sum())
    if found.dtype != np.float32 or differing:
        raise SystemExit(f"{differing} of {len(found)} samples differ from the path in memory")
    match = embedding.match
    print(
        f"{int(match.matched_taxa.sum()):,} of {match.profile.n_taxa:,} taxa feed {match.n_species_reached} of "
        f"{match.model.n_named_species} species of {match.model.name}, {match.median_coverage:.0%} of the abundance"
    )
    print(f"{len(found)} samples compared with the path in memory: the same bit for bit")


if __name__ == "__main__":
    main(*sys.argv[1:])
