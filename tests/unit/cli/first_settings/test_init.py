"""``vllm-qualify init``: what an operator gets for a folder, and what never happens."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.unit.cli.first_settings.conftest import deployment
from vllm_qualify import cli
from vllm_qualify.cli import init
from vllm_qualify.config import loading
from vllm_qualify.core.shipped import HOME_LAB

Written = Callable[[], tuple[str, str, str]]
Captured = pytest.CaptureFixture[str]


@pytest.mark.usefixtures("home_lab")
def test_it_comes_close_to_the_example(written: Written) -> None:
    """All that the manifests say is found; what is left is what only a person knows, or a default."""
    text, _, _ = written()

    found = tomllib.loads(text)
    wanted = tomllib.loads((HOME_LAB / "qualify.toml").read_text())
    for table in ("modes", "routing"):
        assert found[table] == {key: value for key, value in wanted[table].items() if key != "api_key_env"}
    assert found["budgets"]["load_seconds"] == wanted["budgets"]["load_seconds"]
    assert set(wanted) - set(found) == {"target", "cluster", "classification", "local"}
    uncommented = tomllib.loads("\n".join(_comments(text, "[cluster]")))["cluster"]
    told = {"context", "toolkit", "client", "strategy", "max_downtime_seconds"}
    assert {key: value for key, value in wanted["cluster"].items() if key not in told} == {
        key: value for key, value in uncommented.items() if key not in told
    }


def test_every_value_says_where_it_comes_from(home_lab: Path, written: Written) -> None:
    """What was found names file and line, and what nobody said is marked as a guess."""
    text, said, _ = written()

    assert 'service = "vllm-api"  # from applications/vllm/service.yaml:8' in text
    assert 'model = "Qwen/Qwen3-8B-AWQ"  # from applications/vllm/deployment.yaml:46' in text
    assert 'deployment-r1.yaml"  # guessed: Deployment vllm-r1 is named for reasoning' in text
    assert "guessed, and marked as such in the file: candidates, modes.r1.manifest, modes.r1.reasoning_parser" in said
    assert said.endswith(f"next: cd {home_lab} && vllm-qualify check\n")


def test_no_cluster_is_named_that_was_not_seen(home_lab: Path, written: Written) -> None:
    """The lines are there as a comment, and the reader is told what is missing."""
    _, _, error = written()

    assert loading.load(home_lab / "qualify.toml").cluster is None
    assert "[cluster] is written as a comment: None is named, because the kubeconfig has no current context" in error


@pytest.mark.usefixtures("home_lab")
def test_what_runs_today_is_named_though_it_is_ruled_out(written: Written) -> None:
    """As a comment with the reason, beside a candidate that this machine can try."""
    text, _, _ = written()

    (candidate,) = tomllib.loads(text)["candidates"]
    assert candidate.startswith("vllm/vllm-openai:v0.")
    assert '# "vllm/vllm-openai:v0.5.5",  # runs today, from applications/vllm/deployment.yaml:43; preflight: ' in text


def test_an_empty_folder_qualifies_the_canary(folder: Path, written: Written) -> None:
    """One candidate, and everything else is the built-in profile; nothing is said to be missing."""
    text, _, error = written()

    settings = loading.load(folder / "qualify.toml")
    assert len(settings.candidates) == 1
    assert (settings.modes, settings.cluster) == (loading.load(None).modes, None)
    assert error == ""
    assert "[modes" not in text


def test_a_file_that_is_there_stays(folder: Path, capsys: Captured) -> None:
    """The way on is named, and nothing is touched."""
    (folder / "qualify.toml").write_text("mine")

    assert cli.main(["init", str(folder)]) == 4

    assert "is there already; --force replaces it, and --stdout prints" in capsys.readouterr().err
    assert (folder / "qualify.toml").read_text() == "mine"


def test_a_link_that_leads_nowhere_is_a_file_that_is_there(folder: Path, tmp_path: Path) -> None:
    """Somebody meant something by it."""
    (folder / "qualify.toml").symlink_to(tmp_path / "nowhere")

    assert cli.main(["init", str(folder)]) == 4

    assert not (tmp_path / "nowhere").exists()


def test_it_is_replaced_on_demand(folder: Path) -> None:
    """By the same text that is printed."""
    (folder / "qualify.toml").write_text("mine")

    assert cli.main(["init", str(folder), "--force"]) == 0

    assert loading.load(folder / "qualify.toml").candidates


def test_printing_writes_nothing(folder: Path, capsys: Captured) -> None:
    """Not even where a file is there; standard output is the file and nothing else."""
    (folder / "qualify.toml").write_text("mine")

    assert cli.main(["init", str(folder), "--stdout"]) == 0

    assert "candidates" in tomllib.loads(capsys.readouterr().out)
    assert (folder / "qualify.toml").read_text() == "mine"
    assert [one.name for one in folder.iterdir()] == ["qualify.toml"]


def test_what_cannot_be_loaded_is_not_written(home_lab: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The text is read back before a file is made of it."""
    monkeypatch.setattr("vllm_qualify.cli.first_settings.draft.text", lambda _: 'candidates = ["x"]')

    assert cli.main(["init", str(home_lab)]) == 4

    assert not (home_lab / "qualify.toml").exists()


def test_a_folder_that_cannot_be_written(folder: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    """One line, and nothing is left behind."""

    def fails(*_: object, **__: object) -> None:
        raise PermissionError(13, "permission denied")

    monkeypatch.setattr(Path, "open", fails)

    assert cli.main(["init", str(folder)]) == 4

    assert "no permission to write there" in capsys.readouterr().err
    assert list(folder.iterdir()) == []


def test_a_folder_that_is_none(tmp_path: Path, capsys: Captured) -> None:
    """It is told before anything is looked for."""
    assert cli.main(["init", str(tmp_path / "nope")]) == 4

    assert "is not a folder" in capsys.readouterr().err


def test_a_person_is_asked_where_several_are_as_likely(
    folder: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By a number of the list; what is answered is no guess."""
    (folder / "all.yaml").write_text(f"{deployment('one')}---\n{deployment('two')}")
    _terminal(monkeypatch, "2\n")

    assert cli.main(["init", str(folder)]) == 0

    assert 'manifest = "all.yaml"  # Deployment two, as answered' in (folder / "qualify.toml").read_text()
    assert "Which of these serves every day?" in capsys.readouterr().err


@pytest.mark.parametrize("answer", ["", "\n", "9\n", "nonsense\n"])
def test_no_answer_is_as_without_a_terminal(folder: Path, monkeypatch: pytest.MonkeyPatch, answer: str) -> None:
    """An empty line, the end of the input, or what is not on the list."""
    (folder / "all.yaml").write_text(f"{deployment('one')}---\n{deployment('two')}")
    _terminal(monkeypatch, answer)

    assert cli.main(["init", str(folder)]) == 0

    assert "# guessed: Deployment one is the first of 2" in (folder / "qualify.toml").read_text()


def test_without_a_terminal_nobody_is_asked(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not even a line is read."""
    (folder / "all.yaml").write_text(f"{deployment('one')}---\n{deployment('two')}")
    monkeypatch.setattr(init.sys.stdin, "readline", lambda: pytest.fail("it was asked"), raising=False)

    assert cli.main(["init", str(folder)]) == 0


def _terminal(monkeypatch: pytest.MonkeyPatch, answer: str) -> None:
    for stream in (init.sys.stdin, init.sys.stdout, init.sys.stderr):
        monkeypatch.setattr(stream, "isatty", lambda: True, raising=False)
    monkeypatch.setattr(init.sys.stdin, "readline", lambda: answer, raising=False)


def _comments(text: str, table: str) -> list[str]:
    """The lines of a table that is a comment, without the marks."""
    lines = text.splitlines()
    first = lines.index(f"# {table}")
    rest = lines[first:]
    return [line.removeprefix("# ") for line in rest[: rest.index("")]]
