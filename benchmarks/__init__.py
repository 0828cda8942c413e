"""Measurements that anyone can repeat; nothing is fetched, paths of other people's files are arguments.

``python -m benchmarks``
    Speed and memory beside the published script.
``python -m benchmarks.reading``
    Reading beside biom-format and pandas.
``python -m benchmarks.encoding``
    The encoder beside bare matrix products, the published module, and on a GPU.
``python -m benchmarks.text``
    The reader and the writer of text beside polars and pyarrow.
``python -m benchmarks.large``
    A large table, up to a million samples, against the floor of reading, multiplying and writing.
``python -m benchmarks.large_dask``
    The same samples on a Dask cluster of this machine.
``python -m benchmarks.growth``
    How time and memory grow with the samples: the figure of ``docs/scale.md``.
``python -m benchmarks.representation CORPUS``
    Does the embedding help? The tables of ``docs/evidence.md``.
``python -m benchmarks.explain CORPUS``
    Do explanations tell the truth? The figures of ``docs/explain.md``.
``python benchmarks/name_coverage.py DATA``
    How much of real tables is matched.
"""
