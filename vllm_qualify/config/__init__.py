"""What the operator configures: the types of ``qualify.toml``, its reader, and the labelled documents. No I/O.

The types load without pydantic, which takes as long as pytest itself; only who reads a file pays for it.
"""

from vllm_qualify.config.modes import Modes, ModeSettings
from vllm_qualify.config.own_requirements import OwnRequirement
from vllm_qualify.config.places import Cluster, ContainerSettings, HistorySettings, Local
from vllm_qualify.config.settings import (
    Budgets,
    Classification,
    GpuMode,
    MetricFiles,
    Reasoning,
    RegistryAccess,
    Routing,
    Settings,
    ThroughputBudget,
)

__all__ = [
    "Budgets",
    "Classification",
    "Cluster",
    "ContainerSettings",
    "GpuMode",
    "HistorySettings",
    "Local",
    "MetricFiles",
    "ModeSettings",
    "Modes",
    "OwnRequirement",
    "Reasoning",
    "RegistryAccess",
    "Routing",
    "Settings",
    "ThroughputBudget",
]
