"""The form of answers: what is asked to see it, what of it is kept, what the protocol requires, and what changed."""

from typing import TYPE_CHECKING

from vllm_qualify.core import lazy_modules

if TYPE_CHECKING:
    from vllm_qualify.checks.shape import answers, difference, form, packages
else:
    __getattr__ = lazy_modules.of(__name__)

__all__ = ["answers", "difference", "form", "packages"]
