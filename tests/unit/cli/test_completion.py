"""Shells complete commands, options, choices and images; each shell that is here is really asked."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.unit.cli.command_lines import ROOT
from vllm_qualify import cli
from vllm_qualify.cli import candidates, commands

NEWEST = next(candidates._images())
BASH = """
source <(vllm-qualify completion bash)
COMP_LINE=$1 COMP_POINT=${#1} COMP_WORDBREAKS=$' \\t\\n"\\'><=;|&(:'
_vllm_qualify
printf '%s\\n' "${COMPREPLY[@]}"
"""
FISH = 'vllm-qualify completion fish | source; complete -C "$argv[1]"'


def offered(*words: str) -> list[str]:
    """The candidates for the last of the words."""
    return [word for word, _ in candidates.of(words)]


def test_commands_come_first() -> None:
    """All of them, and those that begin as what was typed."""
    assert offered("") == [*commands.COMMANDS]
    assert offered("pre") == ["preflight"]
    assert offered("help", "st") == ["status"]
    assert offered("--v") == ["--version"]


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (["preflight", "--reg"], ["--registry"]),
        (["preflight", "--runtime-mode", "j"], ["jit-cdi"]),
        (["preflight", "--runtime-mode=j"], ["--runtime-mode=jit-cdi"]),
        (["report", "--to", ""], []),
        (["report", ""], []),
        (["completion", "z"], ["zsh"]),
        (["help", "status", ""], []),
        (["nonsense", "--"], []),
        (["plan", "--image", "vllm/vllm-openai:v0.5.5"], ["vllm/vllm-openai:v0.5.5"]),
        (["restore", "--restore-patience", "--"], []),
    ],
    ids=" ".join,
)
def test_what_may_stand_there_is_offered(words: list[str], found: list[str]) -> None:
    """Options, the choices of the option before, images; where a file is wanted, nothing, for the shell has those."""
    assert offered(*words) == found


def test_images_are_those_of_the_catalogue() -> None:
    """The newest first, with those tags that are for another CUDA."""
    found = offered("preflight", "--offline", "")

    assert found[0] == NEWEST
    assert "vllm/vllm-openai:v0.5.5" in found
    assert any("-cu1" in one for one in found)


def test_no_shell_is_a_mistake(capsys: pytest.CaptureFixture[str]) -> None:
    """One line names those that there are."""
    assert cli.main(["completion"]) == 4

    assert capsys.readouterr().err == "vllm-qualify completion: name the shell: bash, zsh, fish\n"


@pytest.fixture(scope="module", name="path")
def _path(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Where shells find the program, installed or not."""
    program = tmp_path_factory.mktemp("bin") / "vllm-qualify"
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -m vllm_qualify "$@"\n')
    program.chmod(0o755)
    return f"{program.parent}{os.pathsep}{os.environ['PATH']}"


def asked(shell: str, script: str, line: str, *, path: str, folder: Path) -> list[str]:
    """What a shell offers for a line, by its own means."""
    done = subprocess.run(
        [shell, "-c", script, *(("bash",) if shell == "bash" else ()), line],
        cwd=folder,
        env={"PATH": path, "PYTHONPATH": str(ROOT), "HOME": str(folder)},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return [word.partition("\t")[0] for word in done.stdout.splitlines()]


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("vllm-qualify prefl", ["preflight"]),
        ("vllm-qualify preflight --runtime-mode l", ["legacy"]),
        # bash replaces what stands behind the last colon or equals sign.
        ("vllm-qualify preflight --runtime-mode=l", ["legacy"]),
        ("vllm-qualify preflight vllm/vllm-openai:v0.5.5", ["v0.5.5"]),
    ],
)
def test_bash_completes(line: str, found: list[str], path: str, tmp_path: Path) -> None:
    """Each as what has to be put in the place of the word, as bash cuts words."""
    assert asked("bash", BASH, line, path=path, folder=tmp_path) == found


@pytest.mark.skipif(shutil.which("fish") is None, reason="there is no fish on this machine")
@pytest.mark.parametrize(
    ("line", "found"), [("vllm-qualify prefl", "preflight"), ("vllm-qualify preflight --reg", "--registry")]
)
def test_fish_completes(line: str, found: str, path: str, tmp_path: Path) -> None:
    """It asks for itself."""
    assert found in asked("fish", FISH, line, path=path, folder=tmp_path)


@pytest.mark.skipif(shutil.which("zsh") is None, reason="there is no zsh on this machine")
def test_zsh_takes_the_script(path: str, tmp_path: Path) -> None:
    """Its own completion knows the command afterwards."""
    script = 'autoload -U compinit; compinit -u -D; eval "$(vllm-qualify completion zsh)"; print $_comps[$1]'

    assert asked("zsh", script.replace("$1", "vllm-qualify"), "", path=path, folder=tmp_path) == ["_vllm_qualify"]
