"""The estimate of GPU memory, against what was observed and what the models' cards say."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vllm_qualify.preflight import ChangeKind, ModelFacts, Ruling, memory, models, node
from vllm_qualify.preflight.memory import Wish
from vllm_qualify.records import Certainty, Severity

Rulings = Callable[..., tuple[Ruling, ...]]
GIB = 1024
EAGER = Wish(eager=True)
MIXED = ModelFacts(layers=32, heads=32, kv_heads=8, head_dim=128, hidden=4096, intermediate=14336, vocab=128256)


def qwen3() -> ModelFacts:
    """The story's model."""
    found = models.known("qwen/qwen3-8b-awq")
    assert found is not None
    return found


def test_the_storys_observation() -> None:
    """10,820 of 12,288 MiB were in use at a share of 0.90 and a length of 8192; the estimate is within one per cent."""
    found = memory.estimate(qwen3(), memory_mib=12288, wish=EAGER)

    assert found is not None
    assert abs(found.used - 10820) <= 0.01 * 10820
    assert found.tokens(found.cache_low) >= 8192


def test_what_the_cards_say() -> None:
    """Weights of 5.68 GiB, 144 KiB a token, 1.125 GiB for 8192 tokens; a cache of 3.3 to 4.1 GiB is left."""
    found = memory.estimate(qwen3(), memory_mib=12288, wish=EAGER)

    assert found is not None
    assert found.weights / GIB == pytest.approx(5.68, abs=0.01)
    assert found.kv_bytes == 144 * 1024
    assert found.kv_bytes * 8192 / GIB**3 == 1.125
    assert 3.3 <= found.cache / GIB <= 4.1
    assert 24_000 <= found.tokens(found.cache) <= 30_000


def test_the_other_models_of_the_story() -> None:
    """The R1 distillation takes 5.19 GiB of files and 56 KiB a token."""
    r1 = models.known("casperhansen/deepseek-r1-distill-qwen-7b-awq")

    assert r1 is not None
    assert r1.weights is not None
    assert r1.weights / GIB**3 == pytest.approx(5.19, rel=0.02)
    assert r1.kv_bytes_a_token() == 56 * 1024


@given(st.integers(8 * GIB, 200 * GIB), st.integers(1, 95), st.booleans(), st.integers(1, 8))
def test_more_memory_holds_more(size: int, share: int, eager: bool, parallel: int) -> None:  # noqa: FBT001
    """The bounds lie around the estimate, a larger card or share holds no less, and graphs take no negative room."""
    wish = Wish(utilization=share / 100, eager=eager, parallel=parallel)
    one = memory.estimate(MIXED, memory_mib=size, wish=wish)
    larger = memory.estimate(MIXED, memory_mib=size + GIB, wish=replace(wish, utilization=share / 100 + 0.01))
    eagerly = memory.estimate(MIXED, memory_mib=size, wish=replace(wish, eager=True))

    assert one is not None
    assert larger is not None
    assert eagerly is not None
    assert one.cache_low <= one.cache <= one.cache_high
    assert one.cache < larger.cache
    assert one.cache <= eagerly.cache


@pytest.mark.parametrize(
    ("args", "severity", "certainty", "says"),
    [
        (["--enforce-eager", "--max-model-len", "8192"], Severity.NOTE, Certainty.PROBABLE, "about 26464"),
        (["--enforce-eager"], Severity.BLOCK, Certainty.PROBABLE, "up to 40960"),
        (["--enforce-eager", "--max-model-len", "40k"], Severity.BLOCK, Certainty.PROBABLE, "up to 40000"),
        (["--enforce-eager", "--max-model-len", "27K"], Severity.BLOCK, Certainty.POSSIBLE, "it may not fit"),
        (
            ["--gpu-memory-utilization", "0.6", "--max-model-len=8192"],
            Severity.BLOCK,
            Certainty.PROBABLE,
            "it does not fit",
        ),
        (
            ["--enforce-eager", "--kv-cache-dtype", "fp8", "--max-model-len=32768"],
            Severity.NOTE,
            Certainty.PROBABLE,
            "40960",
        ),
        (["-tp", "2", "--max-model-len=8192"], Severity.NOTE, Certainty.PROBABLE, "weights 2908"),
    ],
)
def test_what_fits_on_the_storys_card(
    found: Rulings, args: list[str], severity: Severity, certainty: Certainty, says: str
) -> None:
    """The length that is asked for, or the model's own, is held against the cache that is left, within the bounds."""
    (ruling,) = found("P12", "v0.10.2", args=("--model", "x", *args))

    assert (ruling.severity, ruling.certainty) == (severity, certainty)
    assert says in ruling.actual


def test_the_largest_length_that_fits_is_offered(found: Rulings) -> None:
    """What is offered in place of a length that does not fit does fit, even at worst."""
    (ruling,) = found("P12", "v0.10.2", args=("--model", "x", "--enforce-eager"))
    change = ruling.ways[0][0]

    (again,) = found("P12", "v0.10.2", args=("--model", "x", "--enforce-eager", change.name, change.value))

    assert (change.kind, change.name) == (ChangeKind.FLAG, "--max-model-len")
    assert again.severity is Severity.NOTE


def test_a_larger_share_is_offered_where_it_is_enough(found: Rulings) -> None:
    """At a share of 0.6 nothing is left for the cache; 0.95 holds the length."""
    (ruling,) = found(
        "P12",
        "v0.10.2",
        args=("--model", "x", "--enforce-eager", "--max-model-len", "8192", "--gpu-memory-utilization=0.6"),
    )

    assert [(change.name, change.value) for way in ruling.ways for change in way] == [
        ("--gpu-memory-utilization", "0.95")
    ]


def test_a_card_that_is_too_small(found: Rulings) -> None:
    """On 6 GB not even the weights fit, so another card is what would help."""
    (ruling,) = found("P12", "v0.10.2", node=node(gpu="RTX 2060"))

    assert "E29" in ruling.actual
    assert [change.kind for way in ruling.ways for change in way] == [ChangeKind.NODE]


@pytest.mark.parametrize(("length", "stops"), [("40960", 0), ("40961", 1), ("1M", 1), ("auto", 0)])
def test_the_models_own_limit(found: Rulings, length: str, stops: int) -> None:
    """A length beyond the model's configuration stops the start, unless a variable allows it."""
    args = ("--model", "x", "--max-model-len", length)

    assert len(found("P13", "v0.10.2", args=args)) == stops
    assert not found("P13", "v0.10.2", args=args, env={"VLLM_ALLOW_LONG_MAX_MODEL_LEN": "1"})
