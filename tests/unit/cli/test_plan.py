"""``vllm-qualify plan`` on copies of the example folder, with the git of this machine."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from tests.unit.cli.planned_run import BAD, FILES, GOOD, OLD_MODEL, PATHS, git, plan, typed
from vllm_qualify import cli
from vllm_qualify.core.shipped import HOME_LAB
from vllm_qualify.kube import manifests
from vllm_qualify.litellm.config import parse


@pytest.fixture
def shell(tmp_path: Path) -> Callable[[str], str]:
    """Runs commands with a kubectl and a curl that do nothing but tell what they were asked."""
    tools, log = tmp_path / "tools", tmp_path / "log"
    tools.mkdir()
    for name in ("kubectl", "curl"):
        (tools / name).write_text(f'#!/bin/sh\necho {name} "$@" >>"{log}"\necho x-litellm-test: copied\n')
        (tools / name).chmod(0o755)
    env = os.environ | {"PATH": f"{tools}:{os.environ['PATH']}"}

    def follow(script: str) -> str:
        argv = ["sh", "-eu"]
        done = subprocess.run(
            argv,
            input=script,
            env=env | {"LITELLM_MASTER_KEY": "k"},
            cwd="/",
            capture_output=True,
            text=True,
            check=False,
        )
        assert (done.returncode, done.stderr) == (0, "")
        return log.read_text()

    return follow


def contents(lab: Path) -> list[bytes]:
    """The files that an upgrade changes."""
    return [(lab / name).read_bytes() for name in FILES]


def test_the_commands_bring_the_upgrade_and_take_it_back(run: Path, lab: Path, shell: Callable[[str], str]) -> None:
    """As they are printed, wherever the folder lies: only three lines differ, and afterwards not a byte."""
    before = contents(lab)
    assert plan(run, lab) == 0

    shell(typed(run, "The upgrade"))

    after = contents(lab)
    image, model = (b"vllm/vllm-openai:v0.5.5", GOOD.encode()), (OLD_MODEL.encode(), b"openai/Qwen/Qwen3-8B-AWQ")
    assert after == [text.replace(*change) for text, change in zip(before, (image, image, model), strict=True)]

    shell(typed(run, "The rollback"))

    assert contents(lab) == before


def test_the_planned_files_mean_what_was_intended(run: Path, lab: Path) -> None:
    """Both modes run the image with the same arguments, and the proxy asks for what the manifest serves."""
    plan(run, lab)
    root = lab if lab.name != "k8s" else lab.parent
    git(root, "apply", "--whitespace=nowarn", str(run / "plan" / "upgrade.patch"))

    ml, r1 = (manifests.serving((lab / name).read_text(), source=name) for name in FILES[:2])
    was = [manifests.serving((HOME_LAB / name).read_text(), source=name) for name in FILES[:2]]

    assert (ml.image, r1.image) == (GOOD, GOOD)
    assert [each.command_line for each in (ml, r1)] == [each.command_line for each in was]
    assert parse((lab / FILES[2]).read_text(), source="c").models[0].served_name == ml.model


def test_the_example_that_asks_for_the_right_model_already_keeps_its_config_map(run: Path, tmp_path: Path) -> None:
    """It is applied all the same: what the cluster has may be older."""
    lab = shutil.copytree(HOME_LAB, tmp_path / "lab")

    assert plan(run, lab) == 0

    assert FILES[2] not in (run / "plan" / "upgrade.patch").read_text()
    assert f"apply -f {FILES[2]}\n" in typed(run, "The upgrade")


def test_a_variable_is_given_to_both_modes(run: Path, tmp_path: Path) -> None:
    """With --env, for a candidate that qualified."""
    lab = shutil.copytree(HOME_LAB, tmp_path / "lab")

    plan(run, lab, "--env", f"LD_LIBRARY_PATH={PATHS}", "--env", "EMPTY=")
    git(lab, "apply", str(run / "plan" / "upgrade.patch"))

    for name in FILES[:2]:
        serving = manifests.serving((lab / name).read_text(), source=name)
        assert (serving.image, serving.env) == (GOOD, {"LD_LIBRARY_PATH": PATHS, "EMPTY": ""})


def test_what_a_forced_candidate_died_of_says_which_variable_it_needs(
    run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The override comes from the run's own evidence, and nobody has tried it, which the page says."""
    lab = shutil.copytree(HOME_LAB, tmp_path / "lab")

    assert plan(run, lab, "--image", BAD, "--force") == 0

    git(lab, "apply", str(run / "plan" / "upgrade.patch"))
    said = capsys.readouterr().out
    assert "did not qualify" in said
    assert "No run has tried the image with LD\\_LIBRARY\\_PATH" in said
    [container] = yaml.safe_load((lab / FILES[0]).read_text())["spec"]["template"]["spec"]["containers"]
    assert container["env"] == [{"name": "LD_LIBRARY_PATH", "value": PATHS}]


def test_a_folder_that_is_there_already_keeps_its_plan(
    run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Asked again after the upgrade, the way back of before still lies there."""
    lab = shutil.copytree(HOME_LAB, tmp_path / "lab")
    plan(run, lab)
    git(lab, "apply", str(run / "plan" / "upgrade.patch"))
    back = (run / "plan" / "rollback.patch").read_bytes()
    capsys.readouterr()

    assert plan(run, lab) == 0

    assert "there is nothing to change" in capsys.readouterr().out
    assert (run / "plan" / "rollback.patch").read_bytes() == back


def test_on_a_host_the_image_changes_where_it_stands(
    run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """In the file of variables beside the Compose file; the patch applies, and its way back too."""
    folder = tmp_path / "llm"
    folder.mkdir()
    before = "VLLM_TAG=v0.8.5 # the old one\n"
    (folder / ".env").write_text(before)
    (folder / "compose.yml").write_text("services: {llm: {image: 'vllm/vllm-openai:${VLLM_TAG}', gpus: all}}\n")
    (folder / "NOTES").write_text("v0.8.5 is slow\n")

    assert cli.main(["plan", str(run), "--file", str(folder / "compose.yml")]) == 0

    page = capsys.readouterr().out
    assert "- `NOTES:1: v0.8.5 is slow`" in page
    assert "docker compose -f compose.yml up -d llm" in typed(run, "The upgrade")
    git(folder, "apply", str(run / "plan" / "upgrade.patch"))
    assert (folder / ".env").read_text() == before.replace("v0.8.5", "v0.8.5.post1")
    git(folder, "apply", str(run / "plan" / "rollback.patch"))
    assert (folder / ".env").read_text() == before


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "services: {a: {image: 'vllm/vllm-openai:v1'}, b: {image: 'vllm/vllm-openai:v1'}}",
            "the services a, b each run",
        ),
        ("services: {a: {image: nginx}}", "no service seems to run vLLM; choose with --service NAME"),
    ],
)
def test_on_a_host_it_has_to_be_clear_what_is_meant(
    run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, said: str
) -> None:
    """Which service of a file serves, and that something is started by it."""
    (tmp_path / "compose.yml").write_text(text)
    (tmp_path / "vllm.env").write_text("A=1")

    assert cli.main(["plan", str(run), "--file", str(tmp_path / "compose.yml")]) == 4
    assert said in capsys.readouterr().err
    assert cli.main(["plan", str(run), "--file", str(tmp_path / "vllm.env")]) == 4
    assert "none of the files of --file starts anything" in capsys.readouterr().err
    assert cli.main(["plan", str(run), "--service", "x", "--file", str(tmp_path / "compose.yml")]) == 4
    assert "there is no service x; there are a" in capsys.readouterr().err


def test_on_a_host_the_settings_name_the_project(run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With both services, the file of variables and the profiles; a container alone does not say what starts it."""
    journal_file = run / "journal.jsonl"
    journal_file.write_text(journal_file.read_text().replace('"kubernetes"', '"container"'))
    config = tmp_path / "qualify.toml"
    config.write_text(
        '[container]\ncompose = ["c.yml"]\nservice = "a"\nr1 = "b"\nenv_file = "x.env"\nprofiles = ["gpu"]\n'
    )
    (tmp_path / "x.env").write_text("TAG=v0.8.5\n")
    image = "{image: 'vllm/vllm-openai:${TAG}'}"
    (tmp_path / "c.yml").write_text(f"services: {{a: {image}, b: {image}}}\n")

    assert cli.main(["plan", str(run), "--config", str(config)]) == 0
    assert "docker compose -f c.yml --env-file x.env --profile gpu up -d a b" in typed(run, "The upgrade")
    assert "+TAG=v0.8.5.post1\n" in (run / "plan" / "upgrade.patch").read_text()

    config.write_text('[container]\ncontainer = "llm"\n')
    assert cli.main(["plan", str(run), "--config", str(config)]) == 4
    assert "production is the container llm, and nothing says what starts it: give that" in capsys.readouterr().err
