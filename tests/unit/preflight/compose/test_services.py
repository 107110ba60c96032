from __future__ import annotations

from pathlib import Path

import pytest

from vllm_qualify.kube import yamltext
from vllm_qualify.kube.serving import BadManifest, ServingManifest
from vllm_qualify.preflight.compose import services
from vllm_qualify.preflight.compose.services import Project

FIELD = Path(__file__).parents[2] / "kube" / "field"
IMAGE = "image: 'vllm/vllm-openai:v0.9.2'"
FILES = {"vllm.env": "MODEL=a/b\nLEN=4096\n", "./conf/vllm.yaml": "port: 1\n", "conf.yaml": "port: 2\n"}
FILES |= {"./run.sh": '#!/bin/sh\nexec vllm serve $MODEL "$@"\n', "./odd.sh": "f() { vllm serve; }; f"}


def read(text: str, *, name: str = "", **variables: str) -> ServingManifest:
    """The container of the service that serves."""
    (document,) = yamltext.documents(text)
    project = Project(document=document, source="c.yaml", variables=variables, read=FILES.get)
    return services.serving(project, name=name)


def refused(text: str, *, name: str = "") -> str:
    """What a file is refused for."""
    with pytest.raises(BadManifest) as caught:
        read(text, name=name)
    return str(caught.value)


def service(*lines: str) -> str:
    """A file with one service that has vLLM's image."""
    return "services:\n  llm:\n" + "".join(f"    {line}\n" for line in (IMAGE, *lines))


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        (["command: --model a/b --port 8000"], "--model a/b --port 8000"),
        (["command: '--model ${M:-a/b} --x \"1 2\"'"], "--model a/b --x 1_2"),
        (["command: [--model, a/b, --port, 8000, --x, true]"], "--model a/b --port 8000 --x true"),
        (["command: >", "  --model a/b", "  --port ${PORT}"], "--model a/b --port 7000"),
        (["entrypoint: [vllm]", "command: [serve, a/b]"], "vllm serve a/b"),
        (["entrypoint: vllm serve", "command: a/b"], "vllm serve a/b"),
        (["entrypoint: [bash, -c, 'exec vllm serve \"$$@\"', -]", "command: [m, '${TP:-2}']"], "vllm serve m 2"),
        (["environment: [N=3]", "entrypoint: [sh, -c, 'vllm serve m -tp $$N']"], "vllm serve m -tp 3"),
        (["environment: {N: '${PORT}'}", "entrypoint: sh -c 'vllm serve m -tp $$N'"], "vllm serve m -tp 7000"),
        (["env_file: vllm.env", "entrypoint: [sh, -c, 'vllm serve $$MODEL --max-model-len $$LEN']"],
         "vllm serve a/b --max-model-len 4096"),
        (["env_file: [{path: vllm.env}]", "environment: {LEN: 1}", "entrypoint: [sh, -c, 'vllm serve $$LEN']"],
         "vllm serve 1"),
    ],
)  # fmt: skip
def test_the_command_line_is_what_compose_makes_of_it(lines: list[str], words: str) -> None:
    """Text or list, with the entrypoint in front, interpolated, and read by the shell of the container."""
    found = read(service(*lines), PORT="7000")

    assert found.command_line == tuple(word.replace("_", " ") for word in words.split())
    assert found.kind == services.KIND


def test_what_compose_does_not_know_is_unknown() -> None:
    """In a word, in a script where the shell has a variable of the same name, and handed through."""
    plain = read(service("command: [--model, '${M}']"))
    shell = read(service("environment: {M: a}", 'entrypoint: [sh, -c, "vllm serve ${M} $$M $$P"]'))
    through = read(service("environment: [P]", 'entrypoint: [sh, -c, "vllm serve m -tp $$P"]'))

    assert plain.unknowns == {"${M}": "set neither in the environment nor in .env"}
    assert shell.command_line == ("vllm", "serve", "${M}", "a", "${P}")
    assert through.unknowns["${P}"] == "passed through from the environment, where it is not set here"
    assert through.env == {"P": None}


def test_a_file_of_variables_that_is_not_at_hand_leaves_them_open() -> None:
    """Each variable may be in it."""
    found = read(service("env_file: [gone.env]", 'entrypoint: [sh, -c, "vllm serve m -tp ${TP:-$$TP}"]'))

    assert found.unknowns["${TP}"] == "the file gone.env, which cannot be read here"


@pytest.mark.parametrize(
    ("lines", "where"),
    [
        (["volumes: ['./conf:/etc/vllm:ro']"], "./conf/vllm.yaml"),
        (["volumes: [{type: bind, source: ./conf, target: /etc/vllm}]"], "./conf/vllm.yaml"),
        (["volumes: ['./conf/vllm.yaml:/etc/vllm/vllm.yaml', './other:/etc']"], "./conf/vllm.yaml"),
        (["configs: [{source: c, target: /etc/vllm/vllm.yaml}]", "x: {}"], "conf.yaml"),
    ],
)
def test_the_configuration_file_is_found_where_it_is_bound(lines: list[str], where: str) -> None:
    """In a folder, as a file, or among the configs."""
    text = service("command: [m, --config, /etc/vllm/vllm.yaml]", *lines) + "configs: {c: {file: conf.yaml}}\n"

    config = read(text).config

    assert config is not None
    assert (config.problem, config.where) == ("", where)


@pytest.mark.parametrize(
    ("lines", "problem"),
    [
        ([], "it is in the image"),
        (["volumes: ['conf:/etc/vllm']"], "it is in the volume conf"),
        (["volumes: ['./gone:/etc/vllm']"], "it is ./gone/vllm.yaml, which cannot be read here"),
    ],
)
def test_where_a_configuration_file_is_that_is_not_at_hand(lines: list[str], problem: str) -> None:
    """So that the operator knows what to give."""
    config = read(service("command: [m, --config, /etc/vllm/vllm.yaml]", *lines)).config

    assert config is not None
    assert config.problem == problem


def test_a_script_that_is_bound_is_read() -> None:
    """As an entrypoint of the service, with its variables; one that cannot be read is left as it is."""
    lines = ("environment: [MODEL=a/b]", "entrypoint: [/bin/sh, /run.sh]", "command: [--port, '1']")

    found = read(service(*lines, "volumes: ['./run.sh:/run.sh:ro']"))

    assert found.command_line == ("vllm", "serve", "a/b", "--port", "1")
    assert read(service(*lines, "volumes: ['./odd.sh:/run.sh:ro']")).command_line[:2] == ("/bin/sh", "/run.sh")


def test_the_service_that_runs_vllm_is_taken() -> None:
    """Beside a proxy, a router of vLLM's, and another one that gets a GPU."""
    others = (
        "  proxy: {image: 'litellm/litellm:v1'}\n  router: {image: 'x/vllm-router:v1'}\n"
        "  tei: {image: 'tei:1', gpus: all}\n"
    )

    assert read(service("command: --model m") + others).name == "llm"


def test_of_several_the_operator_chooses() -> None:
    """The message has their names and the option."""
    text = f"services: {{a: {{{IMAGE}, command: m}}, b: {{{IMAGE}, command: n}}}}"

    assert refused(text) == ("c.yaml: the services a, b may each be the server; choose one with --workload NAME")
    assert read(text, name="b").command_line == ("n",)
    assert refused(text, name="c") == "c.yaml: there is no service c; there are a, b"


def test_the_image_is_what_it_is_built_on() -> None:
    """An argument of the build that names vLLM's image tells the release from which the upgrade goes."""
    build = "build: {context: ., args: {BASE_IMAGE: '${B:-vllm/vllm-openai:v0.8.5}', X: '1'}}"

    assert read(f"services: {{llm: {{image: own, {build}, command: m}}}}").image == "vllm/vllm-openai:v0.8.5"


def test_a_service_extends_another_one() -> None:
    """Variables are joined, everything else of its own outranks; a base in another file is somebody else's to join."""
    base = "services:\n  base: {image: x, environment: [A=1, B=1], entrypoint: [sh, -c, 'vllm serve $$A$$B']}\n"

    found = read(f"{base}  llm: {{extends: {{service: base}}, {IMAGE}, environment: {{B: 2}}}}", name="llm")

    assert found.command_line == ("vllm", "serve", "12")
    assert "extends a service of b.yaml; join the files: docker compose config" in refused(
        f"services: {{llm: {{extends: {{file: b.yaml, service: x}}, {IMAGE}}}}}"
    )
    assert "extends itself" in refused(f"services: {{llm: {{extends: llm, {IMAGE}}}}}")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("services: {}", "with the services (none), and none of them seems to run vLLM"),
        ("services: {a: {image: 'sglang:1', gpus: all}}", "with the services a, and none of them seems to run vLLM"),
        ("services: {a: null}", "none of them seems to run vLLM"),
        (service('command: "a \'b"'), "c.yaml:4: command cannot be split into words"),
        (
            service("entrypoint: [sh, -c, 'f() { vllm serve; }']"),
            "c.yaml:4: the service llm starts a shell whose script",
        ),
    ],
)
def test_what_cannot_be_read_is_said_in_one_line(text: str, said: str) -> None:
    """With its line where there is one."""
    assert said in refused(text)


def test_the_file_of_the_field_is_read() -> None:
    """A list of options, and a token that is handed through."""
    found = read((FIELD / "m06-compose-list.yaml").read_text())

    assert (found.name, found.image) == ("vllm", "vllm/vllm-openai:v0.8.5")
    assert found.flag("--tool-call-parser") == "hermes"
    assert found.env == {"HUGGING_FACE_HUB_TOKEN": None}


def test_how_many_gpus_a_service_gets() -> None:
    """Where its reservation says so, after variables are put in."""
    reserved = "deploy: {resources: {reservations: {devices: [{count: '${N:-2}', capabilities: [gpu]}]}}}"

    assert read(service(reserved)).gpus == 2
    assert read(service(reserved), N="all").gpus is None
    assert read(service("gpus: [{device_ids: ['0']}]")).gpus == 1
    assert read(service("deploy: nonsense")).gpus is None
