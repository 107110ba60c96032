from __future__ import annotations

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from vllm_qualify.core.shipped import HOME_LAB
from vllm_qualify.litellm import config, edits
from vllm_qualify.litellm.config import BadProxyConfig

EXAMPLE = (HOME_LAB / "applications" / "litellm" / "configmap.yaml").read_text()
OLD, NEW = "openai/Qwen/Qwen3-8B-AWQ", "openai/Qwen/Qwen4-9B"
LIST = "model_list:\n- model_name: a\n  litellm_params: {model: x/y}\n"


def edited(text: str, index: int = 0) -> str:
    """The text with another model in one entry."""
    return edits.with_model(text, index=index, model=NEW, source="c.yaml")


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize("last", ["", "\n"])
def test_one_line_of_the_example_changes(newline: str, mark: str, last: str) -> None:
    """Within the block of text, where comments, line ends and everything else stay."""
    before = mark + EXAMPLE.rstrip("\n").replace("\n", newline) + last

    after = edited(before)

    assert after == before.replace(OLD, NEW)
    assert config.parse(after, source="c").models[0].model == NEW


@pytest.mark.parametrize(
    "written",
    [f"model: {OLD} # NFR110", f"model: '{OLD}'", f'"model": "{OLD}"', f"{{}}: {OLD}".format("model")],
)
@pytest.mark.parametrize("block", ["|", "|-", "|2 # the proxy's own file", "|+"])
def test_quotes_and_comments_stay(written: str, block: str) -> None:
    """However the scalar and the block are written."""
    inner = f"    model_list:\n    - model_name: a\n      litellm_params:\n        {written}\n"
    inner = inner.replace("    model_list", "    # first\n    model_list")
    text = f"kind: ConfigMap\ndata:\n  other: text\n  config.yaml: {block}\n{inner}metadata: {{name: a}}\n"
    text = text.replace("\n    ", "\n      ") if block.startswith("|2") else text

    assert edited(text) == text.replace(OLD, NEW)


def test_a_bare_configuration_is_changed_as_well() -> None:
    """A file that the proxy is given directly."""
    text = "# mine\n" + LIST + "- {model_name: b, litellm_params: {model: b/c}} # two\n"

    assert edited(text, 1) == text.replace("b/c", NEW)


@pytest.mark.parametrize(
    "text",
    [
        "kind: ConfigMap\ndata:\n  c: " + repr(LIST).replace("'", '"'),
        "kind: ConfigMap\ndata:\n  c: >\n" + "".join(f"    {line}\n\n" for line in LIST.splitlines()),
        LIST.replace("x/y", "[x, y]"),
        LIST.replace("x/y", ""),
        LIST.replace("{model: x/y}", "{}"),
        LIST.replace("x/y", "&it x/y") + "other: *it\n",
        "kind: ConfigMap\ndata: [model_list]\n",
        "kind: Secret\ndata:\n  c: |\n" + "".join(f"    {line}\n" for line in LIST.splitlines()),
    ],
)
def test_what_is_not_edited_says_what_to_write(text: str) -> None:
    """A text in quotes or folded, a model that is none, an anchor that carries the change on."""
    with pytest.raises(BadProxyConfig, match=rf"^c\.yaml: .* set model: {NEW}$"):
        edited(text)


@given(st.lists(st.sampled_from([OLD, "ollama/qwen", "1", "a: b"]), min_size=1, max_size=4), st.data())
def test_only_that_entry_reads_differently(models: list[str], data: st.DataObject) -> None:
    """Also where several entries name the same model."""
    index = data.draw(st.integers(0, len(models) - 1))
    entries = [{"model_name": "a", "litellm_params": {"model": model, "api_key": "k"}} for model in models]
    inner = yaml.safe_dump({"model_list": entries})
    block = "".join(f"    {line}\n" for line in inner.splitlines())
    before = f"kind: ConfigMap\ndata:\n  config.yaml: |\n{block}"

    after = edited(before, index)

    entries[index]["litellm_params"] = {"model": NEW, "api_key": "k"}
    assert yaml.safe_load(yaml.safe_load(after)["data"]["config.yaml"]) == {"model_list": entries}
    assert sum(a != b for a, b in zip(before.splitlines(), after.splitlines(), strict=True)) == 1
