"""Every wheel that the harness executes is held to a hash."""

from __future__ import annotations

import re

import pytest

from vllm_qualify import catalogue
from vllm_qualify.core import wheel_hashes
from vllm_qualify.core.shipped import HOME
from vllm_qualify.targets.local import cpu_builds

LINE = re.compile(r"[a-z-]+==\S+(?: --hash=sha256:[0-9a-f]{64})+")
DIGEST = re.compile(r"@sha256:[0-9a-f]{64}$")
COMMIT = re.compile(r"@[0-9a-f]{40}$")


def test_every_release_of_the_catalogue_is_pinned() -> None:
    """Its wheel is what the parser probe executes."""
    assert [one.version for one in catalogue.releases() if wheel_hashes.line(f"vllm=={one.version}") is None] == []


def test_every_cpu_build_is_pinned() -> None:
    """Whether or not its whole environment is."""
    assert [
        build for build in cpu_builds.builds() if wheel_hashes.line(f"{cpu_builds.DISTRIBUTION}=={build}") is None
    ] == []


def test_every_line_has_its_hashes() -> None:
    """In the form that an installer takes."""
    assert [line for line in wheel_hashes.known().values() if LINE.fullmatch(line) is None] == []


@pytest.mark.parametrize("requirement", ["vllm==9.9.9", "vllm", "", "#"])
def test_what_nobody_pinned_has_no_line(requirement: str) -> None:
    """It is for the caller to say what becomes of it."""
    assert wheel_hashes.line(requirement) is None


def test_the_container_is_built_from_images_by_digest() -> None:
    """A tag is whatever somebody pushed last."""
    lines = (HOME / "deploy" / "Containerfile").read_text().splitlines()
    bases = dict(re.findall(r"^ARG (\w+_IMAGE)=(.*)$", "\n".join(lines), re.MULTILINE))
    named = {re.sub(r"FROM (--\S+ )?(\S+).*", r"\2", line) for line in lines if line.startswith("FROM ")}

    assert named == {f"${{{name}}}" for name in bases}
    assert bases
    assert [image for image in bases.values() if DIGEST.search(image) is None] == []


def test_workflows_use_actions_by_commit() -> None:
    """They run with the rights of the repository, on the runner that reaches the cluster."""
    texts = [path.read_text() for path in (HOME / ".github" / "workflows").iterdir()]
    actions = [action for text in texts for action in re.findall(r"uses: (\S+)", text)]

    assert actions
    assert [action for action in actions if COMMIT.search(action) is None] == []
