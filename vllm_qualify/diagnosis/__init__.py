"""From what was left behind to the first cause: symptoms over a log, and what to do about them. Pure."""

from vllm_qualify.diagnosis.causes import diagnose

__all__ = ["diagnose"]
