"""Qualifies vLLM images against your own manifests, and says why one failed."""

__version__ = "0.1.0"
