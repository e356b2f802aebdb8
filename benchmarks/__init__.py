"""Measurements of quality and speed; `python -m benchmarks` runs all and writes results.md."""
