"""How candidates would be started, read from what operators give."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vllm_qualify.preflight import launch_specs
from vllm_qualify.preflight.launch_specs import BadInput

CONFIG = {"architectures": ["Qwen3ForCausalLM"], "model_type": "qwen3", "num_hidden_layers": 36}
QWEN = "Qwen/Qwen3-8B-AWQ"


def test_a_command_line_as_a_shell_takes_it() -> None:
    """Words in quotes stay together, and the model is known by its name."""
    start = launch_specs.from_args(f"--model {QWEN} --override-generation-config '{{\"top_p\": 1}}'")

    assert start.manifest.args[-1] == '{"top_p": 1}'
    assert start.manifest.command == ()
    assert start.served == QWEN
    assert start.model is not None


@pytest.mark.parametrize("line", ["vllm serve x --port 1", "python3 -m vllm.entrypoints.openai.api_server --model x"])
def test_a_command_line_with_its_program(line: str) -> None:
    """What begins with a program replaces the entrypoint of the image."""
    start = launch_specs.from_args(line)

    assert start.manifest.command == tuple(line.split())
    assert start.served == "x"


def test_a_quotation_without_end() -> None:
    """It is told in one line, without the words, which may hold a key."""
    with pytest.raises(BadInput, match="no closing quotation") as caught:
        launch_specs.from_args("--api-key 's3cret")

    assert "s3cret" not in str(caught.value)


def test_a_models_own_configuration(tmp_path: Path) -> None:
    """A folder with config.json and weights tells architecture and size."""
    (tmp_path / "config.json").write_text(json.dumps(CONFIG))
    (tmp_path / "model-1.safetensors").write_bytes(bytes(70))
    (tmp_path / "model-2.safetensors").write_bytes(bytes(30))

    (start,) = launch_specs.with_models([launch_specs.from_args("--model my/model")], {"": tmp_path})

    assert start.model is not None
    assert (start.model.name, start.model.architectures, start.model.weights_bytes) == (
        "my/model",
        ("Qwen3ForCausalLM",),
        100,
    )


def test_of_several_models_the_one_is_named(tmp_path: Path) -> None:
    """A file that could be of two models is refused; named, it counts for that one alone."""
    (tmp_path / "config.json").write_text(json.dumps(CONFIG))
    both = [launch_specs.from_args("--model my/model", source="a"), launch_specs.from_args("--model other", source="b")]

    with pytest.raises(BadInput, match="the model is missing"):
        launch_specs.with_models(both, {"": tmp_path})
    mine, other = launch_specs.with_models(both, {"my/model": tmp_path})
    assert mine.model is not None
    assert other.model is None
    with pytest.raises(BadInput, match="no manifest serves third; the models are my/model, other"):
        launch_specs.with_models(both, {"third": tmp_path})


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", ":1: is not JSON"),
        (b'{\n"a": }', ":2: is not JSON"),
        (b"[" * 100_000, "nested too deeply"),
        (b"[]", "neither architectures nor model_type"),
        (b'{"a": 1}', "neither architectures nor model_type"),
        (b"\n\xff", ":2: is not UTF-8"),
    ],
)
def test_what_is_no_configuration(content: bytes, said: str, tmp_path: Path) -> None:
    """Anything malformed is one line that names the file and, where there is one, the line."""
    (tmp_path / "config.json").write_bytes(content)

    with pytest.raises(BadInput, match=said) as caught:
        launch_specs.model_config(tmp_path, name="m")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["gone", "folder", "n" * 300, "a\0b"])
def test_files_that_cannot_be_read(name: str, tmp_path: Path) -> None:
    """A missing file, a folder and an impossible name are told in one line."""
    (tmp_path / "folder").mkdir()

    with pytest.raises(BadInput, match="cannot be read"):
        launch_specs.read_text(tmp_path / name)


@given(st.text() | st.binary().map(lambda raw: raw.decode(errors="surrogateescape")))
def test_any_command_line(text: str) -> None:
    """Whatever stands behind --args is read, or refused in one line."""
    try:
        start = launch_specs.from_args(text)
    except BadInput as error:
        assert "\n" not in str(error)  # noqa: PT017  # Most texts are no error.
    else:
        assert start.manifest.source == "--args"


def test_variables_in_addition() -> None:
    """Variables are set beside those of the manifest, and outrank them."""
    (start,) = launch_specs.with_env([launch_specs.from_args("--model x")], {"A": "1", "B": "2"})
    (again,) = launch_specs.with_env([start], {"B": "3"})

    assert dict(start.manifest.env) == {"A": "1", "B": "2"}
    assert dict(again.manifest.env) == {"A": "1", "B": "3"}


def test_secrets_of_command_lines() -> None:
    """The values of keys are known, so that nothing prints them."""
    assert launch_specs.secrets([launch_specs.from_args("--model x --api-key abc123")]) == {"abc123"}
