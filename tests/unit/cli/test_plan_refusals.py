"""What cannot be planned: it is refused in one line, and no secret gets into a plan."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.unit.cli.planned_run import BAD, FILES, GOOD, OTHER, git, plan
from vllm_qualify import cli
from vllm_qualify.core.shipped import HOME_LAB


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
