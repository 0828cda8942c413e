"""Side-by-side timings. ``python -m benchmarks --help`` says what can be measured."""
