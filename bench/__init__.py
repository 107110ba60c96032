"""Figures, not tests: what people wait for. ``script/test -e bench`` writes them to ``reports/bench.json``."""
