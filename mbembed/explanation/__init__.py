"""Which taxa speak: scores of an embedding attributed to the taxa of a table, and nearest neighbours.

`mbembed.explain` and `mbembed.neighbours` are the whole of it; `figure.draw_bars` draws an explanation.
"""
