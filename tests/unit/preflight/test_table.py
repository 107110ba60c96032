"""The table of rules as a whole: nothing that is asked makes it fail."""

from __future__ import annotations

import re
from collections.abc import Callable
from time import process_time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from packaging.version import Version

from vllm_qualify import catalogue, preflight
from vllm_qualify.core import images
from vllm_qualify.core.records import Certainty, Finding
from vllm_qualify.kube.serving import Probe
from vllm_qualify.preflight import (
    RULES,
    ImageFacts,
    ManifestFacts,
    ModelFacts,
    NodeFacts,
    Question,
    ToolkitMode,
    remedies,
    table,
)

Ask = Callable[..., Question]
texts = st.text(max_size=12)
names = st.sampled_from(
    [
        "CUDA_VERSION",
        "LD_LIBRARY_PATH",
        "NVIDIA_DISABLE_REQUIRE",
        "NVIDIA_REQUIRE_CUDA",
        "NVIDIA_REQUIRE_X",
        "TORCH_CUDA_ARCH_LIST",
        "VLLM_ENABLE_CUDA_COMPATIBILITY",
        "VLLM_PORT",
        "VLLM_USE_V1",
    ]
)
telling = ["1", "12.9.1", "9.0a 8.0+PTX", "cuda>=12.9 brand=tesla", "/usr/local/cuda/compat:/usr/lib64"]
values = texts | st.sampled_from(telling)
numbers = st.integers(0, 10**6)
options = st.sampled_from(sorted({name for one in catalogue.releases() for name in one.flags}))
words = options | texts | st.sampled_from(["serve", "vllm", "python3", "-m", "--", "8k", "0.9", "fp8", "awq"])
commands = st.lists(words, max_size=6).map(tuple)
node_facts = st.builds(
    NodeFacts,
    compute_capability=st.none() | st.tuples(st.integers(0, 20), st.integers(0, 9)),
    memory_mib=st.none() | numbers,
    driver=texts | st.sampled_from(["570.195.03", "580.95.05", "390.1", "9999"]),
    toolkit=texts | st.sampled_from(["1.18.0", "1.17.5", "v1.19.1"]),
    mode=st.sampled_from(ToolkitMode),
    compat_hook=st.none() | st.booleans(),
    kind=st.sampled_from(["", "geforce", "titan", "workstation", "datacenter"]),
    brands=st.frozensets(texts, max_size=2),
)
image_facts = st.builds(
    ImageFacts,
    env=st.none() | st.dictionaries(names, values, max_size=4),
    entrypoint=st.none() | commands,
    cmd=commands,
    history=st.lists(texts | st.just("RUN echo > /etc/ld.so.conf.d/cuda-compat.conf"), max_size=2).map(tuple),
)
model_facts = st.builds(
    ModelFacts,
    architectures=st.lists(texts, max_size=2).map(tuple),
    model_type=st.sampled_from(["", "qwen3", "llama"]),
    layers=numbers,
    heads=numbers,
    kv_heads=numbers,
    head_dim=numbers,
    hidden=numbers,
    intermediate=numbers,
    vocab=numbers,
    quantization=texts | st.sampled_from(["awq", "fp8"]),
    bits=st.integers(0, 16),
    group=numbers,
    max_length=numbers,
    certainty=st.sampled_from(Certainty),
)
probes = st.builds(Probe, period_seconds=numbers)
manifest_facts = st.builds(
    ManifestFacts,
    command=commands,
    args=commands,
    env=st.dictionaries(names, st.none() | values, max_size=4),
    probes=st.dictionaries(st.sampled_from(["startup", "liveness"]), probes, max_size=2),
)
tags = st.sampled_from(["latest", "v0.5.5", "v0.12.0-cu999", "mine/x:v0.8.5", "v0.20.0-cu129"]).map(
    lambda tag: images.parse(tag if "/" in tag else f"vllm/vllm-openai:{tag}")
)
# The releases by their versions, because a failure prints what was drawn, and a release is pages.
versions = st.none() | st.sampled_from([str(one.version) for one in catalogue.releases()])
around = st.fixed_dictionaries(
    {
        "image": tags,
        "registry": image_facts,
        "node": node_facts,
        "manifest": manifest_facts,
        "model": st.none() | model_facts,
        "load_seconds": st.none() | st.floats(0, 1000),
        "fields": st.frozensets(texts, max_size=2),
        "metrics": st.frozensets(texts, max_size=2),
    }
)


def release(version: str | None) -> catalogue.Release | None:
    """The release of a version."""
    return catalogue.find(Version(version)) if version else None


def judged_by_all(question: Question) -> tuple[Finding, ...]:
    """The findings where each remedy is put to every rule."""

    def judge(asked: Question) -> tuple[Finding, ...]:
        return table._findings(asked, [(rule, table._results(rule, asked)) for rule in RULES])

    return remedies.consistent(question, judge(question), judge)


@settings(max_examples=400, deadline=None)
@given(around, versions, versions)
def test_no_facts_make_a_rule_fail(facts: dict[str, Any], version: str | None, baseline: str | None) -> None:
    """Whatever is known or not, every rule answers, every doubt says what to do, and one prediction comes of it."""
    rulings = preflight.findings(Question(release=release(version), baseline=release(baseline), **facts))

    assert {one.id for one in rulings} <= {rule.id for rule in RULES}
    assert all(one.title and one.actual and one.subject for one in rulings)
    assert all(one.remedy for one in rulings if one.unverified)
    assert preflight.verdict(rulings).verdict in preflight.PredictedVerdict


@settings(max_examples=300, deadline=None)
@given(around, versions, versions)
def test_what_is_not_asked_again_would_say_the_same(
    facts: dict[str, Any], version: str | None, baseline: str | None
) -> None:
    """A remedy is judged by the rules that it can reach; asking all of them comes to the same findings."""
    question = Question(release=release(version), baseline=release(baseline), **facts)

    assert preflight.findings(question) == judged_by_all(question)


@pytest.mark.parametrize("driver", ["535.104.05", "550.54.15", "570.195.03"])
@pytest.mark.parametrize("gpu", ["RTX 3060", "H100"])
@pytest.mark.parametrize(
    "env", [{}, {"LD_LIBRARY_PATH": "/usr/local/cuda/compat"}, {"VLLM_USE_V1": "0"}], ids=["none", "compat", "engine"]
)
def test_every_release_says_the_same(ask: Ask, gpu: str, driver: str, env: dict[str, str]) -> None:
    """On these drivers most remedies are a newer one, or another way around it."""
    for one in catalogue.releases()[::3]:
        question = ask(f"v{one.version}", node=preflight.node(gpu=gpu, driver=driver, toolkit="1.18.0"), env=env)

        assert preflight.findings(question) == judged_by_all(question)


def test_ids_are_stable_and_unique() -> None:
    """An id stands for one rule; the numbers have no gap, so that none was dropped and used again."""
    ids = [rule.id for rule in RULES]

    assert sorted(ids) == [f"P{number:02}" for number in range(1, len(ids) + 1)]
    assert all(re.match(rf"{rule.id}: ", rule.check.__doc__ or "") for rule in RULES)


def test_every_release_is_judged_quickly(ask: Ask) -> None:
    """The table of all releases takes milliseconds of the processor each, so that all come in well under a second."""
    preflight.findings(ask("v0.12.0"))
    asked = [ask(f"v{one.version}") for one in catalogue.releases()]

    begun = process_time()
    rulings = [preflight.findings(question) for question in asked]

    assert len(rulings) >= 60
    assert process_time() - begun < 2.0


def test_releases_are_told_apart_in_the_order_of_versions() -> None:
    """0.10 is newer than 0.9 and a post release newer than its base, so that nothing is judged by the wrong one."""
    versions = [one.version for one in catalogue.releases()]

    assert versions == sorted(versions)
    assert versions.index(Version("0.9.2")) < versions.index(Version("0.10.0"))
    assert versions.index(Version("0.8.5")) < versions.index(Version("0.8.5.post1"))
