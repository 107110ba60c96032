from __future__ import annotations

import dataclasses
import shlex
from pathlib import Path

import pytest

from vllm_qualify.config import Cluster, GpuMode, Modes, ModeSettings, Routing, Settings
from vllm_qualify.core.shipped import HOME_LAB
from vllm_qualify.kube import manifests
from vllm_qualify.upgrade.edits import Folder, ModeFile, RouteFile
from vllm_qualify.upgrade.patch import Patch
from vllm_qualify.upgrade.steps import Place, UpgradeStep, UpgradeSteps

MANIFEST, R1, PROXY = (f"my lab/{name}.yaml" for name in ("deployment", "deployment-r1", "configmap"))
TEXTS = {
    MANIFEST: (HOME_LAB / "applications/vllm/deployment.yaml").read_text(),
    R1: (HOME_LAB / "applications/vllm/deployment-r1.yaml").read_text(),
    PROXY: (HOME_LAB / "applications/litellm/configmap.yaml").read_text(),
}
ROUTING = Routing(proxy="http://litellm:4000/", config_map=Path(PROXY))
SETTINGS = Settings(
    cluster=Cluster(context="my lab"), modes=Modes(ml=ModeSettings(manifest=Path(MANIFEST))), routing=ROUTING
)
PLACE = Place(root="/home/me/the lab", plan="/runs/r 1/plan")
PATCH = Patch(text="", options=("--unidiff-zero",))


def mode(name: str, path: str, *, kustomized: bool = False) -> ModeFile:
    """A mode of the example."""
    serving = manifests.serving(TEXTS[path], source=path)
    return ModeFile(mode=name, path=path, serving=serving, kustomized=kustomized)


FOLDER = Folder(
    texts=TEXTS, modes=(mode("ml", MANIFEST), mode("r1", R1)), route=RouteFile(path=PROXY, alias="vllm-qwen")
)


def commands(found: tuple[UpgradeStep, ...]) -> list[list[str]]:
    """Every command as a shell takes it apart."""
    return [shlex.split(command) for step in found for command in step.commands]


def steps(settings: Settings = SETTINGS, folder: Folder = FOLDER) -> UpgradeSteps:
    """The steps of the example, in folders whose names have a blank."""
    return UpgradeSteps(settings, folder, PLACE)


def test_the_cluster_is_asked_before_it_is_changed_and_what_runs_is_kept_first() -> None:
    """Every object is tried, kept, applied, in this order."""
    made = [words for words in commands(steps().there(PATCH)) if words[0] == "kubectl"]

    verbs = ["dry-run" if "--dry-run=server" in words else words[3] for words in made[:9]]
    assert verbs == ["dry-run"] * 3 + ["get"] * 3 + ["apply"] * 3
    assert all(words[1:3] == ["--context=my lab", "--namespace=ml"] for words in made)


def test_what_was_kept_is_what_is_put_back() -> None:
    """The same files, and without the version that would make the cluster refuse them."""
    kept = [words for words in commands(steps().there(PATCH)) if ">" in words]
    put_back = [words[-1] for words in commands(steps().back(PATCH)) if "replace" in words]

    assert [words[-1] for words in kept] == put_back
    assert len(set(put_back)) == 3
    assert all("sed" in words for words in kept)


@pytest.mark.parametrize(("name", "checks"), [("upgrade.patch", 1), ("rollback.patch", 0)])
def test_the_patch_is_applied_in_its_folder_with_its_options(name: str, checks: int) -> None:
    """Checked first; blanks in names do not matter."""
    found = steps().there(PATCH) if checks else steps().back(PATCH)

    first, *applied = commands(found)[: 2 + checks]
    assert first == ["cd", "/home/me/the lab"]
    assert applied[-1] == ["git", "apply", "--unidiff-zero", f"/runs/r 1/plan/{name}"]


def test_a_kustomize_folder_is_applied_as_one() -> None:
    """By -k and the folder that its file lies in."""
    folder = dataclasses.replace(FOLDER, modes=(mode("ml", MANIFEST, kustomized=True),))

    assert ["apply", "-k", "my lab"] in [words[3:] for words in commands(steps(folder=folder).there(PATCH))]


def test_the_operators_own_command_switches_there_and_back() -> None:
    """After its copies were brought to it; R1 is tried before production is called upgraded."""
    gpu_mode = GpuMode(command=("ssh", "gpu worker", "gpu-mode"), folder="/etc/gpu-mode")

    found = steps(dataclasses.replace(SETTINGS, gpu_mode=gpu_mode)).there(PATCH)

    switched = [words[3:] for words in commands(found) if words[:3] == ["ssh", "gpu worker", "gpu-mode"]]
    assert switched == [["r1"], ["ml"], ["status"]]
    [copied] = [step.text for step in found if step.title == "Copy the files to gpu-mode"]
    assert f"copy {MANIFEST} and {R1} to /etc/gpu-mode there" in copied


def test_the_proxy_is_restarted_and_asked() -> None:
    """By the label that its config map bears, with the key from the environment."""
    made = commands(steps().there(PATCH))

    [restart] = [words for words in made if "restart" in words]
    [asked] = [words for words in made if "curl" in words]
    assert restart[-1] == "--selector=app.kubernetes.io/name=litellm"
    # The shell's own printf writes the key; a command line is read by everybody on the machine.
    assert asked[:4] == ["printf", "Authorization: Bearer %s", "$LITELLM_MASTER_KEY", "|"]
    assert "$LITELLM_MASTER_KEY" not in asked[asked.index("curl") :]
    assert "@-" in asked
    assert "http://litellm:4000/v1/chat/completions" in asked


@pytest.mark.parametrize("text", [TEXTS[PROXY].partition("config.yaml: |\n")[2].replace("\n    ", "\n")[4:], "a: ["])
def test_a_file_that_is_no_config_map_is_not_applied(text: str) -> None:
    """The proxy's own file, or one that cannot be read."""
    made = commands(steps(folder=dataclasses.replace(FOLDER, texts=TEXTS | {PROXY: text})).there(PATCH))

    assert not [words for words in made if "restart" in words or PROXY in words]


def test_without_a_cluster_in_the_settings_the_manifests_say_where() -> None:
    """Their namespace, and whatever context kubectl has; no proxy is asked where none is configured."""
    bare = dataclasses.replace(SETTINGS, cluster=None, routing=None)

    made = commands(UpgradeSteps(bare, dataclasses.replace(FOLDER, route=None), PLACE).there(PATCH))

    assert all(words[:2] == ["kubectl", "--namespace=ml"] for words in made if words[0] == "kubectl")
    assert not [words for words in made if words[0] == "curl" or PROXY in words]


def test_nobody_is_told_of_a_command_that_they_do_not_have() -> None:
    """Without [gpu_mode] there is no step for it, on the way there or back."""
    found = [*steps().there(PATCH), *steps().back(PATCH)]

    assert not any("gpu-mode" in f"{step.title} {step.text}" for step in found)
