from __future__ import annotations

from decimal import Decimal

import pytest

from vllm_qualify.kube import quantity


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("16Gi", 16 * 2**30),
        ("64M", 64 * 10**6),
        ("500m", Decimal("0.5")),
        (1, 1),
        ("1.5k", 1500),
        ("2E", 2 * 10**18),
        ("1Ei", 2**60),
        ("1e3", 1000),
        (0, 0),
        ("3n", Decimal("3e-9")),
    ],
)
def test_quantities_are_read_as_kubernetes_does(text: object, amount: object) -> None:
    """Binary and decimal suffixes, exponents, and bare numbers."""
    assert quantity.amount(text) == amount


@pytest.mark.parametrize("text", ["", "16GiB", "much", "1 Gi", None, True, "Gi"])
def test_what_is_no_quantity_is_none(text: object) -> None:
    """Nothing is guessed."""
    assert quantity.amount(text) is None
    assert not quantity.same(text, text)


@pytest.mark.parametrize(("one", "other"), [("1", 1), ("1Gi", "1024Mi"), ("2000m", "2"), ("0.5", "500m")])
def test_the_same_amount_may_be_written_in_two_ways(one: object, other: object) -> None:
    """The API server rewrites them, which changes nothing."""
    assert quantity.same(one, other)
