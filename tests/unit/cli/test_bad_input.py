"""Whatever is given by mistake, a command ends with its documented exit code and a few lines, and writes nothing.

The files are those of ``bad_files``. Each row runs in this process, in a folder with all of them.
"""

from __future__ import annotations

import contextlib
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.cli import bad_files
from vllm_qualify import cli, preflight
from vllm_qualify.doctor import engines
from vllm_qualify.doctor.container_facts import ContainerFacts
from vllm_qualify.preflight import node_lookup

IMAGE = "vllm/vllm-openai:v0.10.2"
MOST_LINES = 12
"""A settings file may be wrong in several places, each of which is told."""
MISTAKE = 4

# Files that no command can take, whichever option names them, and why.
NO_FILES = {
    "/dev/zero": "larger than 3 mb",
    "closed/qualify.toml": "",
    "folder": "",
    "gone": "no such file",
    "loop": "symbolic links",
    "nowhere": "no such file",
    "pipe": "a pipe without a writer",
    "socket": "no such device or address",
    "/proc/self/mem": "",
    "a" * 300: "too long",
}
WRONG = {
    "--manifest": (
        "chart deep.yaml digits.yaml helm.yaml key.yaml large.yaml latin.yaml object.yaml recursive.yaml shell.yaml "
        "twice.yaml types.yaml utf16.yaml words.yaml zeros.yaml nothing.txt closed list.json lab/qualify.toml"
    ),
    "--config": (
        "dates.toml deep.toml digits.toml known.toml large.toml latin.toml mirrors.toml nul.toml utf16.toml zeros.toml "
        "words.yaml closed folder"
    ),
    "--model-config": (
        "deep.json digits.json large.json latin.json list.json nothing.txt utf16.json zeros.json folder closed"
    ),
}
NODE = ("--gpu", "RTX 3060", "--driver", "570.195.03", "--toolkit", "1.18.0")
MODEL = ("--args", "--model Qwen/Qwen3-8B")
IMAGES = (
    ("", "the image is empty"),
    (" ", "the image is empty"),
    ("a b:v1", "it contains a space"),
    ("VLLM/x:v1", "repositories must be lower case"),
    ("https://vllm/vllm-openai:v0.10.2", "it looks like a URL"),
    ("vllm/vllm-openai", "has no tag"),
    ("vllm/vllm-openai@sha256:12", "its digest must be"),
    (f"{IMAGE}@sha256:{'g' * 64}", "its digest must be"),
    (":v0.10.2", "is not an image reference"),
    ("a:b:c", "is not an image reference"),
    ("v0.10.2", "did you mean vllm/vllm-openai:v0.10.2?"),
    ("v99.0", "the catalogue has no such release"),
    (f"{IMAGE}\nroot:x:0", "is not an image reference"),
    (f"{'x' * 5000}:v1", "is not an image reference"),
    ("vllm/vllm-openai:" + "v" * 200, "is not an image reference"),
    ("vllm\u202e/x:v1", "is not an image reference"),
    ("../../etc/passwd:v1", "is not an image reference"),
    ("vllm/vllm-openai:$(id)", "is not an image reference"),
    ("vllm/vllm-openai:>=v0.8", ""),
    ("-", "is not an image reference"),
)
NODES = (
    (("--gpus", "0"), "is not a number of GPUs"),
    (("--gpus", "1e9"), "is not a number of GPUs"),
    (("--gpus", "9" * 5000), "is not a number of GPUs"),
    (("--gpus", "\u00b2"), "is not a number of GPUs"),
    (("--gpu-memory", "nan"), "is not an amount of memory"),
    (("--gpu-memory=-5",), "is not an amount of memory"),
    (("--gpu-memory", "9" * 30), "is not an amount of memory"),
    (("--driver", "banana"), "is not a version"),
    (("--driver", "570.195.03; rm -r /"), "is not a version"),
    (("--toolkit", "v"), "--toolkit v is not a version"),
    (("--compute-capability", "9.0"), "contradicts --gpu"),
    (("--compute-capability", "nan"), "is not a compute capability"),
    (("--compute-capability", "8.6.1"), "is not a compute capability"),
    (("--node", "gpu-1"), "needs a cluster"),
    (("--env", "A"), "--env takes NAME=VALUE"),
    (("--env", "=x"), "--env takes NAME=VALUE"),
    (("--env", "A B=1"), "--env takes NAME=VALUE"),
    (("--env", "A=1", "--env", "A=2"), "is given twice"),
    (("--manifest", "pod.yaml"), "give only one of"),
    (("--config", "empty.toml"), "give only one of"),
    (("--model-config", "other/model=list.json"), "no manifest serves"),
    (("--all",), "give either images"),
)
LINES = (
    ("advisories", (IMAGE, "--args", "'"), "cannot be split into words"),
    ("advisories", ("--args", "--model m"), "give an image"),
    ("advisories", ("a b",), "it contains a space"),
    ("preflight", (), "give either images"),
    ("preflight", ("--all", "--registry", *NODE), "works only for named images"),
    ("preflight", (IMAGE, *NODE, "--args", "'"), "cannot be split into words"),
    ("preflight", (IMAGE,), "this machine shows no GPU"),
    ("diagnose", ("gone.log",), "cannot read gone.log"),
    ("diagnose", ("folder",), "is a folder without"),
    ("diagnose", ("chart",), "is a folder without"),
    ("diagnose", ("pipe",), "a pipe without a writer"),
    ("diagnose", ("loop",), "symbolic links"),
    ("diagnose", ("socket",), "cannot read socket"),
    ("diagnose", ("/dev/zero",), "is not a text file"),
    ("diagnose", ("a.zip",), "is a zip archive"),
    ("diagnose", ("zst.log",), "is compressed with zstd"),
    ("diagnose", ("cut.log.gz",), "is damaged or cut off"),
    ("diagnose", ("words.yaml", "--events", "gone"), "cannot read gone"),
    ("diagnose", ("closed/a.log",), "cannot read closed/a.log"),
    ("diagnose", ("-",), "standard input is closed"),
    ("report", ("gone",), "cannot read gone"),
    ("report", ("folder",), "cannot read folder/journal.jsonl"),
    ("report", ("pipe",), "a pipe without a writer"),
    ("report", ("loop",), "symbolic links"),
    ("report", ("socket",), "cannot read socket"),
    ("report", ("/dev/null",), "the journal is empty"),
    ("report", ("pod.yaml",), "is not a journal event"),
    ("report", ("closed",), "cannot read closed"),
    ("report", ("good", "--merge"), "say where with --to DIR"),
    ("report", ("good/journal.jsonl", "good/older.jsonl"), "would go into one folder"),
    ("report", ("good", "--to", "pod.yaml"), "a part of that path is a file"),
    ("report", ("good", "--to", "/proc/gone"), "cannot write"),
    ("report", ("good", "--to", "loop"), "cannot write"),
    ("report", ("good/older.jsonl", "--to", "good"), "has the journal of another run"),
    ("report", ("good", "--merge", "--to", "good"), "is the folder of a run"),
    *(("report", (f"runs/{name}",), "") for name in bad_files.JOURNALS),
    ("compare", ("good", "gone"), "cannot read gone"),
    ("compare", ("runs/empty", "good"), "the journal is empty"),
    ("compare", ("good", "good", "--to", "pod.yaml"), "a part of that path is a file"),
    ("plan", ("gone",), "cannot read gone"),
    ("plan", ("good", "--image", "a b"), "it contains a space"),
    ("plan", ("good", "--image", "vllm/vllm-openai:v0.1.0"), "did not try"),
    ("plan", ("good", "--config", "gone"), ""),
    ("plan", ("good",), "there is no qualify.toml here"),
    ("plan", ("good", "--file", "gone.sh"), ""),
    ("plan", ("good", "--file", "/dev/zero"), ""),
    ("plan", ("good", "--file", "folder"), ""),
    ("plan", ("good", "--file", "loop"), ""),
    ("plan", ("good", "--file", "pod.yaml"), ""),
    ("plan", ("good", "--env", "HF_TOKEN=abc123def456"), "looks like a secret"),
    ("history", (), "there is no history at reports/history.sqlite yet"),
    ("history", ("--file", "pod.yaml"), "is not a history of vllm-qualify"),
    ("history", ("--file", "folder"), "cannot"),
    ("history", ("--file", "loop"), "there is no history"),
    ("history", ("--file", "foreign.sqlite"), "is the file of another program"),
    ("history", ("--file", "/dev/zero"), ""),
    ("history", ("--file", "closed/a"), ""),
    ("history", ("--add", "gone", "--file", "foreign.sqlite"), "cannot read gone"),
    ("history", ("x", "--add", "good"), "leave out the images"),
    ("history", ("--config", "deep.toml"), "nested too deeply"),
    ("status", (), "cannot read reports"),
    ("status", ("--reports-dir", "pod.yaml"), "cannot read pod.yaml"),
    ("status", ("--reports-dir", "closed"), "cannot read closed"),
    ("status", ("a b",), "it contains a space"),
    ("status", ("--config", "known.toml"), "is not a known key"),
    ("restore", (), "no cluster is named"),
    ("restore", ("--context", "nope"), "no namespace is named"),
    ("restore", ("--context", "nope", "--namespace", "ml"), "no context nope"),
    ("restore", ("--config", "deep.toml"), "nested too deeply"),
)


@pytest.fixture(scope="module")
def place() -> Iterator[Path]:
    """The folder, which another user can enter, as pytest's own folders cannot be."""
    with tempfile.TemporaryDirectory() as folder:
        bad_files.build(Path(folder))
        yield Path(folder)
        (Path(folder) / "closed").chmod(0o700)


@pytest.fixture(autouse=True)
def _there(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In that folder, without standard input, on a machine without a GPU, a kubeconfig or logins."""

    def none() -> preflight.NodeFacts:
        raise node_lookup.BadInput("no node was given, and this machine shows no GPU")

    monkeypatch.chdir(place)
    monkeypatch.setattr(sys, "stdin", None)
    monkeypatch.setattr(node_lookup, "of_this_machine", none)
    for name in ("KUBECONFIG", "DOCKER_CONFIG", "HOME"):
        monkeypatch.setenv(name, str(place / "folder" / "none"))


def ended(place: Path, capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str]:
    """How a command ends, as a user for whom one folder is closed, and what it says on standard error."""
    before = bad_files.state(place)
    with bad_files.as_nobody() if "closed" in " ".join(words) else contextlib.nullcontext():
        code = cli.main(words)
    said = capsys.readouterr().err
    assert bad_files.state(place) == before
    assert "Traceback" not in said
    assert 0 < len(said.splitlines()) <= MOST_LINES
    return code, said


@pytest.mark.parametrize(("image", "why"), IMAGES, ids=range(len(IMAGES)))
@pytest.mark.parametrize("command", ["preflight", "advisories", "status"])
def test_what_is_no_image(place: Path, capsys: pytest.CaptureFixture[str], command: str, image: str, why: str) -> None:
    """Odd references, hostile ones, and halves of some."""
    options = (*NODE, *MODEL) if command == "preflight" else ()

    code, said = ended(place, capsys, command, *options, "--", image)

    assert (code, why in said or command != "preflight") == (MISTAKE, True)


@pytest.mark.parametrize(("option", "name"), [(option, name) for option in WRONG for name in NO_FILES])
def test_what_cannot_be_read(place: Path, capsys: pytest.CaptureFixture[str], option: str, name: str) -> None:
    """Devices, pipes, sockets, folders, links in a circle, files of others."""
    model = MODEL if option == "--model-config" else ()

    code, said = ended(place, capsys, "preflight", IMAGE, *NODE, *model, option, name)

    assert (code, NO_FILES[name] in said.lower() or option == "--manifest") == (MISTAKE, True)


@pytest.mark.parametrize(("option", "name"), [(option, name) for option in WRONG for name in WRONG[option].split()])
def test_what_is_not_what_it_should_be(place: Path, capsys: pytest.CaptureFixture[str], option: str, name: str) -> None:
    """Other encodings, other languages, numbers without an end, brackets without one, things that are too large."""
    model = MODEL if option == "--model-config" else ()

    code, _ = ended(place, capsys, "preflight", IMAGE, *NODE, *model, option, name)

    assert code == MISTAKE


@pytest.mark.parametrize(("words", "why"), NODES, ids=lambda value: str(value)[:40])
def test_what_no_node_is(place: Path, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], why: str) -> None:
    """Numbers that are none, and contradictions."""
    code, said = ended(place, capsys, "preflight", IMAGE, *NODE[:2], *MODEL, *words)

    assert (code, why in said) == (MISTAKE, True)


@pytest.mark.parametrize(("command", "words", "why"), LINES, ids=lambda value: str(value)[:40])
def test_what_a_command_cannot_do(
    place: Path, capsys: pytest.CaptureFixture[str], command: str, words: tuple[str, ...], why: str
) -> None:
    """Runs that are none, places that cannot be written, files of other programs."""
    code, said = ended(place, capsys, command, *words)

    assert (code, why in said) == (MISTAKE, True)


@pytest.mark.parametrize("name", ["known.toml", "deep.toml", "gone", "loop", "/dev/zero"])
def test_the_doctor_tells_of_settings_that_are_wrong(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """As a line of its report, for it is asked when something is wrong."""
    monkeypatch.setattr(engines, "gather", lambda **_: ContainerFacts())

    code = cli.main(["doctor", "--config", name])

    said = capsys.readouterr().out
    assert (code, "wrong    settings" in said, "Traceback" in said) == (1, True, False)


def test_numbers_without_an_end_are_no_amounts(capsys: pytest.CaptureFixture[str]) -> None:
    """A quantity of a billion digits is passed over, and the image judged all the same."""
    assert cli.main(["preflight", IMAGE, *NODE, "--manifest", "huge.yaml"]) in {0, 1, 10}
    assert "Traceback" not in capsys.readouterr().err


def test_one_bad_run_keeps_no_other_from_its_reports(
    tmp_path: Path, place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The others are rendered, and the exit code says that something was wrong."""
    code = cli.main(["report", "gone", str(place / "good"), "runs/nul", "--to", str(tmp_path / "new")])

    assert (code, len(capsys.readouterr().err.splitlines())) == (MISTAKE, 2)
    assert (tmp_path / "new" / "matrix.html").is_file()
