from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

import pytest

from lab import oci, real
from tests.kubernetes.home_lab import HomeLab, Run
from tests.nvml import fake
from vllm_qualify.core.shipped import CANARY
from vllm_qualify.plugin import progress
from vllm_qualify.system import caches

pytestmark = pytest.mark.local

_RELEASE = "vllm/vllm-openai:v0.8.5.post1"
# A tag of its own: what another test put under one is still on the node.
_TAG = "v0.8.5.post1-canary"
_RUN_SECONDS = 1500.0
# The rate of a canary on a CPU says nothing, and there is no proxy here; a few documents are minutes less.
# The model that stands for the operator's reasoner knows sums and no JSON.
_CASES = (
    "(cli_args or deploy or load_budget or classification or kv_cache or r1_mode or test_production)"
    " and not reasons_with_schema"
)
_DOCUMENTS = 12
_DRIVER = "/usr/local/nvidia/lib64"
_PROFILE = f"{_DRIVER}/rtx-3060.profile"
# What stands in the example and does not fit a canary on a CPU that has other work to do.
_QUANTIZED = "            - --quantization\n            - awq_marlin\n"
_PLAIN = "            - --dtype\n            - float32\n"
_ML = {
    "Qwen/Qwen3-8B-AWQ": f"{real.MODELS}/ml\n            - --served-model-name\n            - canary",
    _QUANTIZED: _PLAIN,
    "failureThreshold: 300": "failureThreshold: 600",
}
_THINKS = "            - --enable-reasoning\n            - --reasoning-parser\n            - deepseek_r1\n"
_R1 = {
    "casperhansen/deepseek-r1-distill-qwen-7b-awq": f"{real.MODELS}/r1",
    "deepseek-ai/DeepSeek-R1-Distill-Qwen-7B": f"{real.MODELS}/r1",
    _QUANTIZED: _PLAIN + _THINKS,
    "initialDelaySeconds: 120": "initialDelaySeconds: 600",
}
_SETTINGS = {
    'model = "Qwen/Qwen3-8B-AWQ"': f'model = "{real.MODELS}/ml"',
    'model = "casperhansen/deepseek-r1-distill-qwen-7b-awq"': f'model = "{real.MODELS}/r1"',
    "load_seconds = 120": "load_seconds = 600",
    "label_floor = 0.9": 'label_floor = 0.9\ndocuments = "documents.jsonl"',
}


def changed(text: str, changes: dict[str, str]) -> str:
    """The text with each of the words replaced, all of which must be there."""
    for was, now in changes.items():
        assert was in text, was
        text = text.replace(was, now)
    return text


@pytest.fixture(scope="module")
def run(home_lab: HomeLab, tmp_path_factory: pytest.TempPathFactory, pytestconfig: pytest.Config) -> Run:
    """One run on real vLLM, which sees an RTX 3060 through NVML and computes on the CPU."""
    try:
        image = real_image(tmp_path_factory.mktemp("nvml"), pytestconfig)
    except (real.NoRealImage, fake.NoCompiler) as reason:
        pytest.skip(f"the run of the real image was not made: {reason}")
    for name, changes in (("deployment.yaml", _ML), ("deployment-r1.yaml", _R1)):
        path = home_lab.manifests / name
        path.write_text(changed(path.read_text(), changes))
    path = home_lab.folder / "qualify.toml"
    path.write_text(changed(path.read_text(), _SETTINGS))
    few = (CANARY / "documents.jsonl").read_text().splitlines(keepends=True)[:_DOCUMENTS]
    (home_lab.folder / "documents.jsonl").write_text("".join(few))
    home_lab.serve_production()
    home_lab.cluster.put_image(f"vllm/vllm-openai:{_TAG}", image)
    before = home_lab.snapshot()
    with home_lab.start("--image", f"vllm/vllm-openai:{_TAG}", "-k", _CASES) as process:
        said = process.communicate(timeout=_RUN_SECONDS)[0]
    assert home_lab.snapshot() == before, said
    return Run(code=process.returncode, said=said, folder=home_lab.reports / "latest")


def real_image(folder: Path, config: pytest.Config) -> oci.Image:
    """Real vLLM with the canaries, and with a driver that shows a card."""
    library, profile = fake.library(), fake.profile(folder)
    driver = oci.layer({f"{_DRIVER}/{library.name}": library.read_bytes(), _PROFILE: profile.read_bytes()})
    env = {"LD_LIBRARY_PATH": _DRIVER, fake.PROFILE_VARIABLE: _PROFILE}
    say = functools.partial(progress.say, config)
    return real.image(_RELEASE, cache=caches.default(), say=say, extra=[driver], env=env)


def outcomes(run: Run, *requirements: str) -> dict[str, tuple[str, str]]:
    """Outcome and message of each case of some requirements."""
    cases: list[dict[str, Any]] = run.candidate(_TAG)["cases"]
    return {one["id"]: (one["outcome"], one["message"]) for one in cases if one["requirement"] in requirements}


def test_it_is_deployed_loaded_and_serves(run: Run) -> None:
    """Real vLLM starts from the operator's manifest, within the budget, and its API is sound."""
    found = outcomes(run, "DEPLOY", "LOAD")

    assert {"DEPLOY/starts", "DEPLOY/models", "DEPLOY/stream", "LOAD/first-token"} <= found.keys()
    assert {outcome for outcome, _ in found.values()} == {"passed"}, found


def test_it_classifies(run: Run) -> None:
    """Every answer is right, with and without the constraint, which acts; so few are said to be too few for a rate."""
    found = outcomes(run, "CLASSIFY")

    rates = {found.pop(f"CLASSIFY/{case}") for case in ("without-schema", "labels")}
    assert {outcome for outcome, _ in rates} == {"inconclusive"}
    assert all(message.startswith(f"{_DOCUMENTS} of {_DOCUMENTS} ") for _, message in rates), rates
    assert {outcome for outcome, _ in found.values()} == {"passed"}, found


def test_its_own_parser_is_asked_in_a_pod(run: Run) -> None:
    """Both command lines were put to the parser in the image, which refuses what no release has."""
    found = outcomes(run, "ARGS")

    assert {
        found[f"ARGS/{case}"][0] for case in ("made-up-flag", "accepted", "meaning", "catalogue", "r1-accepted")
    } == {"passed"}


def test_the_card_is_read_inside_the_container(run: Run) -> None:
    """Its memory comes from NVML, asked with the copy of pynvml that vLLM brings."""
    seen = {one["name"]: one["value"] for one in run.case(_TAG, "VRAM/vram")["observations"]}

    assert outcomes(run, "VRAM")["VRAM/vram"][0] == "passed"
    assert 10820 in seen.values(), seen


def test_it_switches_to_reasoning_and_back(run: Run) -> None:
    """The same image thinks step by step in the other mode, and afterwards answers the documents as before."""
    found = outcomes(run, "R1")

    assert {"R1/switch", "R1/reasons", "R1/streams-reasoning", "R1/answers-as-before"} <= found.keys()
    assert {outcome for outcome, _ in found.values()} == {"passed"}, found


def test_production_is_back(run: Run, home_lab: HomeLab) -> None:
    """After gigabytes and minutes nothing of the run is left, and what served before serves."""
    restored = run.matrix["production"]["cases"][-1]

    assert restored["outcome"] == "passed", restored
    assert home_lab.leftovers() == []
