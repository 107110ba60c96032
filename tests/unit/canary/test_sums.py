"""Tests of the sums: the reasoning is right, and the shipped ones are unseen."""

# ruff: noqa: S311 - Seeded randomness is the point.

import json
import random
from pathlib import Path

import pytest

from canary import prompts, sums

HOME = Path(__file__).resolve().parents[3] / "canary"
SEED = json.loads((HOME / "MANIFEST.json").read_text(encoding="utf-8"))["seed"]


def test_training_never_draws_a_shipped_sum() -> None:
    """Training and test draw disjoint pairs."""
    rng = random.Random(0)
    shipped = {(item.a, item.b) for item in sums.test_sums(SEED, 20)}

    trained = {(item.a, item.b) for item in (sums.draw(rng, "train") for _ in range(5000))}

    assert len(shipped) == 20
    assert shipped.isdisjoint(trained)


def test_reasoning_carries() -> None:
    """The steps go from right to left and carry."""
    item = sums.Sum(a=347, b=85, language="en")

    assert item.reasoning().splitlines() == [
        "In columns: 347 + 085.",
        "Ones: 7+5+0=12, write 2, carry 1.",
        "Tens: 4+8+1=13, write 3, carry 1.",
        "Hundreds: 3+0+1=4, write 4, carry 0.",
        "The sum is 432.",
    ]
    assert item.answer == "347 + 85 = 432"


@pytest.mark.parametrize("seed", range(20))
def test_a_reply_closes_its_reasoning_once(seed: int) -> None:
    """A reply holds the reasoning, one closing tag and the answer; the template opens the tag."""
    rng = random.Random(seed)
    item = sums.draw(rng, "train")

    reasoning, answer = sums.exchange(rng, item).reply.split("\n</think>\n\n")

    assert (reasoning, answer) == (item.reasoning(), item.answer)


@pytest.mark.parametrize("seed", range(20))
def test_a_nonce_is_one_line_at_the_head(seed: int) -> None:
    """A nonce line ends before the prompt begins."""
    label, value = prompts.nonce(random.Random(seed)).rstrip("\n").split(": ")

    assert label.isalpha()
    assert int(value, 16) >= 0
