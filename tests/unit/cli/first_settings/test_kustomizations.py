"""Which kustomize folders stand for the manifests below them."""

from __future__ import annotations

from vllm_qualify.cli.first_settings import kustomizations
from vllm_qualify.cli.first_settings.folder_texts import FolderText


def texts(**lists: str) -> list[FolderText]:
    """Kustomizations by their folders, with ``_`` for ``/``."""
    return [
        FolderText(path=f"{name.replace('_', '/')}/kustomization.yaml", text=f"resources: [{entries}]\n")
        for name, entries in lists.items()
    ]


def test_only_what_is_part_of_nothing_stands_for_itself() -> None:
    """With all files below it, through other folders too; production's first."""
    found = kustomizations.find(
        texts(base="vllm.yaml", overlays_dev="../../base", overlays_prod="../../base, extra.yaml")
    )

    assert [one.folder for one in found] == ["overlays/prod", "overlays/dev"]
    assert found[0].files == {"base", "base/vllm.yaml", "overlays/prod/extra.yaml"}


def test_a_circle_has_an_end() -> None:
    """Folders that name each other are nobody's top."""
    assert kustomizations.find(texts(a="../b", b="../a")) == ()


def test_what_has_to_be_fetched_is_told() -> None:
    """By address, by reference, or as a chart."""
    charts = FolderText(path="c/kustomization.yaml", text="helmCharts: [{name: vllm}]\n")

    found = kustomizations.find([*texts(a="'https://example.org/x'", b="'github.com/x/y?ref=v1'", d="a.yaml"), charts])

    assert {one.folder: one.remote for one in found} == {"a": True, "b": True, "c": True, "d": False}


def test_nonsense_is_made_of_nothing() -> None:
    """Neither a text that is no YAML, nor lists of anything else."""
    found = kustomizations.find([FolderText(path="kustomization.yaml", text="resources: {a: [1]}\n")])

    assert [(one.folder, one.files) for one in found] == [(".", frozenset())]
