"""Which values of a manifest must not be seen."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vllm_qualify.kube import sensitive

SECRETS = st.text("abcdefghijklmnop0123456789_", min_size=6, max_size=12)


def deployment(*, args: list[str] | None = None, env: list[Any] | None = None, init: list[Any] | None = None) -> Any:
    """A Deployment whose container has these."""
    container = {"name": "vllm", "args": args or [], "env": env or []}
    return {"spec": {"template": {"spec": {"containers": [container], "initContainers": init or []}}}}


@pytest.mark.parametrize(
    "name",
    [
        "HF_TOKEN",
        "hf_token",
        "HUGGING_FACE_HUB_TOKEN",
        "VLLM_API_KEY",
        "apikey",
        "AWS_SECRET_ACCESS_KEY",
        "PGPASSWORD",
        "DB_PASSWD",
        "LITELLM_MASTER_KEY",
        "CREDENTIALS",
        "PRIVATE_KEY_FILE",
        "--hf-token",
        "AWS_ACCESS_KEY_ID",
    ],
)
def test_names_of_secrets(name: str) -> None:
    """Variables and flags, however they are spelt."""
    assert sensitive.sensitive(name.replace("-", "_"))


@pytest.mark.parametrize(
    "name",
    [
        "TOKENIZERS_PARALLELISM",
        "--tokenizer",
        "--tokenizer-mode",
        "--max-num-batched-tokens",
        "MODEL",
        "KEYBOARD",
        "--kv-cache-dtype",
        "HF_HOME",
        "--served-model-name",
        "VLLM_USE_V1",
        "MONKEY",
    ],
)
def test_names_of_what_everybody_may_see(name: str) -> None:
    """What only sounds like it is kept, or reports could not name the model."""
    assert not sensitive.sensitive(name.replace("-", "_"))


@given(SECRETS)
def test_a_secret_in_a_variable_is_found(secret: str) -> None:
    """In containers and in those that run before them; one from a Secret has no value to be found."""
    env = [{"name": "HF_TOKEN", "value": secret}, {"name": "MODE", "value": "everyday"}]
    by_reference = [{"name": "API_KEY", "valueFrom": {"secretKeyRef": {"name": "hf", "key": "secretkey"}}}]

    assert sensitive.values([deployment(env=env)]) == {secret}
    assert sensitive.values([deployment(init=[{"name": "prefetch", "env": env}])]) == {secret}
    assert sensitive.values([deployment(env=by_reference)]) == frozenset()


@given(SECRETS, st.booleans())
def test_a_secret_behind_a_flag_is_found(secret: str, joined: bool) -> None:  # noqa: FBT001 (hypothesis passes it)
    """Behind a space or an equals sign, and the words beside it are not."""
    flag = [f"--api-key={secret}"] if joined else ["--api-key", secret]
    args = ["--model", "Qwen/Qwen3-8B-AWQ", *flag, "--max-model-len", "8192000", "--tokenizer", "a/tokenizer"]

    assert sensitive.values([deployment(args=args)]) == {secret}


def test_every_key_behind_a_flag_is_found() -> None:
    """Late releases take several; the next flag ends them."""
    args = ["--api-key", "first-key", "second-key", "--model", "Qwen/Qwen3-8B-AWQ"]

    assert sensitive.values([deployment(args=args)]) == {"first-key", "second-key"}


@pytest.mark.parametrize("flag", ["--api-key the-key", "--api-key=the-key", "--api-key 'the-key'"])
def test_a_key_in_a_script_is_found(flag: str) -> None:
    """One word of it; what follows may be another command."""
    script = ["sh", "-c", f"vllm serve Qwen/Qwen3-8B-AWQ {flag} && python other.py"]

    assert sensitive.values([deployment(args=script)]) == {"the-key"}


def test_a_flag_without_a_value_takes_none_of_its_neighbour() -> None:
    """What follows begins another flag, or nothing follows."""
    assert sensitive.values([deployment(args=["--api-key", "--enforce-eager"])]) == frozenset()
    assert sensitive.values([deployment(args=["--enforce-eager", "--api-key"])]) == frozenset()


def test_a_variable_without_a_value_holds_no_secret() -> None:
    """Nothing is between any two letters."""
    assert sensitive.values([deployment(env=[{"name": "HF_TOKEN", "value": ""}])]) == frozenset()


@pytest.mark.parametrize(
    "name", ["DB_PASS", "SMTP_PWD", "PASSPHRASE", "HTTP_AUTH", "COOKIE", "ENC_KEYS", "TOKENS", "DSN"]
)
def test_more_names_of_secrets(name: str) -> None:
    """Names that one of several lists once lacked."""
    assert sensitive.sensitive(name)
    assert not sensitive.sensitive("PWD")


def test_variables_are_told_by_name() -> None:
    """The value only of what is known to be harmless, whatever a secret may be called; references stay."""
    reference = {"name": "KEY", "valueFrom": {"secretKeyRef": {"name": "hf", "key": "token"}}}
    env = [{"name": "WHATEVER", "value": "a"}, {"name": "VLLM_USE_V1", "value": "1"}, reference]
    more = [{"name": "HF_TOKEN", "value": "b"}, {"name": "NCCL_DEBUG", "value": "INFO"}, {"name": "EMPTY"}]
    annotation = {"kubectl.kubernetes.io/last-applied-configuration": "c"}

    kept = sensitive.by_name(deployment(env=env, init=[{"name": "i", "env": more}]) | {"annotations": annotation})

    hidden = {"value": sensitive.HIDDEN}
    wanted = deployment(
        env=[env[0] | hidden, env[1], reference], init=[{"name": "i", "env": [more[0] | hidden, *more[1:]]}]
    )
    assert kept == wanted | {"annotations": dict.fromkeys(annotation, sensitive.HIDDEN)}
