"""What only some manifests switch on is asked where they do, and not applicable elsewhere."""

from __future__ import annotations

import json

import pytest

from tests.unit.checks.integrity.test_prefix_cache import reply
from vllm_qualify.checks.integrity import features
from vllm_qualify.checks.integrity.features import Pooled
from vllm_qualify.client.exchanges import ChatReply, HttpReply
from vllm_qualify.core.records import Outcome

DRAFTED, ACCEPTED = "vllm:spec_decode_num_draft_tokens_total", "vllm:spec_decode_num_accepted_tokens_total"


@pytest.mark.parametrize(
    ("metrics", "wanted", "outcome"),
    [
        ({DRAFTED: 100.0, ACCEPTED: 60.0}, True, Outcome.PASSED),
        ({DRAFTED: 100.0, ACCEPTED: 1.0}, True, Outcome.WARNED),
        ({DRAFTED: 100.0, ACCEPTED: 60.0}, False, Outcome.PASSED),
        ({}, True, Outcome.WARNED),
        ({}, False, Outcome.NOT_APPLICABLE),
    ],
)
def test_speculative(metrics: dict[str, float], wanted: bool, outcome: Outcome) -> None:  # noqa: FBT001 - a parameter of the test.
    """Drafts must be accepted where there are any, and there must be some where the manifest wants them."""
    assert features.speculative(metrics, wanted=wanted).outcome is outcome


@pytest.mark.parametrize(
    ("argv", "speculates"),
    [
        (("serve", "m", "--speculative-config", "{}"), True),
        (("serve", "m", "--speculative_model=x"), True),
        (("serve", "m", "--enforce-eager"), False),
    ],
)
def test_speculation_is_switched_on_in_any_spelling(argv: tuple[str, ...], speculates: bool) -> None:  # noqa: FBT001 - as above.
    """With a space, with an equals sign, with underscores."""
    assert features.speculates(argv) is speculates


def test_adapters_in_both_spellings() -> None:
    """As name=path, and as JSON."""
    argv = ("--lora-modules", "sql=/a", '{"name": "de", "path": "/b"}', "--enable-lora")

    assert features.adapters(argv) == ("sql", "de")


@pytest.mark.parametrize(
    ("names", "listed", "answers", "outcome"),
    [
        (("sql",), ("m", "sql"), {"sql": reply("a")}, Outcome.PASSED),
        (("sql",), ("m",), {}, Outcome.FAILED),
        (("sql",), ("m", "sql"), {"sql": ChatReply(status=500)}, Outcome.FAILED),
        ((), ("m",), {}, Outcome.NOT_APPLICABLE),
    ],
)
def test_lora(names: tuple[str, ...], listed: tuple[str, ...], answers: dict[str, ChatReply], outcome: Outcome) -> None:
    """Each adapter is listed and answers."""
    assert features.lora(names, listed, answers).outcome is outcome


@pytest.mark.parametrize(
    ("argv", "task"),
    [
        (("--task", "embed"), "embed"),
        (("--task=embedding",), "embed"),
        (("--runner", "pooling", "--convert", "classify"), "classify"),
        (("--runner", "pooling"), "embed"),
        (("--task", "generate"), ""),
        ((), ""),
    ],
)
def test_the_task_of_a_manifest(argv: tuple[str, ...], task: str) -> None:
    """It is read in the spellings of old and new releases."""
    assert features.pooling_task(argv) == task


def vector(*values: float) -> HttpReply:
    """An embedding."""
    return HttpReply(status=200, body=json.dumps({"data": [{"embedding": values}]}))


@pytest.mark.parametrize(
    ("got", "outcome", "message"),
    [
        (Pooled(first=vector(1, 0), again=vector(1, 1e-4), other=vector(0, 1)), Outcome.PASSED, "2 numbers"),
        (Pooled(first=vector(1, 0), again=vector(0, 1), other=vector(0, 1)), Outcome.FAILED, "gives other numbers"),
        (Pooled(first=vector(1, 0), again=vector(1, 0), other=vector(1, 0)), Outcome.FAILED, "gives the same numbers"),
        (Pooled(first=vector(1, 0), again=vector(1, 0), other=vector(1)), Outcome.FAILED, "differ in length"),
        (Pooled(first=vector(), again=vector(), other=vector()), Outcome.FAILED, "no finite numbers"),
        (Pooled(first=HttpReply(status=500), again=vector(1), other=vector(2)), Outcome.FAILED, "HTTP 500"),
        (None, Outcome.NOT_APPLICABLE, "is not asked here"),
    ],
)
def test_pooling(got: Pooled | None, outcome: Outcome, message: str) -> None:
    """The same input gives the same, another one another, and every number is one."""
    judged = features.pooling("embed", got)

    assert judged.outcome is outcome
    assert message in judged.message


def test_a_score_is_a_vector_of_one() -> None:
    """Scores are compared like embeddings."""
    assert features.numbers(HttpReply(status=200, body='{"data": [{"score": 0.5}]}')) == (0.5,)
    assert features.numbers(HttpReply(status=200, body='{"data": [{"score": NaN}]}')) == ()
