"""The judges of metric names say which one is gone, where it is read, and what to read instead."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tests import simulated_wire
from vllm_qualify.checks import metric_uses, metrics
from vllm_qualify.checks.comparison.compared import ComparedCases
from vllm_qualify.client.exchanges import HttpReply
from vllm_qualify.client.failures import Failure, FailureKind
from vllm_qualify.core import images
from vllm_qualify.core.records import CaseRecord, Judgement, Outcome

HONEST = simulated_wire.metrics_text(9)
IMAGE = images.parse("vllm/vllm-openai:v0.15.1")
UNKNOWN = images.parse("registry.example/vllm:mine")


def reply(text: str) -> HttpReply:
    """What /metrics answers."""
    return HttpReply(status=200, body=text)


def read(*names: str, image: images.ImageRef = IMAGE, text: str = HONEST, alert: bool = True) -> Judgement:
    """A rule file, or a dashboard, that reads these."""
    head = "alert: x, " if alert else ""
    lines = "".join(f"- {{{head}expr: '{name}'}}\n" for name in names)
    return metrics.dashboards(metric_uses.uses(lines, file="rules.yaml"), reply(text), image)


def turn(text: str | None) -> CaseRecord | None:
    """The case of a turn in which a server answered so."""
    if text is None:
        return None
    judgement = metrics.names(reply(text))
    return CaseRecord(
        image=str(IMAGE), requirement="METRICS", id="METRICS/names", sentence="", outcome=judgement.outcome,
        material=judgement.material, started=datetime(2026, 1, 1, tzinfo=UTC),
    )  # fmt: skip


def against(old: str | None, new: str | None, *, again: str | None = None) -> Judgement:
    """The candidate beside the baseline, whose second turn is as the first where nothing else is said."""
    second = turn(again or old)
    return metrics.against(
        ComparedCases(
            id="METRICS/names", candidate=turn(new), baseline=turn(old), again=second, missing="" if old else "none"
        )
    )


def test_the_names_of_every_release_are_there() -> None:
    """An honest server passes, and what it shows is kept; its Python's own metrics are not."""
    judgement = metrics.names(reply(HONEST))

    assert judgement.outcome is Outcome.PASSED, judgement.message
    assert judgement.material["metrics"]["vllm:generation_tokens_total"] == ["counter", ["engine", "model_name"]]
    assert not any(name.startswith("process_") for name in judgement.material["metrics"])


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (reply(HONEST.replace("vllm:num_requests_waiting", "vllm:waiting")), "vllm:num_requests_waiting is missing"),
        (reply("process_open_fds 12\n"), "shows no metric whose name begins with vllm:"),
        (HttpReply(status=404, body="Not Found"), "HTTP 404"),
        (HttpReply(failure=Failure(kind=FailureKind.REFUSED)), "refused"),
    ],
)
def test_a_server_without_them_fails(answer: HttpReply, says: str) -> None:
    """A renamed one, none at all, or no page."""
    judgement = metrics.names(answer)

    assert judgement.outcome is Outcome.FAILED
    assert says in judgement.message


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("vllm:gpu_cache_usage_perc", "any more; vLLM 0.10.2 was the last to have it; use vllm:kv_cache_usage_perc"),
        ("vllm:time_per_output_token_seconds_sum", "use vllm:inter_token_latency_seconds_sum"),
        ("vllm:gpu_prefix_cache_queries", "use vllm:prefix_cache_queries_total"),
        (
            "vllm:num_requests_swapped",
            "vllm:num_requests_swapped is not shown any more; vLLM 0.7.3 was the last to have it",
        ),
        ("vllm:generation_tokens", "vllm:generation_tokens is shown as vllm:generation_tokens_total"),
        ("vllm:never_was", "vllm:never_was is not shown"),
        ("vllm:kv_cache_usage_perc", "is not shown, though vLLM 0.15.1 has it by its sources"),
        ('{__name__=~"vllm:gpu_.*"}', "nothing is shown that matches vllm:gpu_.*"),
    ],
)
def test_what_is_gone_is_told_with_its_place_and_its_successor(name: str, says: str) -> None:
    """Where something acts on it that is a failure, where it is only shown a warning."""
    judgement = read("vllm:generation_tokens_total", name)

    assert judgement.outcome is Outcome.FAILED
    assert "rules.yaml:2: " in judgement.message
    assert says in judgement.message
    assert read(name, alert=False).outcome is Outcome.WARNED


def test_a_name_hidden_by_an_option_is_told_with_it() -> None:
    """The operator has a release of time to change the rule."""
    judgement = read("vllm:gpu_cache_usage_perc", image=images.parse("vllm/vllm-openai:v0.11.0"))

    assert "without --show-hidden-metrics-for-version; use vllm:kv_cache_usage_perc" in judgement.message


def test_what_the_release_may_show_later_is_not_gone() -> None:
    """LoRA adapters, speculation and others have metrics once they are used; of an unknown release nothing is known."""
    judgement = read("vllm:lora_requests_info", "vllm:generation_tokens_total")

    assert judgement.outcome is Outcome.PASSED
    assert "all 2 metrics that the files read are known; not seen yet" in judgement.message
    assert "vllm:lora_requests_info" in judgement.message
    assert read("vllm:lora_requests_info", image=UNKNOWN).outcome is Outcome.FAILED


@pytest.mark.parametrize(
    "name", ['{__name__=~"vllm:.*"}', "vllm:e2e_request_latency_seconds_bucket", '{__name__=~"vllm:("}']
)
def test_what_is_there_passes(name: str) -> None:
    """Parts of a histogram and expressions over names too; one that only Prometheus could read is not doubted."""
    assert read(name).outcome is Outcome.PASSED


def test_a_recording_rule_makes_its_name() -> None:
    """Even one that looks like vLLM's own."""
    text = "- {record: 'vllm:mine', expr: 'vllm:generation_tokens_total'}\n- {alert: x, expr: 'vllm:mine'}\n"

    assert metrics.dashboards(metric_uses.uses(text, file="f"), reply(HONEST), IMAGE).outcome is Outcome.PASSED


def test_without_files_there_is_nothing_to_hold() -> None:
    """The message says where to name them."""
    judgement = metrics.dashboards((), reply(HONEST), IMAGE)

    assert judgement.outcome is Outcome.NOT_APPLICABLE
    assert "`files` of [metrics]" in judgement.message


def test_many_places_are_cut_short() -> None:
    """A dashboard that reads one name in every panel does not fill the page."""
    assert "rules.yaml:5 and 3 more: vllm:gone is not shown" in read(*["vllm:gone"] * 8).message


def test_the_same_release_differs_in_nothing() -> None:
    """Values are none of the form."""
    judgement = against(HONEST, simulated_wire.metrics_text(700))

    assert judgement.outcome is Outcome.PASSED
    assert judgement.message.startswith("the same ")


def test_what_vanished_is_a_warning_and_what_is_new_is_told() -> None:
    """With the successor; what the release may show later is not called gone."""
    old = HONEST + "# TYPE vllm:gpu_cache_usage_perc gauge\n# TYPE vllm:lora_requests_info gauge\n"
    new = HONEST + "# TYPE vllm:kv_cache_usage_perc gauge\n"

    judgement = against(old, new)

    assert judgement.outcome is Outcome.WARNED
    assert "use vllm:kv_cache_usage_perc" in judgement.message
    assert "not seen yet: vllm:lora_requests_info" in judgement.message
    assert "new: vllm:kv_cache_usage_perc" in judgement.message


def test_a_type_and_a_label_are_part_of_the_form() -> None:
    """An expression that groups by a label finds nothing without it."""
    old, new = HONEST.replace("waiting gauge", "waiting counter"), HONEST.replace('engine="0",', "")

    judgement = against(old, new)

    assert "vllm:num_requests_waiting is a gauge, it was a counter" in judgement.message
    assert "vllm:generation_tokens_total has no label engine any more" in judgement.message


def test_what_the_baseline_shows_once_is_not_missed() -> None:
    """Its own turns differ in it, so it hangs on something else than the release."""
    once = HONEST + "# TYPE vllm:now_and_then gauge\n"

    assert against(once, HONEST, again=HONEST).outcome is Outcome.PASSED
    assert against(HONEST, once, again=once).outcome is Outcome.PASSED


def test_without_one_of_both_nothing_is_compared() -> None:
    """No baseline is no finding, and a candidate that was not asked blocks the comparison."""
    assert against(None, HONEST).outcome is Outcome.NOT_APPLICABLE
    assert against(HONEST, None).outcome is Outcome.BLOCKED
