"""Measurements that anyone can repeat; nothing is fetched, paths of other people's files are arguments.

``python -m benchmarks``
    Speed and memory beside the published script.
``python -m benchmarks.reading``
    Reading beside biom-format and pandas.
``python -m benchmarks.few_labels CORPUS``
    Does the embedding help with few labels?
``python benchmarks/name_coverage.py DATA``
    How much of real tables is matched.
"""
