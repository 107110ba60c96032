from __future__ import annotations

from pathlib import Path

import pytest

from vllm_qualify.core.errors import BadConfig
from vllm_qualify.kube import manifest_files
from vllm_qualify.kube.serving import BadManifest
from vllm_qualify.system.process_runner import CompletedProcess

# What kubectl 1.34 printed for a kustomization that names a file which is not there.
NO_RESOURCE = (
    "error: accumulating resources: accumulation err='accumulating resources from 'gone.yaml': evalsymlink failure on "
    "'/x/gone.yaml' : lstat /x/gone.yaml: no such file or directory': must build at directory: not a valid directory: "
    "evalsymlink failure on '/x/gone.yaml' : lstat /x/gone.yaml: no such file or directory\n"
)


class Kubectl:
    """Answers one command line."""

    def __init__(self, folder: Path, answer: CompletedProcess | Exception) -> None:
        self.argv = ("kubectl", "kustomize", str(folder))
        self.answer = answer

    def __call__(self, argv: tuple[str, ...]) -> CompletedProcess:
        """Play kubectl."""
        assert argv == self.argv
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


def never(argv: tuple[str, ...]) -> CompletedProcess:
    """A plain file needs no kubectl."""
    pytest.fail(f"must not be run: {argv}")


def refused(folder: Path, answer: CompletedProcess | Exception) -> str:
    """What a kustomize folder is refused for."""
    (folder / "kustomization.yaml").touch()
    with pytest.raises(BadManifest) as caught:
        manifest_files.rendered(folder, run=Kubectl(folder, answer))
    return str(caught.value)


def test_a_file_is_read_as_it_is(tmp_path: Path) -> None:
    """Line ends and marks stay, so that an edit can be written back."""
    path = tmp_path / "d.yaml"
    path.write_bytes("\ufeffkind: Deployment\r\n# ä".encode())

    found = manifest_files.rendered(path, run=never)

    assert found == manifest_files.Rendered(text="\ufeffkind: Deployment\r\n# ä", source=str(path))


@pytest.mark.parametrize("name", ["kustomization.yaml", "kustomization.yml", "Kustomization"])
@pytest.mark.parametrize("named", [True, False], ids=["the file", "the folder"])
def test_kubectl_renders_a_kustomize_folder(tmp_path: Path, name: str, named: bool) -> None:  # noqa: FBT001 (parametrized)
    """Whichever of its names the file has, and whether it or its folder is named."""
    (tmp_path / name).touch()
    kubectl = Kubectl(tmp_path, CompletedProcess(exit_code=0, stdout="kind: Deployment\n"))

    found = manifest_files.rendered(tmp_path / name if named else tmp_path, run=kubectl)

    assert (found.text, found.kustomized) == ("kind: Deployment\n", True)
    assert f"{found.source}:12" == f"{tmp_path} rendered:12"


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (FileNotFoundError(), "is rendered by kubectl, which is not on the PATH; install kubectl"),
        (TimeoutError(), "did not end within 30 s"),
        (CompletedProcess(exit_code=1, stderr=NO_RESOURCE), "cannot render this: accumulating resources"),
        (CompletedProcess(exit_code=3), "cannot render this: it ended with 3"),
    ],
    ids=["no kubectl", "hangs", "refuses", "is silent"],
)
def test_what_kubectl_cannot_do_is_said_in_one_line(
    tmp_path: Path, answer: CompletedProcess | Exception, said: str
) -> None:
    """With the folder, the reason, and what to do about it."""
    message = refused(tmp_path, answer)

    assert message.startswith(f"{tmp_path}: ")
    assert said in message
    assert "\n" not in message


def test_a_folder_without_a_kustomization_is_refused(tmp_path: Path) -> None:
    """A folder of plain manifests does not say which of them serves."""
    with pytest.raises(BadManifest, match="in this folder; give the YAML file of the Deployment"):
        manifest_files.rendered(tmp_path, run=never)


def test_a_file_that_is_gone_is_told_as_such(tmp_path: Path) -> None:
    """It may have been there when the settings were read."""
    with pytest.raises(BadConfig, match="cannot be read: no such file or directory"):
        manifest_files.rendered(tmp_path / "d.yaml", run=never)


def test_a_folder_is_rendered_once_a_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was looked at before production went down is what is applied, whatever was saved in the meantime."""
    program = tmp_path / "kubectl"
    program.write_text(f"#!/bin/sh\necho called >>'{tmp_path}/calls'\ncat \"$2/kustomization.yaml\"\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    (tmp_path / "kustomization.yaml").write_text("one")

    first = manifest_files.rendered(tmp_path)
    (tmp_path / "kustomization.yaml").write_text("two")

    assert manifest_files.rendered(tmp_path) == first
    assert first.text == "one"
    assert (tmp_path / "calls").read_text() == "called\n"


def test_without_kubectl_the_program_is_what_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And not the folder, as far as the message goes."""
    (tmp_path / "kustomization.yaml").touch()
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(BadManifest, match="not on the PATH; install kubectl"):
        manifest_files.rendered(tmp_path)
