"""Which images a first file names: what runs today, and the newest that preflight expects to work, from facts alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from vllm_qualify import preflight
from vllm_qualify.cli.first_settings.draft import Noted
from vllm_qualify.config import Settings
from vllm_qualify.config.lookup import GUESSED
from vllm_qualify.core import images
from vllm_qualify.core.images import BadImage, ImageRef
from vllm_qualify.preflight import PredictedVerdict, predict, repositories, settings_subject
from vllm_qualify.preflight.predict import ImagePrediction
from vllm_qualify.preflight.repositories import RepositoryKind
from vllm_qualify.selection import choice
from vllm_qualify.targets import table
from vllm_qualify.targets.kind import TargetKind

_EXPECTED = (PredictedVerdict.SHOULD_WORK, PredictedVerdict.CANNOT_VERIFY)


@dataclass(frozen=True, slots=True, kw_only=True)
class TodaysImage:
    """What runs today, as a manifest or an engine names it, and where."""

    image: str
    place: str


def candidates(settings: Settings, running: TodaysImage | None) -> tuple[Noted, ...]:
    """The images to try, the newest first; what is ruled out is named as a comment.

    Args:
        settings: what else the file says.
        running: what runs today; ``None`` where nothing says so.
    """
    kind = table.chosen(settings.target, settings)
    told = kind.node(settings)
    node = told[0] if told else preflight.node()
    subject = settings_subject.subject(settings, node=node, variables={})
    today = _parsed(running)
    found = [_in_repository(one, today) for one in predict.every(subject)]
    newest = next(_expected(found, kind, settings), None)
    if newest is None:
        listed = [Noted(value="vllm/vllm-openai:TAG", note="missing: preflight rules out every release", active=False)]
    else:
        listed = [Noted(value=str(newest.image), note=_why(newest, kind, known=bool(node.gpu)))]
    if running and today and (newest is None or today != newest.image):
        listed.append(_today(predict.of(today, subject), running, kind.obstacle(today, settings)))
    return tuple(listed)


def _parsed(running: TodaysImage | None) -> ImageRef | None:
    """The image that runs; ``None`` where nobody says it, or not as one that could be tried."""
    try:
        return images.parse(running.image) if running else None
    except BadImage:
        return None


def _in_repository(one: ImagePrediction, today: ImageRef | None) -> ImagePrediction:
    """The same in the operator's own copy of the project's repository, where that is where images come from."""
    copies = {RepositoryKind.OWN, RepositoryKind.COPY}
    if today is None or repositories.name(today) not in copies:
        return one
    return replace(one, image=replace(one.image, repository=today.repository))


def _expected(found: Sequence[ImagePrediction], kind: TargetKind, settings: Settings) -> Iterator[ImagePrediction]:
    """What may work, the best known and then the newest first."""
    for verdict in _EXPECTED:
        yield from (one for one in found if one.verdict is verdict and not kind.obstacle(one.image, settings))


def _why(newest: ImagePrediction, kind: TargetKind, *, known: bool) -> str:
    if newest.verdict is PredictedVerdict.SHOULD_WORK:
        return f"{GUESSED}the newest that preflight expects to work ({kind.name} target)"
    on = "too little is known of the node" if known else "no GPU to judge it on"
    return f"{GUESSED}the newest that preflight does not rule out ({kind.name} target; {on})"


def _today(predicted: ImagePrediction, running: TodaysImage, obstacle: str) -> Noted:
    runs = f"runs today, from {running.place}"
    if choice.unpromising(predicted):
        return Noted(value=running.image, note=f"{runs}; preflight: {predicted.prediction.reason}", active=False)
    return Noted(value=running.image, note=f"{runs}; {obstacle}" if obstacle else runs, active=not obstacle)
