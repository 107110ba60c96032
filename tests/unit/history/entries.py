"""Runs as the history keeps them, made for its tests."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st

from vllm_qualify.core.outcomes import Verdict
from vllm_qualify.history.entries import RecordedFigure, RecordedRun, RecordedTurn
from vllm_qualify.history.figures import FIGURES

IMAGE = "vllm/vllm-openai:v0.12.0"
FIRST = datetime(2026, 1, 1, 2, tzinfo=UTC)
"""The first night."""

_FINITE = st.floats(allow_nan=False, allow_infinity=False)
_FACTS = st.dictionaries(st.text(), st.text(), max_size=3)
_TIMES = st.datetimes(timezones=st.just(UTC))
_FIGURES = st.lists(st.sampled_from(list(FIGURES)), unique=True).flatmap(
    lambda names: st.tuples(
        *(
            st.builds(
                RecordedFigure, name=st.just(name), value=_FINITE, low=st.none() | _FINITE, high=st.none() | _FINITE
            )
            for name in sorted(names, key=list(FIGURES).index)
        )
    )
)
_TURNS = st.builds(RecordedTurn, verdict=st.none() | st.sampled_from(Verdict), facts=_FACTS, figures=_FIGURES)
RUNS = st.builds(
    RecordedRun,
    started=_TIMES,
    finished=st.none() | _TIMES,
    facts=_FACTS,
    turns=st.lists(_TURNS, max_size=3).map(tuple),
)
"""Any run."""


def night(number: int, *turns: RecordedTurn, name: str = "", finished: bool = True, **about: object) -> RecordedRun:
    """The run of a night, counted from 0.

    Args:
        number: of the night.
        turns: of the run; left out, one image that qualified.
        name: left out, it is that of the night.
        finished: it came to its end.
        about: what else is said of the run.
    """
    started = FIRST + timedelta(days=number)
    return RecordedRun(
        name=name or f"{started:%Y%m%d-%H%M%S}-kubernetes",
        started=started,
        finished=started + timedelta(minutes=20) if finished else None,
        turns=turns or (turn(),),
        **about,  # type: ignore[arg-type]  # Fields of a run.
    )


def turn(
    verdict: Verdict = Verdict.QUALIFIED, *, image: str = IMAGE, facts: dict[str, str] | None = None, **values: float
) -> RecordedTurn:
    """The turn of a candidate.

    Args:
        verdict: of it.
        image: of it.
        facts: of it.
        values: figures by their names, with _ for -.
    """
    figures = tuple(RecordedFigure(name=name.replace("_", "-"), value=value) for name, value in values.items())
    return RecordedTurn(image=image, verdict=verdict, figures=figures, facts=facts or {})
