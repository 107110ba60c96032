from __future__ import annotations

from typing import Any

from vllm_qualify.arguments.shell.environment import ShellVariables
from vllm_qualify.kube import container_env
from vllm_qualify.kube.config_maps import ConfigMaps

KNOWN = ConfigMaps(known={("ml", "c"): {"LEN": "8192", "TP": "2"}})


def read(container: dict[str, Any], *, config_maps: ConfigMaps = KNOWN, **given: str) -> ShellVariables:
    """The variables of a container in the namespace ``ml``."""
    return container_env.of(container, namespace="ml", config_maps=config_maps, given=given)


def test_a_config_map_at_hand_gives_its_values() -> None:
    """One key, or all of them with a prefix; what env says outranks envFrom."""
    container = {
        "envFrom": [{"configMapRef": {"name": "c"}}, {"prefix": "V_", "configMapRef": {"name": "c"}}],
        "env": [
            {"name": "TP", "value": "4"},
            {"name": "L", "valueFrom": {"configMapKeyRef": {"name": "c", "key": "LEN"}}},
        ],
    }

    assert read(container).values == {"LEN": "8192", "TP": "4", "V_LEN": "8192", "V_TP": "2", "L": "8192"}


def test_what_is_not_at_hand_is_unknown_by_name() -> None:
    """Each says where its value is; a Secret is never read."""
    sources = [
        {"name": "A", "valueFrom": {"configMapKeyRef": {"name": "other", "key": "k"}}},
        {"name": "B", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}},
        {"name": "C", "valueFrom": {"fieldRef": {"fieldPath": "status.podIP"}}},
        {"name": "D", "valueFrom": {"configMapKeyRef": {"name": "c", "key": "gone"}}},
    ]

    assert read({"env": sources}).unknown == {
        "A": "key k of the ConfigMap other, which is not available",
        "B": "key k of the Secret s (Secrets are not read)",
        "C": "the pod's own status.podIP",
        "D": "key gone of the ConfigMap c, which does not have it",
    }


def test_names_that_nobody_knows_come_from_maps_that_are_not_at_hand() -> None:
    """Any variable may be among them, one with a default in a script as well."""
    found = read({"envFrom": [{"configMapRef": {"name": "other"}}, {"secretRef": {"name": "s"}}]})

    assert found.rest == "the ConfigMap other, which is not available or the Secret s (Secrets are not read)"
    assert found.source("ANY") == found.rest


def test_a_value_that_names_an_unknown_one_is_unknown_as_well() -> None:
    """It is kept with the spelling in it, and has no plain value."""
    env = [{"name": "A", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}}, {"name": "B", "value": "x/$(A)"}]

    found = read({"env": env})

    assert found.plain() == {"A": None, "B": None}
    assert found.spellings == {"$(A)": "key k of the Secret s (Secrets are not read)"}


def test_what_somebody_sets_from_outside_is_known() -> None:
    """It outranks the manifest, and variables below are made of it."""
    env = [{"name": "A", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}}, {"name": "B", "value": "x/$(A)"}]

    assert read({"env": env}, A="1", N="2").plain() == {"A": "1", "B": "x/1", "N": "2"}


def test_a_map_of_another_namespace_is_another_map() -> None:
    """Where both name their namespace they must agree; a file that names none means the same one."""
    reference = {"envFrom": [{"configMapRef": {"name": "c"}}]}

    assert read(reference, config_maps=ConfigMaps(known={("other", "c"): {"A": "1"}})).values == {}
    assert read(reference, config_maps=ConfigMaps(known={("", "c"): {"A": "1"}})).values == {"A": "1"}


def test_a_config_map_of_the_folder_settles_nothing_that_it_lacks() -> None:
    """It gives what it has; another one of the same name may be meant, unless the cluster or the file has it."""
    beside = ConfigMaps(beside=lambda _space, _name: {"LEN": "8192"})
    cluster = ConfigMaps(elsewhere=lambda _space, _name: {"LEN": "4096"}, beside=beside.beside)
    container = {"envFrom": [{"configMapRef": {"name": "c"}}]}

    found, sure = read(container, config_maps=beside), read(container, config_maps=cluster)

    assert found.values == {"LEN": "8192"}
    assert found.source("TP") == "the ConfigMap c; the one in this folder does not have it"
    assert (sure.values, sure.source("TP")) == ({"LEN": "4096"}, "")
