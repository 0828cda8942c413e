"""Does the embedding help? Protocols that can be trusted, on the user's own labels.

`mbembed.evaluate` is the whole of it. Its pieces, for benchmarks:
`target.read_target`, `splits.plan_splits`, `representations`, `fits.fit_splits`,
`fits.results_frame` and `comparison.Comparison`.
"""
