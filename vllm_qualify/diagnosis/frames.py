"""Where an exception was raised: file, part of the engine, and phase of its start, told by the frames alone.

Asked by the choice of the cause where no symptom fits.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from vllm_qualify.diagnosis.exceptions import Frame
from vllm_qualify.diagnosis.parts import MODEL_CODE, PARTS, EnginePart

_INSTALLED = re.compile(r".{0,4000}/(?:site|dist)-packages/")
_CHECKOUT = re.compile(r".{0,4000}/vllm/")
_STANDARD = re.compile(r".{0,4000}/lib/python3(?:\.\d{1,2})?/|<frozen ")
_PHASES = {
    "parse_args": "reading the command line",
    "validate_api_server_args": "reading the command line",
    "validate_parsed_serve_args": "reading the command line",
    "create_model_config": "reading the configuration",
    "create_engine_config": "reading the configuration",
    "init_device": "preparing the GPU",
    "init_worker_distributed_environment": "connecting the processes",
    "load_model": "loading the model",
    "determine_available_memory": "measuring memory with a trial run",
    "determine_num_available_blocks": "measuring memory with a trial run",
    "profile_run": "measuring memory with a trial run",
    "initialize_kv_cache": "setting up the KV cache",
    "initialize_from_config": "setting up the KV cache",
    "compile_or_warm_up_model": "warming up",
    "kernel_warmup": "warming up",
    "capture_model": "capturing CUDA graphs",
}
_AT_WORK = "execute_model"


@dataclass(frozen=True, slots=True, kw_only=True)
class Raised:
    """Where an exception was raised.

    Attributes:
        frame: the innermost one that belongs to a part; ``None`` without frames.
        path: of its file, from the folder of installed packages on.
        part: ``None`` where the frame belongs to none that is known.
        phase: what the engine was doing, as in "while loading the model"; ``""`` where the frames do not tell.
    """

    frame: Frame | None = None
    path: str = ""
    part: EnginePart | None = None
    phase: str = ""

    @property
    def origin(self) -> str:
        """Where, in one sentence; ``""`` without frames."""
        if self.frame is None:
            return ""
        during = f", while {self.phase}" if self.phase else ""
        belongs = f"; that part is about {self.part.name}" if self.part else ""
        return f"raised in {self.path}, `{self.frame.function}`{during}{belongs}"


def raised(frames: Iterable[Frame], functions: Collection[str] = (), *, phase: str = "") -> Raised:
    """Tell where an exception was raised.

    Args:
        frames: of its traceback, the outermost first.
        functions: all that were running, the outermost first, where more is known than the frames that were kept.
        phase: what the engine did by what it had logged, for where the functions do not tell.
    """
    frames = tuple(frames)
    running = functions or [frame.function for frame in frames]
    placed = [(frame, path(frame.file)) for frame in reversed(frames)]
    phase = _phase(running) or phase
    for frame, place in placed:
        if part := _part(frame, place):
            return Raised(frame=frame, path=place, part=part, phase=phase)
    outside = [
        (frame, place) for frame, place in placed if _INSTALLED.match(frame.file) or not _STANDARD.match(frame.file)
    ]
    for frame, place in (*outside, *placed):
        return Raised(frame=frame, path=place, phase=phase)
    return Raised(phase=phase)


def path(file: str) -> str:
    """The file from the folder of installed packages on, or of the standard library; else as it is."""
    if match := _INSTALLED.match(file):
        return file[match.end() :]
    if match := _CHECKOUT.match(file):
        return f"vllm/{file[match.end() :]}"
    if match := _STANDARD.match(file):
        return file[match.end() :]
    return file[file.find(MODEL_CODE) :] if MODEL_CODE in file else file


def _part(frame: Frame, place: str) -> EnginePart | None:
    named = next((part for part in PARTS if frame.function in part.functions), None)
    return named or next((part for part in PARTS if place.startswith(part.paths)), None)


def _phase(functions: Iterable[str]) -> str:
    """The innermost phase that a function stands for; requests are run within the trial run of some releases too."""
    found = ""
    for function in functions:
        found = _PHASES.get(function, found)
        if function == _AT_WORK and not found:
            found = "working on requests"
    return found
