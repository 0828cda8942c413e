"""Measurements that anyone can repeat; nothing is fetched, paths of other people's files are arguments.

``python -m benchmarks``
    Speed and memory beside the published script.
``python -m benchmarks.reading``
    Reading beside biom-format and pandas.
``python -m benchmarks.representation CORPUS``
    Does the embedding help? The tables of ``docs/evidence.md``.
``python benchmarks/name_coverage.py DATA``
    How much of real tables is matched.
"""
