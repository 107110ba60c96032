"""A parser is asked once about the same command lines, and anew about everything that may have changed."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from packaging.version import Version

from vllm_qualify.arguments import _probe_script, remembered
from vllm_qualify.arguments.command_line import Entrypoint
from vllm_qualify.arguments.overlay import ParserOverlay
from vllm_qualify.arguments.parser_report import ProbeReport, ProbeRequest
from vllm_qualify.arguments.probe import ProbeFailed
from vllm_qualify.system.process_runner import CompletedProcess

LINES: Mapping[str, tuple[str, ...]] = {"ml": ("m", "--seed", "7")}
Ask = Callable[..., ProbeReport]


class Parsers:
    """Stands for the processes that import vLLM; counts them, and says what a release says."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.asked, self.version = folder, 0, "0.12.0"

    def run(self, _argv: list[str], **_how: Any) -> CompletedProcess:
        """Answer that nothing was refused."""
        self.asked += 1
        document = {"version": self.version, "entrypoint": "serve", "flags": [], "parsed": {}, "path": str(self.folder)}
        body = _probe_script.MARK + json.dumps(document)
        said = f"\n{_probe_script.BEGIN}\n{body}\n{_probe_script.END}\n"
        return CompletedProcess(exit_code=0, stdout=said, stderr="")


@pytest.fixture
def parsers(tmp_path: Path) -> Parsers:
    """What is asked in the place of processes."""
    return Parsers(tmp_path / "0.12.0")


@pytest.fixture
def ask(parsers: Parsers, tmp_path: Path) -> Ask:
    """Put command lines to a release."""

    def asking(argvs: Mapping[str, tuple[str, ...]] = LINES, *, python: str = "/env/python", **how: Any) -> ProbeReport:
        overlay = ParserOverlay(path=parsers.folder, version=Version("0.12.0"))
        request = ProbeRequest(entrypoint=Entrypoint.SERVE, argvs=argvs)
        return remembered.probe(Path(python), overlay, request, cache=tmp_path / "cache", run=parsers.run, **how)

    return asking


def test_the_same_question_is_asked_once(ask: Ask, parsers: Parsers) -> None:
    """The second time its answer is read, which is told."""
    lines: list[str] = []

    assert ask(say=lines.append) == ask(say=lines.append)
    assert parsers.asked == 1
    assert [line.split(",")[0].split(";")[0] for line in lines] == [
        "running the release's own argument parser",
        "the release's own argument parser answered the same questions before",
    ]


@pytest.mark.parametrize(
    "other", [{"argvs": {"ml": ("m", "--seed", "8")}}, {"python": "/other/python"}], ids=["arguments", "environment"]
)
def test_another_question_is_asked(ask: Ask, parsers: Parsers, other: dict[str, Any]) -> None:
    """Whatever the answer may depend on is a part of its key."""
    ask()
    ask(**other)

    assert parsers.asked == 2


def test_a_secret_is_not_kept(ask: Ask, parsers: Parsers, tmp_path: Path) -> None:
    """Neither it nor anything that was answered to it lies in the cache."""
    for _ in range(2):
        ask({"ml": ("m", "--api-key", "hunter22")})

    assert parsers.asked == 2
    assert not (tmp_path / "cache").exists()


def test_what_names_a_file_of_this_machine_is_asked_each_time(ask: Ask, parsers: Parsers, tmp_path: Path) -> None:
    """The parser may look into it, also where it came to be there later."""
    template = tmp_path / "chat.jinja"
    asked = {"ml": ("m", f"--chat-template={template}")}
    ask(asked)
    template.touch()
    ask(asked)
    ask(asked)

    assert parsers.asked == 3


def test_the_answer_of_another_release_is_not_kept(ask: Ask, parsers: Parsers) -> None:
    """It is refused each time, as if nothing were remembered."""
    parsers.version = "0.13.0"

    for _ in range(2):
        with pytest.raises(ProbeFailed, match=r"expected the parser of vLLM 0\.12\.0"):
            ask()

    assert parsers.asked == 2


def test_a_damaged_answer_is_asked_for_again(ask: Ask, parsers: Parsers, tmp_path: Path) -> None:
    """And then it is whole."""
    ask()
    (kept,) = (tmp_path / "cache" / remembered.FOLDER).iterdir()
    kept.write_bytes(b"\xff half")
    ask()
    ask()

    assert parsers.asked == 2


def test_only_the_newest_answers_are_kept(ask: Ask, tmp_path: Path) -> None:
    """Manifests change, and a cache must not grow with each change."""
    for seed in range(12):
        ask({"ml": ("m", "--seed", str(seed))})

    assert len(list((tmp_path / "cache" / remembered.FOLDER).iterdir())) == 8


def test_a_cache_that_cannot_be_written_costs_only_time(ask: Ask, parsers: Parsers, tmp_path: Path) -> None:
    """A file stands where its folder would be."""
    (tmp_path / "cache").touch()
    ask()
    ask()

    assert parsers.asked == 2
