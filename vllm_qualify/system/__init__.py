"""This machine: processes, files, signals, locks, caches, the clock. Effects, and nothing of vLLM."""
