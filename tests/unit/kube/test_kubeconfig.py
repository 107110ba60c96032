from __future__ import annotations

import os
from pathlib import Path

import pytest

from vllm_qualify.kube import kubeconfig

ONE = "contexts: [{name: home-lab}, {name: work}]\ncurrent-context: work\nusers: [{user: {token: canary-token}}]\n"


def test_the_files_of_the_variable_are_read_together(tmp_path: Path) -> None:
    """Names come in their order, once each, as kubectl merges them."""
    first, second = tmp_path / "a", tmp_path / "b"
    first.write_text(ONE)
    second.write_text("contexts: [{name: work}, {name: other}]")

    found = kubeconfig.read({"KUBECONFIG": os.pathsep.join([str(first), "", str(second)])})

    assert found == kubeconfig.Kubeconfig(files=(first, second), contexts=("home-lab", "work", "other"), current="work")


@pytest.mark.parametrize("variable", [{}, {"KUBECONFIG": ""}])
def test_without_the_variable_it_is_the_one_at_home(tmp_path: Path, variable: dict[str, str]) -> None:
    """An empty variable is no variable."""
    (tmp_path / ".kube").mkdir()
    (tmp_path / ".kube" / "config").write_text(ONE)

    assert kubeconfig.read({"HOME": str(tmp_path), **variable}).contexts == ("home-lab", "work")


@pytest.mark.parametrize("content", [b"contexts: [{name: a}\ntoken: canary-token", b"[" * 5000])
def test_what_is_no_kubeconfig_is_said_without_its_content(tmp_path: Path, content: bytes) -> None:
    """The file holds tokens, so no line of it is quoted."""
    path = tmp_path / "config"
    path.write_bytes(content)

    found = kubeconfig.read({"KUBECONFIG": str(path)})

    assert found == kubeconfig.Kubeconfig(files=(path,), problem=f"{path} is not a kubeconfig: not valid YAML")


def test_another_encoding_is_told(tmp_path: Path) -> None:
    """As of any other file."""
    path = tmp_path / "config"
    path.write_bytes(b"\xff\xfe")

    assert kubeconfig.read({"KUBECONFIG": str(path)}).problem == f"{path} is not UTF-8; save it as UTF-8"


@pytest.mark.parametrize("content", ["", "contexts:", "contexts: 3", "[]", "contexts: [3, {}, {name: ''}]"])
def test_a_kubeconfig_without_contexts_is_no_problem(tmp_path: Path, content: str) -> None:
    """What kubectl itself writes before the first cluster is read as nothing."""
    path = tmp_path / "config"
    path.write_text(content)

    assert kubeconfig.read({"KUBECONFIG": str(path)}) == kubeconfig.Kubeconfig(files=(path,))


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    """Missing files, and folders in the place of files, are told apart from files without contexts."""
    missing = tmp_path / "gone"

    found = kubeconfig.read({"KUBECONFIG": os.pathsep.join([str(missing), str(tmp_path)])})

    assert found.problem == f"there is no {missing}; {tmp_path} cannot be read: is a directory"


@pytest.mark.parametrize(
    ("known", "said"),
    [
        (kubeconfig.Kubeconfig(files=(Path("/a"), Path("/b")), contexts=("x", "y")), " in /a, /b; there are x, y"),
        (kubeconfig.Kubeconfig(files=(Path("/a"),), problem="there is no /a"), ": there is no /a"),
        (kubeconfig.Kubeconfig(files=(Path("/a"),)), " in /a; it has none"),
    ],
    ids=["others", "no-file", "empty"],
)
def test_a_context_that_is_missing_is_told_with_those_that_are_there(known: kubeconfig.Kubeconfig, said: str) -> None:
    """And with the files that were read, since KUBECONFIG may name others than one thinks."""
    assert kubeconfig.lacks(known, "home") == f"no context home{said}"


def test_the_current_context_is_that_of_the_first_file_that_says_it(tmp_path: Path) -> None:
    """As for kubectl; it need not be one of the contexts."""
    files = [tmp_path / name for name in "abc"]
    for file, said in zip(files, ("''", "home", "work"), strict=True):
        file.write_text(f"current-context: {said}\n")

    assert kubeconfig.read({"KUBECONFIG": os.pathsep.join(map(str, files))}).current == "home"


def test_a_context_that_is_there_is_not_missing() -> None:
    """Nothing is said of it."""
    assert kubeconfig.lacks(kubeconfig.Kubeconfig(contexts=("home",)), "home") == ""
