from __future__ import annotations

from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from vllm_qualify.core.shipped import HOME_LAB
from vllm_qualify.litellm import config as routing

EXAMPLE = (HOME_LAB / "applications" / "litellm" / "configmap.yaml").read_text()
BARE = """\
model_list:
  - model_name: a
    litellm_params: {model: Qwen/Qwen3, custom_llm_provider: openai, base_url: "http://x:8000/v1"}
  - model_name: a
    litellm_params:
      model: os.environ/MODEL
      api_base: os.environ/BASE
router_settings:
  model_group_alias: {b: a, c: {model: a, hidden: true}}
  fallbacks: [{a: [z]}]
"""


def line_of(text: str, words: str) -> int:
    """The line on which the words stand first."""
    return next(number for number, line in enumerate(text.splitlines(), start=1) if words in line)


def test_the_example_is_read_with_the_lines_of_its_file() -> None:
    """Each word of the inner configuration is found on its line of the config map."""
    config = routing.parse(EXAMPLE, source="c.yaml")

    [model] = config.named("vllm-qwen")
    assert (model.provider, model.served_name) == ("openai", "Qwen/Qwen3-8B-AWQ")
    assert model.places["model"] == f"c.yaml:{line_of(EXAMPLE, 'model: openai/')}"
    assert model.places["api_base"] == f"c.yaml:{line_of(EXAMPLE, 'api_base: http://vllm-api')}"
    assert config.place == f"c.yaml:{line_of(EXAMPLE, '- model_name: vllm-qwen')}"
    assert config.fallbacks == {"vllm-qwen": ("ollama-qwen",)}
    assert config.namespace == "ml"


def test_a_bare_configuration_is_read_as_well() -> None:
    """A folder for kustomize keeps it in a file of its own; every spelling that LiteLLM knows counts."""
    config = routing.parse(BARE, source="c.yaml")

    first, second = config.named("c")
    assert config.named("b") == (first, second)
    assert (first.provider, first.served_name, first.api_base) == ("openai", "Qwen/Qwen3", "http://x:8000/v1")
    assert first.places["api_base"] == "c.yaml:3"
    assert not second.api_base_is_known
    assert config.fallbacks == {"a": ("z",)}


def test_the_object_of_the_cluster_is_read_by_the_lines_of_its_text() -> None:
    """What kubectl gives has no file, so the line is counted within the value."""
    live = yaml.safe_load(EXAMPLE)

    config = routing.parse_live(live)

    assert config.named("vllm-qwen")[0].places["model"] == "ConfigMap litellm-config in the cluster, config.yaml line 4"


def test_a_text_that_is_not_kept_line_by_line_names_its_first_line() -> None:
    """In a quoted value the lines of the file are not those of the text, so no wrong one is named."""
    quoted = 'kind: ConfigMap\ndata:\n  c: "model_list:\\n- model_name: a\\n  litellm_params: {model: openai/m}\\n"\n'

    [model] = routing.parse(quoted, source="c.yaml").named("a")

    assert model.places["model"] == "c.yaml:3"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: [", "c.yaml:1: not valid YAML"),
        ("kind: ConfigMap\ndata:\n  x: |\n    a: 1\n    model_list: [", "c.yaml:5: not valid YAML"),
        ("kind: ConfigMap\ndata: {x: 'nothing'}", "c.yaml: expected one LiteLLM configuration .* found none"),
        (f"{BARE}---\n{BARE}", "c.yaml: expected one .* found 2"),
        ("", "found none"),
    ],
)
def test_what_holds_no_single_model_list_is_refused(text: str, said: str) -> None:
    """The message names the file, and the line of a slip."""
    with pytest.raises(routing.BadProxyConfig, match=said):
        routing.parse(text, source="c.yaml")


def test_a_key_is_not_kept() -> None:
    """What an operator wrote as a key of the model reaches no record, hence no report."""
    text = BARE.replace("model: os.environ/MODEL", "model: openai/m\n      api_key: sk-planted")

    assert "sk-planted" not in repr(routing.parse(text, source="c.yaml"))


JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["model_name", "litellm_params", "model", "api_base", "a"]), inner, max_size=3
        )
    ),
    max_leaves=8,
)


@given(st.fixed_dictionaries({"model_list": JSON, "router_settings": JSON, "litellm_settings": JSON}))
def test_any_shape_is_read(data: Any) -> None:
    """Whatever stands in place of a list or a table, the reader says what it found and does not fall over."""
    config = routing.parse(yaml.safe_dump(data), source="c.yaml")

    assert len(config.models) == (len(data["model_list"]) if isinstance(data["model_list"], list) else 0)
