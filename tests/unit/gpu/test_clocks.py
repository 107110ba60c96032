"""Why a GPU holds its clocks down."""

from __future__ import annotations

import pynvml
import pytest

from vllm_qualify.gpu import clocks


@pytest.mark.parametrize(
    ("bits", "said"),
    [
        (None, ()),
        (0, ()),
        (pynvml.nvmlClocksEventReasonGpuIdle, ()),
        (pynvml.nvmlClocksEventReasonApplicationsClocksSetting, ()),
        (pynvml.nvmlClocksEventReasonSwPowerCap, ("power limit",)),
        (
            pynvml.nvmlClocksEventReasonSwThermalSlowdown | pynvml.nvmlClocksEventReasonHwSlowdown,
            ("hardware slowdown", "temperature"),
        ),
    ],
)
def test_the_bits_are_those_of_nvml(bits: int | None, said: tuple[str, ...]) -> None:
    """What rests or was set by hand holds nothing down; everything else has its words."""
    assert clocks.reasons(bits) == said


def test_every_reason_of_the_binding_has_words() -> None:
    """A bit that a newer driver brings must be told, not passed over."""
    names = [name for name in vars(pynvml) if name.startswith("nvmlClocksThrottleReason")]
    silent = {"None", "All", "GpuIdle", "ApplicationsClocksSetting", "UserDefinedClocks"}

    told = {name.removeprefix("nvmlClocksThrottleReason"): clocks.reasons(getattr(pynvml, name)) for name in names}

    assert {name for name, words in told.items() if not words} == silent - {"All"}
