from __future__ import annotations

import pytest

from vllm_qualify.container import quadlet, service_unit, unit_file
from vllm_qualify.container.refusal import UnreadableContainer
from vllm_qualify.container.run_spec import StartPlace
from vllm_qualify.container.unit_file import UnitFile

PLACE = StartPlace(folder="/", read=lambda _: None)


def unit(text: str, name: str = "llm") -> UnitFile:
    """A unit."""
    return unit_file.read(text, name=name, environment={"HOME": "/home/ops"})


def test_keys_stand_again_and_lines_go_on() -> None:
    """An empty value takes back those before it; comments between joined lines are none of them."""
    read = unit("[A]\nK=1\nK=\nK=2 \\\n# no\n  3\n; no\nK=4\n[B]\nK=5\n")

    assert read.values("A", "K") == ("2 3", "4")
    assert read.values("B", "K") == ("5",)
    assert read.words("A", "K") == ("2", "3", "4")


def test_specifiers_are_put_in() -> None:
    """Those that a file's name and its owner tell; others stay."""
    assert unit("[A]\nK=%h/%i-%N%%%t\n", name="llm@7").values("A", "K") == ("/home/ops/7-llm@7%%t",)


def test_an_open_quotation_is_refused() -> None:
    """With the key."""
    with pytest.raises(UnreadableContainer, match="K= cannot be split into words: no closing quotation; mend"):
        unit("[A]\nK='x\n").words("A", "K")


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


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[Unit]\nA=b", "llm.service has no ExecStart="),
        ("[Service]\nExecStart=/bin/true", "llm.service starts no vLLM that can be recognised"),
        ("[Service]\nEnvironmentFile=/gone\nExecStart=vllm serve m", "the file /gone of EnvironmentFile= cannot be"),
        ("[Service]\nExecStart=-/usr/bin/docker start -a llm", r"starts the container llm, .* container = 'llm'"),
    ],
)
def test_units_that_are_refused(text: str, said: str) -> None:
    """With what to give instead."""
    with pytest.raises(UnreadableContainer, match=said):
        service_unit.read(unit(text), PLACE)
