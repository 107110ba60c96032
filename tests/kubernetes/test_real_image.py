from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lab import oci, real
from vllm_qualify.arguments import probe as parser_probe
from vllm_qualify.arguments.command_line import Entrypoint
from vllm_qualify.arguments.parser_report import ProbeRequest, questions
from vllm_qualify.checks import catalogue, prompt_files, prompts
from vllm_qualify.checks.answers import AnswerShape
from vllm_qualify.client import exec_transport
from vllm_qualify.client.exec_transport import PodTransport
from vllm_qualify.client.openai import OpenAiClient, new_http_client
from vllm_qualify.config import Settings
from vllm_qualify.core import images
from vllm_qualify.core.records import Outcome
from vllm_qualify.system import caches

pytestmark = pytest.mark.local

_IMAGE = "vllm/vllm-openai:v0.8.5.post1"
_ARGS = ["--model", "/models/ml", "--served-model-name", "canary", "--dtype", "float32", "--enforce-eager"]
_WORK = prompt_files.load(Settings()).head(1)
_LIBRARY = """
int cuInit(unsigned flags) { return 804; }
int cuDriverGetVersion(int *version) { *version = 12090; return 0; }
"""


def test_real_vllm_answers_through_the_service_and_from_inside_its_pod(
    lab: Any, here: Any, say: Callable[[str], None]
) -> None:
    """A pod of real vLLM serves the canary; answers are the same by either way, and times those of the pod."""
    lab.put_image(_IMAGE, real_image(say))
    port = {"spec": {"selector": {"app": "vllm"}, "ports": [{"name": "http", "port": 8000}]}}
    here.apply({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "vllm-api"}} | port)
    probe = {"httpGet": {"path": "/health", "port": 8000}, "periodSeconds": 1}
    here.pod("vllm", _IMAGE, gpus=1, container={"args": _ARGS, "readinessProbe": probe})
    here.ready("vllm", patience_seconds=500)
    address = here.get("service", "vllm-api")["spec"]["clusterIP"]
    inside = here.cluster.kubectl_argv("-n", here.name, "exec", "-i", "vllm", "--", *exec_transport.command())

    with new_http_client() as http, PodTransport(inside) as transport:
        outer = OpenAiClient(f"http://{address}:8000", client=http)
        inner = OpenAiClient("http://127.0.0.1:8000", transport=transport)
        answers = [prompts.classify(one, _WORK, model="canary", constrained=False) for one in (outer, inner)]
        began = time.perf_counter()
        sample = inner.stream(next(prompts.measured(_WORK, model="canary")))
        here_seconds = time.perf_counter() - began

    assert [one[0].shape for one in answers] == [AnswerShape.VALID] * 2
    assert (sample.problems, sample.tokens) == ((), prompts.MEASURED_TOKENS)
    assert 0.8 * here_seconds < sample.seconds < here_seconds
    assert (sample.decode_rate or 0.0) > prompts.MEASURED_TOKENS / here_seconds


@pytest.mark.skipif(shutil.which("cc") is None, reason="the stand-in for libcuda is made with a C compiler: no cc")
def test_the_image_answers_for_its_parser_and_its_driver(
    lab: Any, here: Any, say: Callable[[str], None], tmp_path: Path
) -> None:
    """The probe runs in the image's own Python, as it is, and loads the driver that the image would load."""
    library = tmp_path / "libcuda.so.1"
    argv = ["cc", "-shared", "-fPIC", "-x", "c", "-", "-o", str(library)]
    subprocess.run(argv, input=_LIBRARY, text=True, check=True)
    compat = {"/usr/local/cuda/compat/libcuda.so.1": library.read_bytes()}
    env = {"LD_LIBRARY_PATH": "/usr/local/cuda/compat"}
    image = f"{_IMAGE}-compat"
    lab.put_image(image, real_image(say, extra=[oci.layer(compat)], env=env))
    asked = questions({"ml": ("--model", "m", "--quantization", "awq_marlin", "--made-up-too", "1")})
    request = ProbeRequest(entrypoint=Entrypoint.API_SERVER, argvs=asked)
    listed = [{"name": name, "value": value} for name, value in parser_probe.pod_env(request).items()]
    here.pod("probe", image, restartPolicy="Never", container={"command": parser_probe.pod_command(), "env": listed})
    here.until(lambda pod: pod["status"]["phase"] in {"Succeeded", "Failed"}, "pod", "probe", patience_seconds=300)

    report = parser_probe.read(here.say("logs", "probe", "--timestamps"))

    assert report.facts.version.startswith("0.8.5")
    assert catalogue.compared(report, images.parse(_IMAGE)).outcome is Outcome.PASSED
    assert report.parsed["ml"].error == "unrecognized arguments: --made-up-too 1"
    assert report.parsed["ml#1"].values["quantization"] == "awq_marlin"
    assert (report.driver.init, report.driver.version, report.driver.env) == (804, 12090, env)


def real_image(say: Callable[[str], None], **more: Any) -> oci.Image:
    """The image, or a skip that says why there is none here."""
    try:
        return real.image(_IMAGE, cache=caches.default(), say=say, **more)
    except real.NoRealImage as reason:
        return pytest.skip(f"the test of the real image was not run: {reason}")
