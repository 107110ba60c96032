from __future__ import annotations

import pytest

from vllm_qualify.container import quadlet, unit_file
from vllm_qualify.container.refusal import UnreadableContainer
from vllm_qualify.container.run_spec import StartPlace
from vllm_qualify.container.unit_file import UnitFile

PLACE = StartPlace(folder="/", read=lambda _: None)


def unit(text: str) -> UnitFile:
    """A unit."""
    return unit_file.read(text, name="llm", environment={"HOME": "/home/ops"})


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Exec=m", "llm.container names no image; write Image="),
        ("Image=x.build", r"names the image by another unit \(x.build\)"),
        ("Image=i:1\nPod=x.pod", r"uses a pod \(Pod=\), which cannot be carried over"),
        ("Image=i:1\nEnvironmentFile=/gone", "the file /gone of --env-file cannot be read"),
    ],
)
def test_quadlets_that_are_refused(text: str, said: str) -> None:
    """With the key that stands in the way."""
    with pytest.raises(UnreadableContainer, match=said):
        quadlet.read(unit(f"[Container]\n{text}\n"), PLACE)


def test_a_quadlets_name_and_owner() -> None:
    """Given, or what the generator makes of the file's name."""
    text = "[Container]\nImage=i:1\nUser=1\nGroup=2\nRunInit=yes\nDropCapability=all net\nSecurityLabelType=t\n"

    assert quadlet.read(unit(text), PLACE).name == "systemd-llm"
    spec = quadlet.read(unit(f"{text}ContainerName=x\n"), PLACE).spec
    assert (spec.user, spec.init, spec.cap_drop, spec.security) == ("1:2", True, ("all", "net"), ("label=type:t",))
