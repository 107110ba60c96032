"""What is told where there is no room for all of it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from vllm_qualify.reports import fitting
from vllm_qualify.reports.fitting import Part

PARTS = st.builds(
    Part, rank=st.integers(min_value=0, max_value=3), blocks=st.lists(st.text(max_size=40), max_size=4).map(tuple)
)


@given(parts=st.lists(PARTS, max_size=8), room=st.integers(min_value=-100, max_value=1_000))
def test_it_never_takes_more_than_there_is(parts: list[Part], room: int) -> None:
    """Whatever the parts: what is chosen fits, and is the beginning of each."""
    told = fitting.fitting(parts, room)

    size = sum(
        len(f"{block}\n".encode()) for part, count in zip(parts, told, strict=True) for block in part.blocks[:count]
    )
    assert size <= max(room, 0)
    assert all(count <= len(part.blocks) for part, count in zip(parts, told, strict=True))


@given(parts=st.lists(PARTS, max_size=8))
def test_where_there_is_room_all_is_told(parts: list[Part]) -> None:
    """Nothing is left out without need."""
    assert fitting.fitting(parts, 1_000_000) == tuple(len(part.blocks) for part in parts)


def test_the_most_important_part_comes_first() -> None:
    """Also where it is the last of the document."""
    parts = [Part(rank=2, blocks=("x" * 50,)), Part(rank=1, blocks=("y" * 50,))]

    assert fitting.fitting(parts, 60) == (0, 1)


def test_every_part_begins_before_one_goes_on() -> None:
    """A part that has much to tell leaves no other untold."""
    parts = [Part(rank=0, blocks=("x" * 50,) * 9), Part(rank=1, blocks=("y" * 50, "z" * 50))]

    assert fitting.fitting(parts, 2 * 80 + 3 * 51) == (2, 1)


def test_a_part_that_lost_a_block_ends_there() -> None:
    """What follows may lean on it, so a shorter one is not told in its place."""
    parts = [Part(rank=0, blocks=("x", "y" * 500, "z"))]

    assert fitting.fitting(parts, 200) == (1,)
