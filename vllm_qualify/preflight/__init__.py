"""Will this image serve this manifest on this node? Answered from facts alone, in milliseconds. Pure; no I/O.

Rules (`table`) turn a question into findings, each with its certainty, and `verdict` makes one prediction of them.
"""

from __future__ import annotations

from vllm_qualify.preflight.facts import ManifestFacts, NodeFacts, ToolkitMode, node
from vllm_qualify.preflight.memory import Estimate
from vllm_qualify.preflight.memory_rules import estimated as memory_estimate
from vllm_qualify.preflight.models import ModelFacts
from vllm_qualify.preflight.question import Question, about
from vllm_qualify.preflight.table import RULES, findings
from vllm_qualify.preflight.verdict import PredictedVerdict, Prediction, verdict
from vllm_qualify.registry.oci_image import ImageFacts

__all__ = [
    "RULES",
    "Estimate",
    "ImageFacts",
    "ManifestFacts",
    "ModelFacts",
    "NodeFacts",
    "PredictedVerdict",
    "Prediction",
    "Question",
    "ToolkitMode",
    "about",
    "findings",
    "memory_estimate",
    "node",
    "verdict",
]
