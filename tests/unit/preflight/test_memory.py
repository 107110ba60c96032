"""The estimate of GPU memory, against what was observed and what the models' cards say."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.version import Version

from vllm_qualify.core.records import Certainty, Finding, Severity
from vllm_qualify.core.remedies import ChangeKind
from vllm_qualify.preflight import Question, accounting, memory, memory_estimate, models, node
from vllm_qualify.preflight.accounting import Account
from vllm_qualify.preflight.memory import MemoryRequest

Ask = Callable[..., Question]
Rulings = Callable[..., tuple[Finding, ...]]
GIB = 1024
EAGER = MemoryRequest(eager=True)
LARGE = MemoryRequest(max_num_seqs=1024, batched_tokens=8192)
MIXED_CONFIG = {
    "num_hidden_layers": 32, "num_attention_heads": 32, "num_key_value_heads": 8, "head_dim": 128,
    "hidden_size": 4096, "intermediate_size": 14336, "vocab_size": 128256,
}  # fmt: skip
MIXED = models.from_config(MIXED_CONFIG)


def qwen3() -> models.ModelFacts:
    """The story's model."""
    found = models.known("qwen/qwen3-8b-awq")
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("release", "memory_mib", "wish", "used", "tokens"),
    [
        ("0.8.5.post1", 12288, EAGER, (10820, 10820), None),
        ("0.20.2", 143771, replace(LARGE, utilization=0.0769, eager=True), (12335, 12335), 18352),
        ("0.20.2", 143771, replace(LARGE, utilization=0.5, eager=True), (73159, 73159), 449056),
        ("0.20.2", 143771, replace(LARGE, utilization=0.3), (43893, 43957), 240688),
        ("0.25.1", 143771, replace(LARGE, utilization=0.3), (46371, 46371), 251984),
    ],
)
def test_what_was_measured(
    release: str, memory_mib: int, wish: MemoryRequest, used: tuple[int, int], tokens: int | None
) -> None:
    """Use and cache lie inside the bounds; the nominal use is within 180 MiB, the nominal cache within 450 tokens."""
    found = memory.estimate(qwen3(), memory_mib=memory_mib, wish=wish, version=Version(release))

    assert found is not None
    assert found.used.low <= used[0] <= used[1] <= found.used.high
    assert found.used.nominal == pytest.approx(sum(used) / 2, abs=180)
    if tokens:
        assert found.cache_tokens.low <= tokens <= found.cache_tokens.high
        assert found.cache_tokens.nominal == pytest.approx(tokens, abs=700)


def test_the_first_engine_counts_everything_and_the_next_does_not() -> None:
    """Since 0.9.1 the CUDA context lies beside the share, so that the same share takes more of the card."""
    older, newer = (
        memory.estimate(qwen3(), memory_mib=12288, wish=EAGER, version=Version(release))
        for release in ("0.9.0.1", "0.9.1")
    )

    assert older is not None
    assert newer is not None
    assert newer.used.nominal > older.used.nominal + 500
    assert "0.9.1" in newer.source


def test_what_the_cards_say() -> None:
    """Weights of 5.68 GiB, 144 KiB a token, 1.125 GiB for 8192 tokens; a cache of 3.3 to 4.1 GiB is left."""
    found = memory.estimate(qwen3(), memory_mib=12288, wish=EAGER, version=Version("0.8.5.post1"))

    assert found is not None
    assert found.weights / GIB == pytest.approx(5.68, abs=0.01)
    assert found.kv_bytes == 144 * 1024
    assert found.kv_bytes * 8192 / GIB**3 == 1.125
    assert 3.3 <= found.cache.nominal / GIB <= 4.1
    assert 24_000 <= found.cache_tokens.nominal <= 30_000


def test_the_other_models_of_the_story() -> None:
    """The R1 distillation takes 5.19 GiB of files and 56 KiB a token."""
    r1 = models.known("casperhansen/deepseek-r1-distill-qwen-7b-awq")

    assert r1 is not None
    assert r1.weights is not None
    assert r1.weights / GIB**3 == pytest.approx(5.19, rel=0.02)
    assert r1.kv_bytes_a_token() == 56 * 1024


@given(
    size=st.integers(8 * GIB, 200 * GIB),
    share=st.integers(1, 95),
    eager=st.booleans(),
    parallel=st.integers(1, 8),
    way=st.sampled_from(accounting.accounts()),
)
def test_more_memory_holds_more(size: int, share: int, eager: bool, parallel: int, way: Account) -> None:  # noqa: FBT001
    """A larger card with a larger share holds and uses no less; the bounds lie around the estimate."""
    wish = MemoryRequest(utilization=share / 100, eager=eager, parallel=parallel)
    one = memory.estimate(MIXED, memory_mib=size, wish=wish, version=way.first)
    larger = memory.estimate(
        MIXED, memory_mib=size + GIB, wish=replace(wish, utilization=share / 100 + 0.01), version=way.first
    )

    assert one is not None
    assert larger is not None
    for bounds in (one.used, one.wanted, one.cache, one.beside, one.cache_tokens):
        assert bounds.low <= bounds.nominal <= bounds.high
    assert all(mine < theirs for mine, theirs in zip(one.wanted, larger.wanted, strict=True))
    assert all(mine < theirs for mine, theirs in zip(one.cache, larger.cache, strict=True))
    assert one.used.high <= size


@given(share=st.integers(1, 95), way=st.sampled_from(accounting.accounts()), tokens=st.integers(2048, 16384))
def test_graphs_and_larger_steps_leave_less(share: int, way: Account, tokens: int) -> None:
    """CUDA graphs and more tokens a step never leave more room for the cache."""
    wish = MemoryRequest(utilization=share / 100, batched_tokens=tokens)
    graphs, eager, larger = (
        memory.estimate(MIXED, memory_mib=24576, wish=each, version=way.first)
        for each in (wish, replace(wish, eager=True), replace(wish, batched_tokens=tokens * 2))
    )

    assert graphs is not None
    assert eager is not None
    assert larger is not None
    assert graphs.cache.nominal <= eager.cache.nominal
    assert larger.cache.nominal <= graphs.cache.nominal


@pytest.mark.parametrize(
    ("args", "severity", "certainty", "says"),
    [
        (["--enforce-eager", "--max-model-len", "8192"], Severity.NOTE, Certainty.PROBABLE, "about 29"),
        (["--enforce-eager"], Severity.BLOCK, Certainty.PROBABLE, "up to 40960"),
        (["--enforce-eager", "--max-model-len", "40k"], Severity.BLOCK, Certainty.PROBABLE, "up to 40000"),
        (["--enforce-eager", "--max-model-len", "27K"], Severity.BLOCK, Certainty.POSSIBLE, "it may not fit"),
        (
            ["--gpu-memory-utilization", "0.5", "--max-model-len=8192"],
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
        (["-tp", "2", "--max-model-len=8192"], Severity.NOTE, Certainty.PROBABLE, "weights 2,908"),
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
    change = ruling.remedies[0].changes[0]

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

    assert [(change.name, change.value) for remedy in ruling.remedies for change in remedy.changes] == [
        ("--gpu-memory-utilization", "0.95")
    ]


def test_a_card_that_is_too_small(found: Rulings) -> None:
    """On 6 GB not even the weights fit, so another card is what would help."""
    (ruling,) = found("P12", "v0.10.2", node=node(gpu="RTX 2060"))

    assert "E29" in ruling.actual
    assert [change.kind for remedy in ruling.remedies for change in remedy.changes] == [ChangeKind.NODE]


@pytest.mark.parametrize(("length", "stops"), [("40960", 0), ("40961", 1), ("1M", 1), ("auto", 0)])
def test_the_models_own_limit(found: Rulings, length: str, stops: int) -> None:
    """A length beyond the model's configuration stops the start, unless a variable allows it."""
    args = ("--model", "x", "--max-model-len", length)

    assert len(found("P13", "v0.10.2", args=args)) == stops
    assert not found("P13", "v0.10.2", args=args, env={"VLLM_ALLOW_LONG_MAX_MODEL_LEN": "1"})


def test_a_length_that_vllm_chooses_itself(found: Rulings) -> None:
    """``--max-model-len auto`` takes the longest that fits, so nothing can be too long."""
    (ruling,) = found("P12", "v0.20.2", args=("--model", "x", "--max-model-len", "auto"))

    assert ruling.severity is Severity.NOTE
    assert "uses the longest that fits" in ruling.actual


def test_a_cache_of_a_given_size_is_not_estimated(ask: Ask, found: Rulings) -> None:
    """With ``--kv-cache-memory-bytes`` the share decides nothing, so nothing is said of it."""
    args = ("--model", "x", "--kv-cache-memory-bytes", "2G", "--max-model-len", "40960")
    (ruling,) = found("P12", "v0.20.2", args=args)

    assert ruling.severity is Severity.NOTE
    assert memory_estimate(ask("v0.20.2", args=args)) is None


def test_a_cache_that_varies_is_never_too_small_for_sure(found: Rulings) -> None:
    """Latent attention and sliding windows need less than this arithmetic says, so that it may still fit."""
    sliding = models.from_config({**MIXED_CONFIG, "sliding_window": 1024})
    (plain,) = found("P12", "v0.20.2", model=MIXED, node=node(gpu="RTX 3090"), args=("--max-model-len", "200000"))
    (ruling,) = found("P12", "v0.20.2", model=sliding, node=node(gpu="RTX 3090"), args=("--max-model-len", "200000"))

    assert plain.certainty is Certainty.PROBABLE
    assert (ruling.severity, ruling.certainty) == (Severity.BLOCK, Certainty.POSSIBLE)


@pytest.mark.parametrize(
    ("tag", "share", "warns"),
    [("v0.8.5.post1", "0.90", 0), ("v0.20.2", "0.90", 1), ("v0.20.2", "0.80", 0), ("v0.25.1", "0.95", 1)],
)
def test_what_is_taken_beside_the_share(found: Rulings, tag: str, share: str, warns: int) -> None:
    """On a card of 12 GiB a share of 0.90 leaves 1.2 GiB, which is not surely enough since 0.9.1."""
    args = ("--model", "x", "--enforce-eager", "--max-model-len", "8192", "--gpu-memory-utilization", share)

    assert [one.severity for one in found("P27", tag, args=args)] == [Severity.WARN] * warns
