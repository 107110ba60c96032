from __future__ import annotations

from pathlib import Path

from vllm_qualify.core import images
from vllm_qualify.upgrade.host_edits import HostFolder
from vllm_qualify.upgrade.host_steps import HostEngine, HostSteps
from vllm_qualify.upgrade.patch import Patch
from vllm_qualify.upgrade.steps import Place, UpgradeStep

SHAPES = Path(__file__).parents[1] / "container" / "shapes"
NEW = images.parse("vllm/vllm-openai:v0.12.0")
PROJECT = "services: {llm: {image: 'vllm/vllm-openai:v1'}}"
PLACE = Place(root="/srv/my llm", plan="/runs/r/plan")


def steps(folder: HostFolder, **engine: str) -> HostSteps:
    """The steps for some files."""
    return HostSteps(folder, HostEngine(**engine), PLACE, NEW)  # type: ignore[arg-type]


def commands(found: tuple[UpgradeStep, ...]) -> list[str]:
    """All that is typed."""
    return [command for step in found for command in step.commands]


def test_a_project_is_pulled_kept_patched_and_started() -> None:
    """In this order: until the last step production goes on; the way back starts it as well."""
    folder = HostFolder(
        root="/srv/my llm",
        texts={"a.yml": PROJECT, "b.yml": "", "gpu.env": ""},
        compose=("a.yml", "b.yml"),
        services=("llm",),
        variables=("gpu.env",),
    )

    found = steps(folder, host="node2")
    docker = "docker --context node2"
    files = f"{docker} compose -f a.yml -f b.yml --env-file gpu.env"

    assert commands(found.there(Patch(text=""))) == [
        f"{docker} pull vllm/vllm-openai:v0.12.0",
        "cd '/srv/my llm'",
        f"{docker} tag \"$({docker} inspect --format '{{{{.Image}}}}' $({files} ps -q llm))\" vllm-before-upgrade:llm",
        "cd '/srv/my llm'",
        "git apply --check /runs/r/plan/upgrade.patch",
        "git apply /runs/r/plan/upgrade.patch",
        f"{files} up -d llm",
        "curl -sS http://127.0.0.1:8000/v1/models",
    ]
    assert commands(found.back(Patch(text="")))[-2:] == ["git apply /runs/r/plan/rollback.patch", f"{files} up -d llm"]


def test_a_quadlet_is_restarted_by_its_owner() -> None:
    """Under the name that systemd gives it; Podman has the host as a connection."""
    folder = HostFolder(
        root="/home/ops", texts={"k.container": (SHAPES / "k.container").read_text()}, starts=("k.container",)
    )

    found = commands(steps(folder, program="docker", host="gpu").there(Patch(text="")))

    assert found[0] == "podman --connection gpu pull docker.io/vllm/vllm-openai:v0.12.0"
    assert found[1].startswith('podman --connection gpu tag "$(podman --connection gpu inspect')
    assert found[1].endswith('systemd-k)" vllm-before-upgrade:systemd-k')
    assert found[-3:-1] == ["systemctl --user daemon-reload", "systemctl --user restart k.service"]


def test_a_script_is_the_operators_to_run() -> None:
    """The container that it makes is named, and its port."""
    folder = HostFolder(root="/srv", texts={"b.sh": (SHAPES / "b.sh").read_text()}, starts=("b.sh",))

    found = steps(folder).there(Patch(text=""))

    assert found[-2].text.startswith("Stop and remove the container unless the script does, and run b.sh")
    assert found[-1].commands == ("curl -sS http://127.0.0.1:8001/v1/models",)


def test_an_image_that_is_built_is_built_again() -> None:
    """Before its container is made anew."""
    text = "services: {llm: {build: {args: {BASE: 'vllm/vllm-openai:v1'}}}}"
    folder = HostFolder(root="/srv", texts={"c.yml": text}, compose=("c.yml",), services=("llm",))

    found = commands(steps(folder, program="/usr/bin/podman").there(Patch(text="")))

    assert found[-3:-1] == [
        "/usr/bin/podman compose -f c.yml build llm",
        "/usr/bin/podman compose -f c.yml up -d llm",
    ]
