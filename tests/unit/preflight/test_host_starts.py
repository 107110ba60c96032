from __future__ import annotations

import io
from pathlib import Path

import pytest

from vllm_qualify import preflight
from vllm_qualify.core import images
from vllm_qualify.kube.serving import BadManifest, ServingManifest
from vllm_qualify.preflight import any_manifest, launch_specs, predict
from vllm_qualify.preflight.predict import Subject

SHAPES = Path(__file__).parents[1] / "container" / "shapes"


def read(path: Path | str, **variables: str) -> ServingManifest:
    """What is read from a file of the shapes, or from a path."""
    return any_manifest.serving(SHAPES / path, variables=variables, environment={"HOME": "/home/ops"})


def test_a_script_is_read_as_the_container_that_it_makes() -> None:
    """Its image, its words and its GPUs; what only its shell knows is unknown."""
    found = read("c.sh")
    token = read("b.sh")

    assert (found.kind, found.name, found.image) == ("container", "summer_72b", "vllm/vllm-openai:latest")
    assert (found.model, found.port, found.gpus) == ("/models/summer-72b", 8072, 4)
    assert (token.env, token.flag("--max-model-len")) == ({"HUGGING_FACE_HUB_TOKEN": None}, "4096")
    given = {"ARCHIVE_TOKEN": "t"}
    assert read("b.sh", **given).env == {**given, "HUGGING_FACE_HUB_TOKEN": "t"}


def test_a_unit_is_read_as_what_it_starts() -> None:
    """A program with the unit's variables, or the container of a quadlet."""
    program = read("l-serve.service")

    assert (program.kind, program.name, program.model) == ("program", "vllm", "acme/desk-3b")
    assert (program.executed_command[1:3], program.port) == (("serve", "acme/desk-3b"), 8000)
    assert program.env["CUDA_VISIBLE_DEVICES"] == "0"


def test_a_compose_file_with_scripts_of_its_own_is_read() -> None:
    """The script that is bound in beside it, and the one within, with the default of a variable."""
    assert read("h.yml").command_line == ("vllm", "serve", "acme/desk-3b", "--port", "11434")
    assert read("f.yml").command_line == (
        *("vllm", "serve", "acme/big-27b", "--chat-template", "/opt/template.jinja", "--enable-prefix-caching"),
        *("--tensor-parallel-size", "2", "--port", "8000"),
    )
    assert (read("f.yml").gpus, read("f.yml").image) == (2, "vllm/vllm-openai:v0.12.0")


def test_standard_input_may_be_a_command(monkeypatch: pytest.MonkeyPatch) -> None:
    """As it is copied from a page."""
    text = b"sudo docker run --gpus all vllm/vllm-openai:v0.12.0 acme/x --port 80\n"
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(text)))

    found = any_manifest.serving(Path("-"), variables={}, environment={})

    assert (found.source, found.command_line) == ("standard input", ("acme/x", "--port", "80"))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("docker build .\n", "it starts no vLLM that can be recognised; give the command line with --args, or name"),
        ("docker start -a llm\n", "it starts the container llm, which is there already: [container] container = 'llm'"),
        ("log() { echo; }\nvllm serve m\n", "it defines a function, so what it starts cannot be known"),
        ("docker run vllm/vllm-openai:a\ndocker run vllm/vllm-openai:b\n", "it starts 2 containers that run vLLM"),
    ],
)
def test_what_starts_no_vllm_is_refused(tmp_path: Path, text: str, said: str) -> None:
    """With the file and what to give instead."""
    (tmp_path / "run.sh").write_text(text)

    with pytest.raises(BadManifest) as caught:
        read(tmp_path / "run.sh")

    assert str(caught.value).startswith(f"{tmp_path / 'run.sh'}: ")
    assert said in str(caught.value)


def test_options_and_variables_that_are_gone_are_told() -> None:
    """The old habits of a Compose file: a flag and a variable that newer releases have not."""
    subject = Subject(node=preflight.node(gpu="RTX 3090", driver="580.95.05"), starts=(launch_specs.of(read("j.yml")),))

    found = {one.id: one.actual for one in predict.of(images.parse("vllm/vllm-openai:v0.20.0"), subject).findings}

    assert found["P17"] == "v0.20.0 has no option --swap-space; it was removed in v0.18.0 (E18)"
    assert found["P21"].startswith("v0.20.0 does not read VLLM_ATTENTION_BACKEND (v0.5.5 to v0.14.1 do)")
    old = predict.of(images.parse("vllm/vllm-openai:v0.8.5"), subject).findings
    assert {"P17", "P21"}.isdisjoint(one.id for one in old)
