from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vllm_qualify.core.records import Severity
from vllm_qualify.core.shipped import HOME_LAB
from vllm_qualify.gpu import mode_status
from vllm_qualify.gpu.mode_status import ModeStatus

SAID = """\
Warning: Permanently added 'gpu-worker' to the list of known hosts.
mode: r1
ml: deployment=ml/vllm-server replicas=0 ready=0 pods=1 image=vllm/vllm-openai:v0.5.5
r1: deployment=ml/vllm-r1 replicas=1 ready=0 pods=0 image=-
"""
NAME = "deployment.yaml"
TEXT = (HOME_LAB / "applications" / "vllm" / NAME).read_text()
OLD = TEXT.replace("Qwen/Qwen3-8B-AWQ", "Qwen/Qwen2.5-7B-Instruct-AWQ")


def line_of(text: str, words: str) -> int:
    """The line on which the words stand first."""
    return next(number for number, line in enumerate(text.splitlines(), start=1) if words in line)


def test_the_status_is_read() -> None:
    """Mode, Deployments, replicas, pods and images; ssh's own words are passed over."""
    status = mode_status.parse_status(SAID)

    assert status.mode == "r1"
    assert status.ml == ModeStatus(deployment="ml/vllm-server", pods=1, image="vllm/vllm-openai:v0.5.5")
    assert status.r1 == ModeStatus(deployment="ml/vllm-r1", replicas=1)


def test_a_command_that_names_the_mode_alone_is_enough() -> None:
    """An operator's own script may say less."""
    assert mode_status.parse_status("mode: none\n").ml == ModeStatus()


@pytest.mark.parametrize(("text", "said"), [("", "nothing"), ("mode: gaming\n", "mode: gaming"), ("ml\n", "'ml'")])
def test_what_names_no_mode_is_refused(text: str, said: str) -> None:
    """The message quotes what was printed and shows what was expected."""
    with pytest.raises(mode_status.BadStatus, match=f"{said}.*expected a line such as mode: ml"):
        mode_status.parse_status(text)


@given(st.text())
def test_any_text_is_a_status_or_refused(text: str) -> None:
    """Whatever the command prints, nothing else comes out of the reader."""
    status = mode_status.parse_status(f"mode: ml\nml: {text}")

    assert status.mode == "ml"


def test_equal_copies_are_nothing_to_tell() -> None:
    """Ends of lines and of the file do not count: kubectl reads the same."""
    assert mode_status.stale({NAME: TEXT.replace("\n", "\r\n") + "\n"}, {NAME: TEXT}) == ()


def test_the_storys_stale_copy_is_told_with_its_line() -> None:
    """The copy of before the upgrade is named, with the lines that differ and what to do."""
    [finding] = mode_status.stale({NAME: OLD}, {NAME: TEXT}, folder="/etc/gpu-mode/")

    assert finding.severity is Severity.WARN
    assert finding.subject == f"/etc/gpu-mode/{NAME}:{line_of(TEXT, '- Qwen/Qwen3-8B-AWQ')}"
    assert "-            - Qwen/Qwen2.5-7B-Instruct-AWQ\n+            - Qwen/Qwen3-8B-AWQ" in finding.actual
    assert finding.remedy.startswith(f"copy the repository's {NAME} to /etc/gpu-mode/{NAME}")


def test_other_comments_are_a_note() -> None:
    """What is applied is the same, so the switch is right for now."""
    [finding] = mode_status.stale({NAME: TEXT.replace("# Never removed", "# never removed")}, {NAME: TEXT})

    assert finding.severity is Severity.NOTE
    assert finding.actual.startswith("other comments:\n")


@pytest.mark.parametrize("copy", ["", "a: [", f"{TEXT}---\nkind: Extra\n", TEXT[: len(TEXT) // 2]])
def test_a_copy_of_another_length_is_stale(copy: str) -> None:
    """An empty, broken, longer or cut copy differs too, on a line that is named."""
    [finding] = mode_status.stale({NAME: copy}, {NAME: TEXT})

    assert finding.severity is Severity.WARN
    assert finding.subject.startswith(f"{NAME}:")


def test_a_missing_copy_is_told_once_for_each() -> None:
    """Both manifests are compared, in the order of their names."""
    found = mode_status.stale({}, {NAME: TEXT, "deployment-r1.yaml": TEXT}, folder="/x")

    assert [(each.subject, each.actual) for each in found] == [
        ("/x/deployment-r1.yaml", "it is missing"),
        (f"/x/{NAME}", "it is missing"),
    ]


def test_a_long_difference_is_cut() -> None:
    """A finding is read by people; the first lines show what kind of copy it is."""
    [finding] = mode_status.stale({NAME: "x\n" * 90}, {NAME: TEXT})

    assert finding.actual.splitlines()[-1] == "..."
    assert len(finding.actual.splitlines()) < 20
