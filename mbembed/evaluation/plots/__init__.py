"""The figures of an evaluation, one kind a module."""
