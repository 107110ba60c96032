"""What the driver of the host says to an image's CUDA, before anything is started; for targets that ask it. Pure."""

from __future__ import annotations

from vllm_qualify.arguments.parser_report import DriverFacts
from vllm_qualify.checks import Death
from vllm_qualify.diagnosis import diagnose

_CUINIT = {
    803: "system has unsupported display driver / cuda driver combination",
    804: "forward compatibility was attempted on non supported HW",
}


def doomed(driver: DriverFacts) -> Death | None:
    """Why an image cannot use the GPU whatever it serves, as its own driver library says; ``None`` where it does not.

    The words are those in which PyTorch would say it later, so that the same cause is named.
    """
    words = _CUINIT.get(driver.init or 0, "")
    if not words:
        return None
    library = f" ({driver.library} was loaded)" if driver.library else ""
    return Death(
        reason=f"cuInit returned {driver.init}: {words}{library}", diagnosis=diagnose([f"Error {driver.init}: {words}"])
    )
