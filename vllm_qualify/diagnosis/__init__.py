"""From what was left behind to the first cause: symptoms over a log, and what to do about them. Pure."""

from vllm_qualify.diagnosis.causes import conclude, diagnose
from vllm_qualify.diagnosis.scan import Scan
from vllm_qualify.diagnosis.table import SYMPTOMS

__all__ = ["SYMPTOMS", "Scan", "conclude", "diagnose"]
