"""One reader per dialect; `mbembed.tables.registry` finds the one that a file needs."""
