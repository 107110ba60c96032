"""Rules of attention: does the release have the backend, and does it take this GPU and the KV cache's numbers? Pure."""

from __future__ import annotations

from collections.abc import Iterator

from packaging.version import Version

from vllm_qualify.core.records import Certainty, Severity
from vllm_qualify.core.remedies import ChangeKind, Remedy, drop_flag, one_change
from vllm_qualify.core.rules import RuleResult, row, weakest
from vllm_qualify.preflight import attention
from vllm_qualify.preflight.attention import BACKEND_OPTION, BACKEND_VARIABLE, KV_DTYPE, LIMITS, BackendLimit
from vllm_qualify.preflight.phrases import listed
from vllm_qualify.preflight.question import Question

# From here on a name that the release does not have is refused; before, it was passed over in silence.
_NAMES_CHECKED = Version("0.10.1")
_SUFFIX = "_VLLM_V1"


def numbers(question: Question) -> Iterator[RuleResult]:
    """P28: GPU and attention backend take the numbers of the KV cache, and the GPU is one for the backend."""
    release, own = question.release, question.node.compute_capability
    if release is None or own is None:
        return
    backend, kind = attention.asked_for(question).removesuffix(_SUFFIX), attention.kv_numbers(question)
    latent = question.model.latent if question.model else None
    for limit in LIMITS:
        asked = any(kind.startswith(one) for one in limit.numbers) and limit.backend == backend
        if asked and limit.concerns(release.version) and limit.above <= own < limit.below and _meant(limit, latent):
            yield _limited(question, limit, kind)
            return


def names(question: Question) -> Iterator[RuleResult]:
    """P29: the release has the attention backend that the variable names; the option is P18's."""
    release, name = question.release, question.env.get(BACKEND_VARIABLE)
    if release is None or not name or BACKEND_VARIABLE not in release.environment:
        return
    if name in release.attention_backends:
        return
    checked = release.version >= _NAMES_CHECKED
    effect = "which ends the start (E63)" if checked else "and ignores it silently"
    same = name.removesuffix(_SUFFIX)
    other = same if same in release.attention_backends else ""
    text = f"write {BACKEND_VARIABLE}={other}" if other else f"drop the variable {BACKEND_VARIABLE}"
    remedy = one_change(ChangeKind.ENVIRONMENT, text, name=BACKEND_VARIABLE, value=other)
    yield RuleResult(
        severity=Severity.BLOCK if checked else Severity.WARN,
        actual=f"v{release.version} has no attention backend {name}, {effect}; it has "
        f"{listed(release.attention_backends, most=8)}",
        path=BACKEND_VARIABLE,
        source="the release's list of attention backends",
        remedies=(remedy,),
    )


def _meant(limit: BackendLimit, latent: bool | None) -> bool:  # noqa: FBT001  # Three answers: yes, no, nobody knows.
    """The limit is about such a model; where nobody knows the model, it is taken for the usual one."""
    return limit.latent is None or limit.latent is bool(latent)


def _limited(question: Question, limit: BackendLimit, kind: str) -> RuleResult:
    own, release = question.node.compute_capability or (0, 0), question.release
    version = release.version if release else ""
    about_numbers = limit.numbers != ("",)
    what = f"{KV_DTYPE} {kind}" if about_numbers else f"the attention backend {limit.backend}"
    known = limit.latent is None or question.model is not None
    remedies: list[Remedy] = [drop_flag(KV_DTYPE)] if about_numbers else []
    if limit.backend and not about_numbers:
        remedies.append(_drop_backend(question))
    if limit.works and not limit.backend:
        text = f"take v{limit.works}, where it still works"
        remedies.append(one_change(ChangeKind.RELEASE, text, value=limit.works))
    return RuleResult(
        certainty=limit.certainty if known else weakest(limit.certainty, Certainty.PROBABLE),
        actual=f"v{version} cannot start with {what} on compute capability {own[0]}.{own[1]}: {limit.says}",
        path=KV_DTYPE if about_numbers else BACKEND_OPTION,
        source=limit.source,
        remedies=tuple(remedies),
    )


def _drop_backend(question: Question) -> Remedy:
    option = question.command is not None and question.command.value(BACKEND_OPTION) is not None
    name, kind = (BACKEND_OPTION, ChangeKind.FLAG) if option else (BACKEND_VARIABLE, ChangeKind.ENVIRONMENT)
    text = f"drop {name}" if option else f"drop the variable {name}"
    return one_change(kind, text, name=name)


NUMBERS = (
    row(
        "P28", "KV cache number format", "GPU and attention backend support the number format of the KV cache", numbers
    ),
)


NAMES = (row("P29", "attention backend", "the release has the attention backend", names),)
