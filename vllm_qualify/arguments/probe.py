"""Runs the probe of an argument parser in the Python of the candidate and reads what it says; called by the targets.

Here it is a process; in a pod it is the command of a container, see ``pod_command``, whose log is read.
"""

from __future__ import annotations

import json
import os
import re
import tempfile
from pathlib import Path
from typing import Any

from packaging.version import InvalidVersion, Version

from vllm_qualify.arguments import _driver_script, _probe_script
from vllm_qualify.arguments.command_line import secrets
from vllm_qualify.arguments.overlay import ParserOverlay
from vllm_qualify.arguments.parser_report import ProbeReport, ProbeRequest, blank
from vllm_qualify.core.errors import UserError
from vllm_qualify.system import process_runner
from vllm_qualify.system.process_runner import RunProcess

DEADLINE_SECONDS = 300.0

_STAMP = re.compile(r"^\d{4}-\d\d-\d\dT\S+ ", re.MULTILINE)
_TAIL_LINES = 12


class ProbeFailed(UserError):
    """No answer came in time from the parser that was meant; the environment is at fault, not the image."""


def command(python: str) -> list[str]:
    """The command line that runs the probe; inside an image as well, where nothing of the harness is installed.

    The script travels as text, so that neither its folder nor its neighbours are on the import path of the candidate.
    """
    return [python, "-c", Path(_probe_script.__file__).read_text(encoding="utf-8")]


def pod_command() -> list[str]:
    """The ``command`` of a container that runs the probe in the image as it is."""
    return command("python3")


def pod_env(request: ProbeRequest) -> dict[str, str]:
    """The ``env`` of that container: the request, the probe of the driver, and what keeps vLLM off network and GPU.

    Values of secret options are blanked, since a pod is read by many and the parser does not look at them. No value
    holds a dollar sign, which the kubelet would take for the beginning of a variable.
    """
    hidden = {word for argv in request.argvs.values() for word in secrets(argv)}
    argvs = {name: [blank(word, hidden) for word in argv] for name, argv in request.argvs.items()}
    asked = json.dumps(ProbeRequest(entrypoint=request.entrypoint, argvs=argvs).to_json())
    return {
        _probe_script.VARIABLE: asked.replace("$", "\\u0024"),
        _probe_script.DRIVER: Path(_driver_script.__file__).read_text(encoding="utf-8"),
        "CUDA_VISIBLE_DEVICES": "",
        "HF_HUB_OFFLINE": "1",
        "PYTHONNOUSERSITE": "1",
        "PYTHONUTF8": "1",
        "TRANSFORMERS_OFFLINE": "1",
        "VLLM_NO_USAGE_STATS": "1",
    }


def read(stdout: str, *, stderr: str = "") -> ProbeReport:
    """Find the document of the probe between the log lines of vLLM, whether or not each begins with its time.

    Raises:
        ProbeFailed: there is none, or it tells that vLLM could not be imported or its parser not be made.
    """
    stdout = _STAMP.sub("", stdout)
    _head, begin, rest = stdout.rpartition(f"\n{_probe_script.BEGIN}\n")
    lines, end, _ = rest.partition(f"\n{_probe_script.END}")
    mark = _probe_script.MARK
    body = "".join(line.removeprefix(mark) for line in lines.split("\n") if line.startswith(mark))
    if not (begin and end):
        raise ProbeFailed(f"the parser probe ended without an answer; its last lines: {_tail(stderr or stdout)}")
    try:
        document: dict[str, Any] = json.loads(body)
        if "failure" not in document:
            return ProbeReport.from_json(document)
        failure = document["failure"]
        said, trace = f"{failure['type']}: {failure['message']}", str(failure["traceback"])
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise ProbeFailed(f"the parser probe did not answer with a report: {error!r}") from error
    raise ProbeFailed(
        f"vLLM's argument parser could not be built by the probe: {said}; if this environment came from the cache, "
        f"remove it there so that it is rebuilt; {_tail(trace)}"
    )


def probe(
    python: Path,
    overlay: ParserOverlay,
    request: ProbeRequest,
    *,
    run: RunProcess = process_runner.run,
    deadline_seconds: float = DEADLINE_SECONDS,
) -> ProbeReport:
    """Put all questions to the parser of one release.

    Args:
        python: the interpreter of an environment with the dependencies of that release.
        overlay: the release itself; it comes before the vLLM of that environment.
        request: the command lines, see `vllm_qualify.arguments.parser_report.questions`.
        run: starts the process; a parameter for tests.
        deadline_seconds: importing vLLM takes 10 to 30 s on two cores.

    Raises:
        ProbeFailed: no answer, or the answer of another vLLM; never the image's fault.
    """
    with tempfile.TemporaryDirectory(prefix="vllm-qualify-") as folder:
        try:
            ended = run(
                command(str(python)),
                env=_environment(overlay.path, home=folder),
                cwd=Path(folder),
                stdin=json.dumps(request.to_json()),
                deadline_seconds=deadline_seconds,
            )
        except TimeoutError as error:
            raise ProbeFailed(
                f"the parser of vLLM {overlay.version} gave no answer within {deadline_seconds:g} s; "
                "try again when the machine is idle"
            ) from error
        except OSError as error:
            raise ProbeFailed(f"the parser probe could not be started with {python}: {error}") from error
    report = read(ended.stdout, stderr=ended.stderr)
    _check(report, overlay)
    return report


def _check(report: ProbeReport, overlay: ParserOverlay) -> None:
    """Make sure that it was the release itself that answered, not the stand-in that lent its dependencies."""
    try:
        same = Version(report.facts.version) == overlay.version
    except InvalidVersion:
        same = False
    if not (same and Path(report.facts.path).is_relative_to(overlay.path)):
        raise ProbeFailed(
            f"expected the parser of vLLM {overlay.version} from {overlay.path}, but vLLM {report.facts.version} from "
            f"{report.facts.path} answered; remove that folder so that it is rebuilt"
        )


def _environment(overlay: Path, *, home: str) -> dict[str, str]:
    """All that the probe sees: nothing of the caller's vLLM or Hugging Face settings, no network, no GPU."""
    return {
        "CUDA_VISIBLE_DEVICES": "",
        "HF_HUB_OFFLINE": "1",
        "HOME": home,
        "LANG": "C.UTF-8",
        "PATH": os.environ.get("PATH", os.defpath),
        "PYTHONNOUSERSITE": "1",
        "PYTHONPATH": str(overlay),
        "PYTHONUTF8": "1",
        "TMPDIR": home,
        "TRANSFORMERS_OFFLINE": "1",
        "VLLM_NO_USAGE_STATS": "1",
    }


def _tail(text: str) -> str:
    return " | ".join(line.strip() for line in text.strip().splitlines()[-_TAIL_LINES:] if line.strip())
