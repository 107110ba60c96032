from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest

from vllm_qualify.core.records import Severity
from vllm_qualify.core.shipped import HOME_LAB
from vllm_qualify.kube import yamltext
from vllm_qualify.kube.drift import drift

Object = dict[str, Any]
APPLICATIONS = HOME_LAB / "applications"
CANARY = "canary-value-0123456789"


def file(name: str = "vllm/deployment.yaml") -> Object:
    """An object of the operator's folder."""
    (document,) = yamltext.documents((APPLICATIONS / name).read_text())
    found: Object = document.data
    return found


def live(obj: Object) -> Object:
    """The same as the API server keeps it: with its defaults, and everything that controllers write."""
    found = copy.deepcopy(obj)
    found["metadata"] |= {"uid": "u", "resourceVersion": "7", "generation": 3, "managedFields": []}
    found["metadata"]["annotations"] = {"deployment.kubernetes.io/revision": "4"}
    found["status"] = {"readyReplicas": 1}
    found["spec"] |= {"progressDeadlineSeconds": 600, "revisionHistoryLimit": 10}
    template = found["spec"]["template"]
    template["metadata"]["creationTimestamp"] = None
    template["spec"] |= {"dnsPolicy": "ClusterFirst", "restartPolicy": "Always", "securityContext": {}}
    container = serving(found)
    container |= {"imagePullPolicy": "IfNotPresent", "terminationMessagePath": "/dev/termination-log"}
    container["ports"][0]["protocol"] = "TCP"
    container["livenessProbe"] |= {"successThreshold": 1}
    container["resources"]["limits"] |= {"memory": "16384Mi", "nvidia.com/gpu": "1"}
    return found


def serving(obj: Object) -> Object:
    """The container that serves."""
    found: Object = obj["spec"]["template"]["spec"]["containers"][0]
    return found


def changed(change: Callable[[Object], object]) -> list[tuple[str, str, str, str]]:
    """What is found when the live object was changed: id, end of the path, and both sides."""
    there = live(file())
    change(there)
    found = drift(file(), there)
    return [(each.id, each.path.removeprefix("spec.template.spec."), each.expected, each.actual) for each in found]


def args(*words: str) -> Callable[[Object], object]:
    """Replaces the live arguments."""
    return lambda there: serving(there).update(args=list(words))


def env(*entries: Object) -> Callable[[Object], object]:
    """Gives the live container an environment."""
    return lambda there: serving(there).update(env=list(entries))


@pytest.mark.parametrize("name", ["vllm/deployment.yaml", "vllm/deployment-r1.yaml"])
def test_what_the_server_fills_in_is_no_drift(name: str) -> None:
    """Defaults, controllers' annotations, status, and the same quantity in another spelling."""
    assert drift(file(name), live(file(name))) == ()


@pytest.mark.parametrize(
    ("change", "found"),
    [
        (
            lambda there: serving(there).update(image="vllm/vllm-openai:v0.8.5"),
            ("D01", "containers[vllm].image", "vllm/vllm-openai:v0.5.5", "vllm/vllm-openai:v0.8.5"),
        ),
        (
            lambda there: there["spec"].update(replicas=0),
            ("D05", "spec.replicas", "1", "0"),
        ),
        (
            lambda there: there["spec"]["strategy"].update(type="RollingUpdate"),
            ("D04", "spec.strategy.type", "Recreate", "RollingUpdate"),
        ),
        (
            lambda there: serving(there)["startupProbe"].update(failureThreshold=3),
            ("D04", "containers[vllm].startupProbe.failureThreshold", "60", "3"),
        ),
        (
            lambda there: serving(there)["resources"]["limits"].update(memory="8Gi"),
            ("D04", "containers[vllm].resources.limits.memory", "16Gi", "8Gi"),
        ),
        (
            lambda there: there["spec"]["template"]["spec"].update(runtimeClassName="nvidia"),
            ("D04", "runtimeClassName", "absent", "nvidia"),
        ),
        (
            lambda there: there["spec"]["template"]["spec"]["volumes"].pop(),
            ("D04", "volumes[shm]", '{"name": "shm", "emptyDir": {"medium": "Memory", "sizeLimit": "2Gi"}}', "absent"),
        ),
        (
            lambda there: there["metadata"]["labels"].pop("app"),
            ("D04", "metadata.labels.app", "vllm-server", "absent"),
        ),
        (
            env({"name": "VLLM_USE_V1", "value": "0"}),
            ("D03", "containers[vllm].env[VLLM_USE_V1]", "absent", '{"name": "VLLM_USE_V1", "value": "0"}'),
        ),
    ],
)
def test_each_change_by_hand_is_found(change: Callable[[Object], object], found: tuple[str, str, str, str]) -> None:
    """One change, one finding, with both sides."""
    assert changed(change) == [found]


def test_a_changed_order_is_no_drift() -> None:
    """Neither of volumes, nor of variables, nor of options."""
    there = live(file())
    there["spec"]["template"]["spec"]["volumes"].reverse()
    words = serving(there)["args"]
    serving(there)["args"] = [*words[2:], *words[:2]]

    assert drift(file(), there) == ()


@pytest.mark.parametrize(
    ("was", "now", "found"),
    [
        (["--a", "1"], ["--a=1"], []),
        (["--max-model-len", "1"], ["--max_model_len", "1"], []),
        (["--a", "1"], ["--a", "2"], [("--a", "--a 1", "--a 2")]),
        (["--a"], [], [("--a", "--a", "absent")]),
        ([], ["--a", "1"], [("--a", "absent", "--a 1")]),
        (["--a", "1"], ["--a", "1", "--a", "2"], [("--a", "--a 1", "--a 1, --a 2")]),
        (["m", "--a"], ["n", "--a"], [("", "m", "n")]),
        (
            ["--api-key", CANARY],
            ["--api-key", "other"],
            [("--api-key", "a value that is not shown", "a value that is not shown")],
        ),
        (["--max-num-batched-tokens", "1"], [], [("--max-num-batched-tokens", "--max-num-batched-tokens 1", "absent")]),
    ],
)
def test_arguments_are_compared_option_by_option(
    was: list[str], now: list[str], found: list[tuple[str, str, str]]
) -> None:
    """Removed, added, changed and repeated ones are each named; spelling is nothing."""
    here, there = file(), live(file())
    serving(here)["args"], serving(there)["args"] = was, now

    seen = drift(here, there)

    assert {each.id for each in seen} <= {"D02"}
    assert [(each.path.partition(".args")[2][1:], each.expected, each.actual) for each in seen] == found


@pytest.mark.parametrize(
    "change",
    [
        env({"name": "HF_TOKEN", "value": CANARY}),
        env({"name": "OPENAI_API_KEY", "value": CANARY}),
        env({"name": "DB_PASSWORD", "value": CANARY}),
        args("--hf-token", CANARY),
        args(f"--api-key={CANARY}"),
        lambda there: serving(there).update(command=["sh", "-c", f"exec vllm serve m --api-key {CANARY}"]),
        lambda there: serving(there).update(command=["sh", "-c", f"HF_TOKEN={CANARY} exec vllm serve m"]),
        lambda there: there["spec"]["template"]["spec"]["containers"].append(
            {"name": "x", "args": ["--api-key", CANARY], "env": [{"name": "MY_SECRET", "value": CANARY}]}
        ),
    ],
    ids=["token", "key", "password", "flag", "joined", "script", "assignment", "container"],
)
def test_secrets_are_never_shown(change: Callable[[Object], object]) -> None:
    """That they differ is said, and where; what they are is not."""
    found = changed(change)

    assert found
    assert CANARY not in str(found)


def test_a_changed_secret_is_said_without_either_value() -> None:
    """Both sides are hidden, the file's too."""
    here, there = file(), live(file())
    serving(here)["env"] = [{"name": "HF_TOKEN", "value": "of-the-file"}]
    serving(there)["env"] = [{"name": "HF_TOKEN", "value": CANARY}]

    (found,) = drift(here, there)

    assert (found.id, found.path.rpartition("env")[2]) == ("D03", "[HF_TOKEN].value")
    assert found.expected == found.actual == "a value that is not shown"


def test_a_config_map_shows_the_line_that_differs() -> None:
    """The story's: the alias still leads to the old model."""
    here = file("litellm/configmap.yaml")
    there = copy.deepcopy(here)
    there["data"]["config.yaml"] = here["data"]["config.yaml"].replace(
        "Qwen/Qwen3-8B-AWQ", "Qwen/Qwen2.5-7B-Instruct-AWQ"
    )

    (found,) = drift(here, there, source="applications/litellm/configmap.yaml")

    assert found.subject == "ConfigMap litellm-config of applications/litellm/configmap.yaml"
    assert "Qwen3-8B-AWQ" in found.expected
    assert "Qwen2.5-7B-Instruct-AWQ" in found.actual
    assert "\n" not in found.expected + found.actual


def test_a_key_in_a_config_map_is_not_shown() -> None:
    """LiteLLM's master key stands in such a file."""
    here = {"kind": "ConfigMap", "metadata": {"name": "c"}, "data": {"c.yaml": "a: 1\nmaster_key: sk-1\n"}}
    there = {"kind": "ConfigMap", "metadata": {"name": "c"}, "data": {"c.yaml": f"a: 1\nmaster_key: {CANARY}\n"}}

    (found,) = drift(here, there)

    assert CANARY not in str(found)
    assert found.path == "data.c.yaml"


def test_of_a_secret_nothing_is_shown() -> None:
    """Whatever its keys are called."""
    here, there = ({"kind": "Secret", "metadata": {"name": "s"}, "data": {"x": each}} for each in ("YQ==", CANARY))

    (found,) = drift(here, there)

    assert (found.path, found.expected, found.actual) == (
        "data.x",
        "a value that is not shown",
        "a value that is not shown",
    )


def test_ports_of_a_service_are_told_by_their_number() -> None:
    """The server adds node ports and addresses of its own."""
    here = file("vllm/service.yaml")
    there = copy.deepcopy(here)
    there["spec"] |= {"clusterIP": "10.0.0.1", "sessionAffinity": "None"}

    assert drift(here, there) == ()
    there["spec"]["ports"][0]["port"] = 80
    assert [each.path for each in drift(here, there)] == ["spec.ports[8000]", "spec.ports[80]"]


def test_drift_stands_in_nobodys_way() -> None:
    """It is shown; a run puts back what ran, whatever the file says."""
    there = live(file())
    there["spec"] |= {"replicas": 0, "paused": True}
    serving(there)["image"] = "x"

    found = drift(file(), there)

    assert {each.severity for each in found} == {Severity.NOTE, Severity.WARN}
    assert not any(each.blocks for each in found)
