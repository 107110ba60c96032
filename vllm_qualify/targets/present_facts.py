"""What is now of the facts that verdicts hold for: a run records it at its start, ``vllm-qualify status`` compares it.

Reads the settings' manifests and asks the kind of target; nothing is started.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping

from vllm_qualify import __version__
from vllm_qualify.arguments import command_line, parser_report
from vllm_qualify.config import Settings
from vllm_qualify.core import verdict_facts
from vllm_qualify.core.errors import UserError
from vllm_qualify.core.fact_names import ARGUMENTS, ENVIRONMENT, HARNESS, MODEL, REVISION, VARIABLES
from vllm_qualify.core.shipped import CANARY
from vllm_qualify.core.standing import PresentFacts
from vllm_qualify.kube import manifest_files, sensitive
from vllm_qualify.kube.serving import ServingManifest
from vllm_qualify.preflight import settings_subject
from vllm_qualify.targets.kind import Ability, TargetKind

_OF_MANIFESTS = (MODEL, REVISION, ARGUMENTS, ENVIRONMENT)
_CANARY = "canary"
_NOT_PINNED = "revision not pinned"
_REVISIONS = ("--revision", "--code-revision", "--tokenizer-revision")


def gather(
    settings: Settings, kind: TargetKind, *, environment: Mapping[str, str] | None = None, offline: bool = False
) -> PresentFacts:
    """Look up everything that is known without an image.

    Args:
        settings: the operator's, settled by the target.
        kind: what candidates run on.
        environment: variables that are set over what the manifests say.
        offline: ask nothing outside of this machine.
    """
    here = PresentFacts(known={HARNESS: f"vllm-qualify {__version__}"} | set_for(environment or {}))
    return here | _manifests(settings, kind, environment or {}) | _surroundings(settings, kind, offline=offline)


def settled(settings: Settings, kind: TargetKind, *, offline: bool = False) -> Settings:
    """The settings with what only the target knows.

    Raises:
        UserError: the target cannot be asked, or must not be.
    """
    if problem := kind.unnamed(settings):
        raise UserError(problem)
    if offline and (host := kind.asks(settings)):
        raise UserError(f"{host} is not asked (--offline)")
    return kind.settled(settings)


def without_manifests(settings: Settings, kind: TargetKind, *, why: str, offline: bool = False) -> PresentFacts:
    """The same as ``gather`` where nobody can tell what production is started with.

    Args:
        settings: the operator's, as they are written.
        kind: what candidates run on.
        why: nobody can.
        offline: ask nothing outside of this machine.
    """
    here = PresentFacts(known={HARNESS: f"vllm-qualify {__version__}"}, unknown=dict.fromkeys(_OF_MANIFESTS, why))
    return here if kind.unnamed(settings) else here | _surroundings(settings, kind, offline=offline)


def set_for(environment: Mapping[str, str]) -> dict[str, str]:
    """Variables of a run as a fact of it; ``reports.judged`` reads it back."""
    return {VARIABLES: shlex.join(f"{name}={value}" for name, value in environment.items())} if environment else {}


def _surroundings(settings: Settings, kind: TargetKind, *, offline: bool) -> PresentFacts:
    try:
        return kind.surroundings(settings, offline=offline)
    except UserError as problem:
        return PresentFacts(unknown=dict.fromkeys(verdict_facts.OF_THE_NODE, str(problem)))


def _manifests(settings: Settings, kind: TargetKind, environment: Mapping[str, str]) -> PresentFacts:
    canary, modes = Ability.ASKS_OWN_DOCUMENTS in kind.lacks(settings), settings.modes.named
    own = {MODEL: _CANARY, REVISION: _canary()} if canary else {}
    try:
        read = {name: settings_subject.serving(mode, variables=environment) for name, mode in modes.items()}
    except UserError as problem:
        return PresentFacts(unknown=dict.fromkeys(_OF_MANIFESTS, str(problem))) | PresentFacts(known=own)
    if not canary:
        revisions = (_revision(one, kind.revision(settings, modes[name], one.model)) for name, one in read.items())
        own = {MODEL: read["ml"].model, REVISION: "; ".join(dict.fromkeys(revisions))}
    found = {
        ARGUMENTS: verdict_facts.hashed("; ".join(f"{name}: {_words(one)}" for name, one in read.items())),
        ENVIRONMENT: _environments(read, environment),
    }
    known = {name: fact for name, fact in (found | own).items() if fact}
    return PresentFacts(unknown={MODEL: "no manifest names it"}) | PresentFacts(known=known)


def _canary() -> str:
    """The canaries' files are all named there with their hashes."""
    return f"canary {verdict_facts.fingerprint(manifest_files.text(CANARY / 'MANIFEST.json'))}"


def _revision(served: ServingManifest, seen: str) -> str:
    pinned = [f"{flag} {value}" for flag in _REVISIONS if (value := served.flag(flag))]
    return f"{served.model} {' '.join(pinned) or seen or _NOT_PINNED}"


def _words(served: ServingManifest) -> str:
    """A command line without its secrets: another key is no other way of serving."""
    words = served.command_line
    return str(parser_report.blank(shlex.join(words), command_line.secrets(words)))


def _environments(read: Mapping[str, ServingManifest], environment: Mapping[str, str]) -> str:
    """All variables by name, and by value where that is harmless; the hash knows the others but the secrets."""
    full = {name: {**served.env, **environment} for name, served in read.items()}
    told = (f"{name}: {_variables(env) or 'nothing'}" for name, env in full.items())
    whole = (
        f"{name}: {sorted((each, _hashed(each, value)) for each, value in env.items())}" for name, env in full.items()
    )
    return verdict_facts.hashed("; ".join(told), whole="; ".join(whole))


def _variables(environment: Mapping[str, str | None]) -> str:
    return " ".join(_variable(*each) for each in sorted(environment.items()))


def _variable(name: str, value: str | None) -> str:
    if value is None:
        return f"{name} from elsewhere"
    return f"{name}={shlex.quote(value) if sensitive.harmless(name) else sensitive.HIDDEN}"


def _hashed(name: str, value: str | None) -> str | None:
    return sensitive.HIDDEN if value is not None and sensitive.sensitive(name) else value
