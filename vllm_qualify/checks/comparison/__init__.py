"""Pure comparisons of a candidate with the baseline: ``compared`` finds the cases, ``gate`` decides, others judge."""

from typing import TYPE_CHECKING

from vllm_qualify.core import lazy_modules

if TYPE_CHECKING:
    from vllm_qualify.checks.comparison import accuracy, compared, effects, resources, speed
else:
    __getattr__ = lazy_modules.of(__name__)

__all__ = ["accuracy", "compared", "effects", "resources", "speed"]
