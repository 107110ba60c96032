from __future__ import annotations

import dataclasses
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vllm_qualify import config
from vllm_qualify.config import reading
from vllm_qualify.core import images
from vllm_qualify.core.errors import BadConfig, Problem
from vllm_qualify.core.shipped import HOME

SOURCE = Path("lab/qualify.toml")
WRONG = """\
candidates = [
    "vllm/vllm-openai:v0.15.1",
    "vllm/vllm-openai",  # no tag
]
targets = "local"

[cluster]
namespace = "ml"

[modes.ml]
model = "Qwen/Qwen3-8B-AWQ"

[budgets]
load_seconds = "120"
throughput = { low = true, higher = 50 }

[local]
kv_cache_gib = 0
"""


def problems(text: str) -> list[Problem]:
    """What a text is refused for."""
    with pytest.raises(BadConfig) as caught:
        reading.parse(text, source=SOURCE)
    return list(caught.value.problems)


def test_every_problem_is_listed_with_its_key_and_line() -> None:
    """One reading tells all that is wrong, in the order of the file."""
    found = [(problem.line, problem.key) for problem in problems(WRONG)]

    assert found == [
        (3, "candidates[1]"),
        (5, "targets"),
        (7, "cluster.context"),
        (10, "modes.ml.manifest"),
        (14, "budgets.load_seconds"),
        (15, "budgets.throughput.higher"),
        (15, "budgets.throughput.low"),
        (18, "local.kv_cache_gib"),
    ]


def test_the_message_is_one_line_a_problem_that_an_editor_can_jump_to() -> None:
    """The exception prints file and line first, as compilers do."""
    with pytest.raises(BadConfig) as caught:
        reading.parse(WRONG, source=SOURCE)

    lines = str(caught.value).splitlines()
    assert len(lines) == 8
    assert lines[1] == "lab/qualify.toml:5: targets: is not a known key; did you mean target?"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[budgets]\ncost = 1", "known keys: hang_seconds, load_seconds, throughput, vram_mib"),
        ("[budgets]\nload_seconds = inf", "must be a finite number"),
        ("[budgets]\nload_seconds = nan", "must be"),
        ("[budgets]\nload_seconds = 0", "must be greater than 0, not 0"),
        ("budgets = 3", "must be a table, not 3"),
        ("candidates = 'a:b'", "must be an array"),
        ("candidates = [3]", "3 is not an image reference"),
        ("candidates = ['a:b', 'a:c', 'a:b']", "a:b is listed twice"),
        ("target = 'cloud'", "must be 'auto', 'local', 'container' or 'kubernetes', not \"cloud\""),
        ("target = 'kubernetes'", "there is no [cluster]"),
        ("[cluster]\ncontext = 'lab'", "there is no [modes.ml]"),
        ("[cluster]\ncontext = ''", "must not be empty"),
        ("[classification]\ndocuments = 3", "must be the path of a file"),
        ("[routing]\nproxy = 'litellm:4000'\nconfig_map = 'x'", "must be a URL"),
        ("[budgets.throughput]\nlow = 60", "is 60, above high, which is 50"),
        ("[gpu_mode]\ncommand = []", "must not be empty"),
        ("[gpu_mode]\ncommand = ['x', '']", "must not be empty"),
        ("[gpu_mode]\ncommand = ['x']\nfolder = '/a b'", "must be an absolute path"),
        ("[registry]\nmirrors = 5", 'must be a table, as in { name = "value" }, not 5'),
        ("[budgets]\nload_seconds = 2026-01-01", "must be a number without quotes, not 2026-01-01"),
        ("[local]\nkv_cache_gib = 1.5", "must be a whole number"),
        ("a = " + "[" * 3000, "nested too deeply"),
        ("a = " + "9" * 5000, "not valid TOML: "),
    ],
)
def test_a_wrong_value_is_refused_in_words_of_the_file(text: str, said: str) -> None:
    """What is said speaks of tables, arrays and quotes, not of Python."""
    [problem] = problems(text)

    assert said in problem.message


def test_a_key_in_the_place_of_its_variable_is_refused_and_not_shown() -> None:
    """The secret that somebody wrote into the file does not reach the terminal as well."""
    [problem] = problems("[routing]\nproxy = 'http://x'\nconfig_map = 'x'\napi_key_env = 'sk-1234'")

    assert "must be the name of an environment variable" in problem.message
    assert "sk-1234" not in str(problem)


@pytest.mark.parametrize(
    ("text", "line"),
    [("a = = 1", 1), ("target = 'auto'\n\n[cluster", 3), ("x = 1\nx = 2\n", 2), ("candidates = [\n'a:b',\n", 2)],
)
def test_what_is_no_toml_is_refused_with_its_line(text: str, line: int) -> None:
    """A slip of syntax names the line, also where the parser itself says only that the document ended."""
    [problem] = problems(text)

    assert problem.line == line
    assert problem.message.startswith("not valid TOML: ")


def test_no_text_at_all_is_the_built_in_profile() -> None:
    """Every key has a default, and what a machine runs without a file is what an empty file gives."""
    assert reading.parse("", source=SOURCE) == config.Settings()
    assert config.Settings().candidates == ()
    assert config.Settings().cluster is None


def test_paths_are_meant_from_the_folder_of_the_file() -> None:
    """A relative path is no path from where the command was started, and an absolute one stays."""
    text = "[modes.ml]\nmanifest = 'vllm/deployment.yaml'\n[classification]\ndocuments = '/srv/documents.jsonl'"

    settings = reading.parse(text, source=SOURCE)

    assert settings.modes.ml.manifest == Path("lab/vllm/deployment.yaml")
    assert settings.modes.r1 is None
    assert settings.classification.documents == Path("/srv/documents.jsonl")


def test_the_example_lists_the_three_candidates_of_the_card() -> None:
    """The shipped folder reads without a problem and names what the operator tried."""
    source = HOME / "examples" / "home-lab" / "qualify.toml"

    settings = reading.parse(source.read_text(), source=source)

    tags = [image.tag for image in settings.candidates]
    assert tags == ["v0.15.1", "v0.12.0", "v0.8.5.post1"]
    assert settings.candidates[0] == images.parse("vllm/vllm-openai:v0.15.1")
    assert settings.budgets == replace(config.Budgets(), vram_mib=12288)
    cluster = config.Cluster(context="home-lab", namespace="ml", node="k3s-gpu-worker", toolkit="1.18.0")
    assert settings.cluster == cluster


def test_a_byte_order_mark_is_no_part_of_the_text() -> None:
    """What editors on Windows put in front does no harm."""
    assert reading.parse("\ufefftarget = 'local'", source=SOURCE).target == "local"
    assert problems("\ufefftarget = 'cloud'")[0].line == 1


def test_settings_cannot_be_changed() -> None:
    """What was validated once stays as it was."""
    with pytest.raises(dataclasses.FrozenInstanceError):
        config.Settings().target = "local"  # type: ignore[misc]


KEYS = st.sampled_from(["candidates", "target", "cluster", "modes", "ml", "budgets", "throughput", "low", "x y", ""])
VALUES: st.SearchStrategy[Any] = st.recursive(
    st.booleans() | st.integers(-5, 200) | st.floats() | st.sampled_from(["", "a:b", "local", "x/y"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=8,
)


def written(value: Any) -> str:
    """A value as inline TOML."""
    if isinstance(value, dict):
        return "{" + ", ".join(f'"{key}" = {written(each)}' for key, each in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(written, value)) + "]"
    return str(value).lower() if isinstance(value, bool | float) else repr(value)


@given(st.dictionaries(KEYS, VALUES, max_size=4))
def test_any_toml_is_settings_or_problems_on_lines_of_the_file(data: dict[str, Any]) -> None:
    """Whatever is written, nothing but the one exception comes out, and every line that it names exists."""
    text = "\n".join(f'"{key}" = {written(value)}' for key, value in data.items())
    try:
        found: tuple[Problem, ...] = ()
        reading.parse(text, source=SOURCE)
    except BadConfig as error:
        found = error.problems

    assert all(problem.line in range(1, len(data) + 1) for problem in found)
