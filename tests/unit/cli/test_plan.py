"""``vllm-qualify plan`` on copies of the example folder, with the git of this machine."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml

from vllm_qualify import cli
from vllm_qualify.config.modes import HOME_LAB
from vllm_qualify.core import journal
from vllm_qualify.core.events import CaseFinished, Event, RunFinished, RunStarted
from vllm_qualify.core.records import CaseRecord, Certainty, Diagnosis, Outcome
from vllm_qualify.core.requirements import REQUIREMENTS
from vllm_qualify.kube import manifests
from vllm_qualify.litellm.config import parse

NOW = datetime(2026, 1, 15, tzinfo=UTC)
GOOD, OTHER, BAD = (f"vllm/vllm-openai:v{release}" for release in ("0.8.5.post1", "0.9.2", "0.12.0"))
FILES = (
    "applications/vllm/deployment.yaml",
    "applications/vllm/deployment-r1.yaml",
    "applications/litellm/configmap.yaml",
)
OLD_MODEL = "openai/Qwen/Qwen2.5-7B-Instruct-AWQ"
PATHS = "/usr/lib/x86_64-linux-gnu:/usr/local/nvidia/lib64:/usr/local/cuda/lib64"
E01 = Diagnosis(cause="E01", title="t", certainty=Certainty.CERTAIN, remedy=f"Put LD_LIBRARY_PATH={PATHS} in the pod.")


def case(image: str, requirement: str, *, diagnosis: Diagnosis | None = None) -> CaseFinished:
    """A case that passed, or failed of something."""
    outcome = Outcome.FAILED if diagnosis else Outcome.PASSED
    about = {"id": requirement, "sentence": "s", "started": NOW}
    return CaseFinished(
        case=CaseRecord(image=image, requirement=requirement, outcome=outcome, diagnosis=diagnosis, **about)  # type: ignore[arg-type]
    )


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """A run in which one candidate qualified, and a newer one died of error 804."""
    events: list[Event] = [RunStarted(run="r", at=NOW, target="kubernetes", images=(BAD, GOOD))]
    events += [case(BAD, "LOAD", diagnosis=E01), *(case(GOOD, known.id) for known in REQUIREMENTS)]
    folder = tmp_path / "run"
    folder.mkdir()
    (folder / "journal.jsonl").write_bytes(b"".join(map(journal.encode, [*events, RunFinished(at=NOW, exit_code=1)])))
    return folder


@pytest.fixture(params=["repository", "folder in one", "no repository", "Windows"])
def lab(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """The operator's folder, whose proxy still asks for the old model."""
    root = tmp_path / "home lab"
    folder = root / "k8s" if request.param == "folder in one" else root
    shutil.copytree(HOME_LAB, folder)
    proxy = folder / FILES[2]
    proxy.write_text(proxy.read_text().replace("openai/Qwen/Qwen3-8B-AWQ", f"{OLD_MODEL} # FR204"))
    if request.param == "Windows":
        for path in (folder / name for name in FILES):
            path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    if request.param != "no repository":
        git(root, "init", "--quiet")
    return folder


def git(folder: Path, *arguments: str) -> str:
    """Run git; it says nothing when all is well."""
    argv = ["git", *arguments]
    done = subprocess.run(argv, cwd=folder, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def plan(run: Path, lab: Path, *options: str) -> int:
    """Call the command."""
    return cli.main(["plan", str(run), "--config", str(lab / "qualify.toml"), *options])


def typed(run: Path, heading: str) -> str:
    """What an operator types who follows a part of the page."""
    part = (run / "plan" / "README.md").read_text().partition(f"## {heading}\n")[2].partition("\n## ")[0]
    return "".join(re.sub("(?m)^   ", "", block) for block in re.findall(r"```sh\n(.*?) *```", part, re.DOTALL))


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


@pytest.mark.parametrize(
    ("options", "code", "said"),
    [
        (["--image", BAD], 1, f"{BAD} is not-qualified in the run r; choose one that qualified, or give --force"),
        (["--image", OTHER], 4, f"the run r did not try {OTHER}; it tried {BAD}, {GOOD}"),
        (["--image", "v0.9.2"], 4, "did you mean vllm/vllm-openai:v0.9.2?"),
        (["--env", "LD_LIBRARY_PATH"], 4, "--env takes NAME=VALUE"),
        (["--env", "HF_TOKEN=hunter2"], 4, "--env HF_TOKEN looks like a secret"),
        (["--config", "gone.toml"], 4, "gone.toml: cannot be read"),
    ],
)
def test_what_cannot_be_planned_is_refused_in_one_line(
    run: Path, options: list[str], code: int, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """With what to do instead, and no file is written."""
    assert plan(run, HOME_LAB, *options) == code

    told = capsys.readouterr()
    assert told.err.startswith("vllm-qualify plan: ")
    assert said in told.err
    assert (told.err.count("\n"), told.out) == (1, "")
    assert not (run / "plan").exists()


def test_without_settings_there_is_no_folder_to_change(
    run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The built-in profile's manifests are nobody's."""
    monkeypatch.chdir(tmp_path)

    assert cli.main(["plan", str(run)]) == 4

    assert "there is no qualify.toml here" in capsys.readouterr().err


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


def test_no_secret_beside_a_change_gets_into_the_plan(
    run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The patch shows fewer lines around the change, and git applies it all the same."""
    lab = shutil.copytree(HOME_LAB, tmp_path / "lab")
    proxy = lab / FILES[2]
    text = proxy.read_text().replace("          api_key: none\n", "")
    text = text.replace("model: openai/Qwen/Qwen3", f"api_key: sk-{'canary' * 5}\n          model: openai/Qwen/Old")
    proxy.write_text(text)

    assert plan(run, lab) == 0

    kept = [path.read_text() for path in (run / "plan").iterdir()]
    assert not any("canary" in each for each in (*kept, capsys.readouterr().out))
    git(lab, "apply", "--unidiff-zero", str(run / "plan" / "upgrade.patch"))
    assert proxy.read_text() == text.replace("Qwen/Old-8B", "Qwen/Qwen3-8B")


def test_a_secret_on_the_line_that_changes_is_refused(
    run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """No patch could do without it."""
    lab = shutil.copytree(HOME_LAB, tmp_path / "lab")
    inner = f"model_list:\n- {{model_name: vllm-qwen, litellm_params: {{model: a/b, api_key: sk-{'canary' * 5}}}}}\n"
    (lab / FILES[2]).write_text(inner)

    assert plan(run, lab) == 4

    told = capsys.readouterr()
    assert "holds a secret" in told.err
    assert "canary" not in told.err + told.out
    assert not (run / "plan").exists()


def test_a_line_that_git_would_not_find_is_never_planned(
    run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A manifest outside of the repository is refused: git leaves such a file out without a word."""
    lab = shutil.copytree(HOME_LAB, tmp_path / "lab")
    outside = shutil.move(lab / FILES[0], tmp_path / "elsewhere.yaml")
    settings = lab / "qualify.toml"
    settings.write_text(settings.read_text().replace(FILES[0], "../elsewhere.yaml"))

    assert plan(run, lab) == 4

    assert f"{outside} lies outside of {lab}" in capsys.readouterr().err


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
