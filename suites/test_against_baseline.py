"""Beside the baseline: no slower, no less often right, the same answers, forms and metrics, no more time and memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from vllm_qualify import checks
from vllm_qualify.checks import comparison, integrity, shape

if TYPE_CHECKING:
    from vllm_qualify.checks.comparison.compared import Compared
    from vllm_qualify.config import Settings
    from vllm_qualify.plugin.recorder import Conclude


@pytest.mark.requirement("THROUGHPUT")
@pytest.mark.cost(0)
def test_no_slower(compared: Compared, settings: Settings, conclude: Conclude) -> None:
    """One stream is decoded no slower than by the baseline, before and after."""
    cases = compared.cases("THROUGHPUT/decode-rate")

    conclude(comparison.speed.judge(cases, comparison.speed.DECODE_RATE, limit=settings.baseline.regression))


@pytest.mark.requirement("THROUGHPUT")
@pytest.mark.cost(0)
def test_streams_no_slower(compared: Compared, settings: Settings, conclude: Conclude) -> None:
    """Many streams at once are decoded no slower than by the baseline."""
    cases = compared.cases("THROUGHPUT/streams")

    conclude(comparison.speed.judge(cases, comparison.speed.THROUGHPUT, limit=settings.baseline.regression))


@pytest.mark.requirement("THROUGHPUT")
@pytest.mark.cost(0)
def test_first_token_no_later(compared: Compared, settings: Settings, conclude: Conclude) -> None:
    """Of many streams at once, the first token comes no later than from the baseline."""
    cases = compared.cases("THROUGHPUT/streams")

    conclude(comparison.speed.judge(cases, comparison.speed.FIRST_TOKEN, limit=settings.baseline.regression))


@pytest.mark.requirement("CLASSIFY")
@pytest.mark.cost(0)
def test_no_document_lost(compared: Compared, settings: Settings, conclude: Conclude) -> None:
    """As many documents are answered right as by the baseline, the same ones compared."""
    conclude(comparison.accuracy.accuracy(compared.cases("CLASSIFY/labels"), limit=settings.baseline.regression))


@pytest.mark.requirement("CLASSIFY")
@pytest.mark.cost(0)
def test_as_long_as_before(compared: Compared, conclude: Conclude) -> None:
    """Answers in words alone are 90 to 110 % as long as the baseline's."""
    conclude(comparison.accuracy.length(compared.cases("CLASSIFY/without-schema")))


@pytest.mark.requirement("CLASSIFY")
@pytest.mark.cost(0)
def test_same_answers(compared: Compared, conclude: Conclude) -> None:
    """The documents are answered as by the baseline; what changed is listed side by side."""
    conclude(comparison.accuracy.changed(compared.cases("CLASSIFY/labels")))


@pytest.mark.requirement("LOAD")
@pytest.mark.level("quick")
@pytest.mark.cost(0)
def test_starts_as_fast(compared: Compared, conclude: Conclude) -> None:
    """The first token comes no later after a start than the baseline's, caches alike."""
    conclude(comparison.resources.start(compared.cases("LOAD/first-token")))


@pytest.mark.requirement("VRAM")
@pytest.mark.level("quick")
@pytest.mark.cost(0)
def test_no_more_memory(compared: Compared, conclude: Conclude) -> None:
    """No more of the GPU's memory is used than by the baseline."""
    conclude(comparison.resources.memory(compared.cases("VRAM/vram")))


@pytest.mark.requirement("TOOLS")
@pytest.mark.cost(0)
def test_same_finish_reasons(compared: Compared, conclude: Conclude) -> None:
    """Answers that call tools end with the same finish reasons as the baseline's."""
    conclude(comparison.effects.against(compared.cases("TOOLS/finish-reason"), key="finish_reasons"))


@pytest.mark.requirement("SCHEMA")
@pytest.mark.cost(0)
def test_same_features(compared: Compared, conclude: Conclude) -> None:
    """Every feature of JSON Schema that the baseline keeps is kept."""
    conclude(comparison.effects.against(compared.cases("SCHEMA/features"), key="effects"))


@pytest.mark.requirement("SCHEMA")
@pytest.mark.cost(0)
def test_same_spellings(compared: Compared, conclude: Conclude) -> None:
    """Every spelling of a constraint that works on the baseline works."""
    conclude(comparison.effects.against(compared.cases("SCHEMA/spellings"), key="effects"))


@pytest.mark.requirement("SHAPE")
@pytest.mark.cost(0)
def test_same_form(compared: Compared, conclude: Conclude) -> None:
    """Answers, streams and errors have every field and header that the baseline's have."""
    conclude(shape.difference.against(compared.cases("SHAPE/form")))


@pytest.mark.requirement("INTEGRITY")
@pytest.mark.cost(0)
def test_same_sampling(compared: Compared, conclude: Conclude) -> None:
    """Requests without sampling parameters get the same ones as with the baseline."""
    conclude(integrity.beside.sampling(compared.cases("INTEGRITY/sampling-defaults")))


@pytest.mark.requirement("INTEGRITY")
@pytest.mark.cost(0)
def test_as_many_accepted(compared: Compared, conclude: Conclude) -> None:
    """The share of drafted tokens that is accepted is no smaller than with the baseline."""
    conclude(integrity.beside.acceptance(compared.cases("INTEGRITY/speculative")))


@pytest.mark.requirement("METRICS")
@pytest.mark.cost(0)
def test_same_names(compared: Compared, conclude: Conclude) -> None:
    """/metrics shows every name that the baseline shows, of the same type and with the same labels."""
    conclude(checks.metrics.against(compared.cases("METRICS/names")))
