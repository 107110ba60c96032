"""What staying costs, as a note, and as what the operator's policy makes of it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from packaging.version import Version

from vllm_qualify import catalogue, preflight
from vllm_qualify.core import rules
from vllm_qualify.core.advisories import Rating
from vllm_qualify.core.records import Certainty, Finding, Severity
from vllm_qualify.preflight import PredictedVerdict

Rulings = Callable[..., tuple[Finding, ...]]
KEY = ("--model", "Qwen/Qwen3-8B-AWQ", "--api-key", "k")


def test_both_directions_are_told(found: Rulings) -> None:
    """A note with what the upgrade closes and what it opens; it stands in nobody's way."""
    (finding,) = found("P32", "v0.19.1", baseline=catalogue.find(Version("0.8.5.post1")))

    assert (finding.severity, finding.certainty) == (Severity.NOTE, Certainty.CERTAIN)
    assert finding.actual.startswith(
        "advisories: against v0.8.5.post1 closes 23, opens 4; 14 advisories recorded as open in"
    )
    assert "CC BY 4.0" in finding.source


def test_none_on_record_is_not_called_safe(found: Rulings) -> None:
    """A release without a record says until when was looked."""
    (finding,) = found("P32", "v0.24.0")

    assert finding.actual == "advisories: 0 advisories recorded as open in v0.24.0 as of 2026-07-23"
    assert "safe" not in finding.actual


@pytest.mark.parametrize("rule", ["P32", "P33"])
def test_a_release_that_nobody_knows_is_not_spoken_of(found: Rulings, rule: str) -> None:
    """Of latest nothing is known."""
    assert found(rule, "latest", policy=Rating.LOW, args=KEY) == ()


@pytest.mark.parametrize(
    ("tag", "policy", "args", "stops"),
    [
        ("v0.19.1", None, KEY, False),
        ("v0.19.1", Rating.CRITICAL, KEY, True),
        ("v0.19.1", Rating.LOW, KEY, True),
        ("v0.19.1", Rating.CRITICAL, ("--model", "m"), False),
        ("v0.24.0", Rating.LOW, KEY, False),
        # Recorded as high, and thus below what the operator has in mind.
        ("v0.15.1", Rating.CRITICAL, ("--model", "m", "--trust-remote-code"), False),
        ("v0.15.1", Rating.HIGH, ("--model", "m", "--trust-remote-code"), True),
        # Several grave ones are open there, and of all of them it cannot be told.
        ("v0.19.1", Rating.LOW, ("--model", "m", "$(EXTRA)"), False),
    ],
)
def test_only_what_applies_and_is_grave_stands_in_the_way(
    found: Rulings, tag: str, policy: Rating | None, args: tuple[str, ...], *, stops: bool
) -> None:
    """Without a policy none does, and with one neither what cannot be told nor what is less grave."""
    unknowns = {"$(EXTRA)": "the ConfigMap vllm"} if "$(EXTRA)" in args else {}

    findings = found("P33", tag, policy=policy, args=args, unknowns=unknowns)

    assert [one.blocks for one in findings] == [True] * stops


def test_what_stands_in_the_way_is_named(found: Rulings) -> None:
    """The advisory with its severity and its reason, what the policy asks for, and the way out."""
    (finding,) = found("P33", "v0.19.1", policy=Rating.HIGH, args=KEY)

    assert finding.actual == ("recorded as open in v0.19.1: CVE-2026-48746, critical 9.1 (needs: API key; in use here)")
    assert (finding.path, finding.expected) == (
        "[policy] advisories",
        "no advisory of severity high or above that applies",
    )
    assert "waive P33" in finding.remedy
    assert preflight.verdict((finding,)).rules_out


def test_it_is_waived_like_any_rule(found: Rulings) -> None:
    """With a reason, the image is judged by the other rules alone, and the note stays a note."""
    findings = (*found("P32", "v0.19.1"), *found("P33", "v0.19.1", policy=Rating.HIGH, args=KEY))

    waived = rules.waived(findings, {"P33": "the key is not what protects us"})

    assert [one.waived for one in waived] == ["", "the key is not what protects us"]
    assert preflight.verdict(waived).verdict is PredictedVerdict.SHOULD_WORK
