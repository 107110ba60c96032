"""Which API key a server asks for, as its pod says it."""

from __future__ import annotations

from typing import Any

import pytest

from vllm_qualify.kube import api_keys
from vllm_qualify.kube.api_keys import ApiKey

Object = dict[str, Any]
SECRET: Object = {"secretKeyRef": {"name": "vllm", "key": "key"}}
GIVEN: Object = {"name": "VLLM_API_KEY", "value": "from-variable"}
REFERRED: Object = {"name": "VLLM_API_KEY", "valueFrom": SECRET}
OTHER: Object = {"name": "MY_KEY", "valueFrom": SECRET}


def asked(*args: str, env: list[Object] | None = None, **more: Any) -> ApiKey:
    """What is known of the key of a pod whose serving container, the second, has these."""
    container = {"name": "vllm", "args": ["--model", "m", *args], "env": env or [], **more}
    return api_keys.of({"spec": {"containers": [{"name": "proxy", "args": ["--api-key", "no"]}, container]}}, "vllm")


@pytest.mark.parametrize(
    ("args", "value"),
    [
        ((), ""),
        (("--api-key", "one"), "one"),
        (("--api_key=one", "--port", "80"), "one"),
        (("--api-key", "one", "two"), "one"),
        (("--api-key", "one", "--api-key", "two"), "two"),
        (("--api-key", "$(A)$(B)"), "ab"),
        (("--api-key",), ""),
    ],
)
def test_a_key_on_the_command_line(args: tuple[str, ...], value: str) -> None:
    """However it is spelt; of several any will do, and of two options the last one counts."""
    env = [{"name": "A", "value": "a"}, {"name": "B", "value": "b"}]

    assert asked(*args, env=env) == ApiKey(value=value)


def test_a_key_in_the_environment() -> None:
    """It counts where the command line has none."""
    assert asked(env=[GIVEN]) == ApiKey(value="from-variable")
    assert asked("--api-key", "one", env=[GIVEN]) == ApiKey(value="one")
    assert asked("--api-key", "", env=[GIVEN]) == ApiKey(value="from-variable")


def test_a_key_from_a_secret_is_known_by_its_variable() -> None:
    """Directly, by a reference on the command line, or among all keys of a Secret."""
    assert asked(env=[REFERRED]) == ApiKey(variable="VLLM_API_KEY")
    assert asked("--api-key", "$(MY_KEY)", env=[OTHER]) == ApiKey(variable="MY_KEY")
    assert asked(envFrom=[{"secretRef": {"name": "vllm"}}]) == ApiKey(variable="VLLM_API_KEY")
    assert asked(env=[GIVEN], envFrom=[{"secretRef": {"name": "vllm"}}]) == ApiKey(value="from-variable")


@pytest.mark.parametrize(
    ("script", "key"),
    [
        ("vllm serve m --api-key one", ApiKey(value="one")),
        ('exec vllm serve m --api-key="$MY_KEY"', ApiKey(variable="MY_KEY")),
        ("vllm serve m --api-key ${MY_KEY} && true", ApiKey(variable="MY_KEY")),
        ("vllm serve m", ApiKey(variable="VLLM_API_KEY")),
    ],
)
def test_a_key_in_a_script(script: str, key: ApiKey) -> None:
    """What the shell would put in is in the container's environment."""
    found = {"name": "vllm", "command": ["sh", "-c", script], "env": [OTHER, REFERRED]}

    assert api_keys.of({"spec": {"containers": [found]}}, "vllm") == key


def test_nothing_is_known_of_a_container_that_is_not_there() -> None:
    """A pod that somebody else made may have other ones."""
    assert api_keys.of({"spec": {}}, "vllm") == api_keys.of({}, "vllm") == ApiKey()


def test_a_key_is_not_shown() -> None:
    """A record ends up in failure messages."""
    assert "one" not in repr(asked("--api-key", "one"))
