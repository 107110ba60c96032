"""What a candidate runs on. Each target starts the same image in its own way; everything above sees one interface."""

from typing import TYPE_CHECKING

from vllm_qualify.core import lazy_modules

if TYPE_CHECKING:
    from vllm_qualify.targets import gpu_mode, memory_estimate, route
else:
    __getattr__ = lazy_modules.of(__name__)

__all__ = ["gpu_mode", "memory_estimate", "route"]
