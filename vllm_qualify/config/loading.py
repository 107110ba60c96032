"""Reads what the operator configured: ``qualify.toml``, the manifests it names, the labelled documents.

Called by the plugin and the command line, once, before anything is tried: a problem in any of these files is told
together with all others, not when a suite comes to it.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import fields, is_dataclass
from pathlib import Path

from vllm_qualify.arguments.shell.environment import unknown_in
from vllm_qualify.config import ModeSettings, Settings, documents, reading
from vllm_qualify.config.documents import Document
from vllm_qualify.config.lines import Keys
from vllm_qualify.config.lookup import BUILT_IN
from vllm_qualify.container import host_file
from vllm_qualify.core import suggestions
from vllm_qualify.core.errors import BadConfig, UserError
from vllm_qualify.kube import config_map_files, kustomize, manifest_files, manifests, yamltext
from vllm_qualify.kube.config_maps import ConfigMaps, Lookup, nowhere
from vllm_qualify.kube.serving import ServingManifest
from vllm_qualify.system import path_checks

MOST_DOCUMENTS_BYTES = 200_000_000
"""Of a file with a document or a sum in each line."""
_MOST_METRICS_BYTES = 20_000_000

KeyProblem = tuple[Keys, str]
RuleIds = Callable[[], Collection[str]]
"""Asked only where settings waive a rule: the tables of all rules are most of the harness."""
# What a run makes itself, where it is not there.
_MADE: Collection[Keys] = frozenset({("history", "file")})


def load(path: Path | None, *, rules: RuleIds | None = None) -> Settings:
    """Read the settings and check every file that they name.

    Args:
        path: a ``qualify.toml``; ``None`` takes the built-in canary profile.
        rules: tells the ids of all rules, for whoever asks them; ``None``: waivers are not looked at.

    Raises:
        BadConfig: the file cannot be read or is wrong, or a file it names is missing or wrong. All of it at once.
    """
    settings, wrong = read(path, rules=rules)
    if wrong:
        raise wrong
    return settings


def checked(text: str, *, source: Path, rules: RuleIds | None = None) -> Settings:
    """Read the text of a ``qualify.toml``, be it written already or not, and check every file that it names.

    Args:
        text: of the file.
        source: where it is, or will be; relative paths in it are meant from its folder.
        rules: as ``load``.

    Raises:
        BadConfig: as ``load``.
    """
    settings = reading.parse(text, source=source)
    if wrong := _wrong(settings, text, source=str(source), rules=rules):
        raise wrong
    return settings


def read(path: Path | None, *, rules: RuleIds | None = None) -> tuple[Settings, BadConfig | None]:
    """Read the settings once, as a pipe can be, and say what is wrong with the files that they name.

    Args:
        path: as in ``load``.
        rules: as in ``load``.

    Raises:
        BadConfig: the file cannot be read or is wrong.
    """
    text = "" if path is None else manifest_files.text(path)
    settings = Settings() if path is None else reading.parse(text, source=path)
    return settings, _wrong(settings, text, source=BUILT_IN if path is None else str(path), rules=rules)


def _wrong(settings: Settings, text: str, *, source: str, rules: RuleIds | None) -> BadConfig | None:
    """What is wrong with the files that settings name."""
    looks = (_missing(settings), _metric_files(settings), _suites(settings), _manifests(settings))
    findings = [*itertools.chain(*looks), *_waivers(settings, rules)]
    return BadConfig(source, reading.placed(text, findings)) if findings else None


def parsed(path: Path | None) -> Settings:
    """Read the settings alone; what the files hold that they name is not looked at.

    Raises:
        BadConfig: the file cannot be read or is wrong.
    """
    return Settings() if path is None else reading.parse(manifest_files.text(path), source=path)


def serving(
    mode: ModeSettings, *, variables: Mapping[str, str] | None = None, elsewhere: Lookup = nowhere
) -> ServingManifest:
    """The serving container of a mode, as its manifest has it.

    Args:
        mode: names the manifest; ConfigMaps are looked for in the files beside it as well.
        variables: what somebody sets from outside; it outranks the manifest.
        elsewhere: where ConfigMaps are that no file has.

    Raises:
        BadManifest: the manifest cannot be read, or a kustomize folder cannot be rendered.
        BadConfig: the file cannot be read at all.
    """
    found = manifest_files.rendered(mode.manifest)
    maps = ConfigMaps(elsewhere=elsewhere, beside=config_map_files.beside(mode.manifest))
    around = manifests.Around(config_maps=maps, variables=variables or {})
    return manifests.serving(found.text, source=found.source, name=mode.workload, around=around)


def of_a_host(manifest: Path) -> bool:
    """Whether a manifest starts vLLM without Kubernetes; ``preflight.settings_subject`` reads those.

    Raises:
        BadConfig: the file cannot be read.
    """
    if not path_checks.is_file(manifest) or manifest.name in kustomize.FILE_NAMES:
        return False
    text = manifest_files.text(manifest)
    if host_file.is_start(manifest, text):
        return True
    return "services" in text and any(host_file.is_compose(one.data) for one in yamltext.readable(text))


def labelled_documents(settings: Settings) -> tuple[Document, ...]:
    """The documents that are classified.

    Raises:
        BadConfig: the file cannot be read, or lines of it are no documents.
    """
    path = settings.classification.documents
    return documents.parse(manifest_files.text(path, most_bytes=MOST_DOCUMENTS_BYTES), source=str(path))


def metric_files(settings: Settings) -> dict[str, str]:
    """The texts of the files that read vLLM's metrics, by their names.

    Raises:
        BadConfig: a file cannot be read.
    """
    paths = dict.fromkeys(path for pattern in settings.metrics.files for path in _matched(pattern))
    return {str(path): manifest_files.text(path, most_bytes=_MOST_METRICS_BYTES) for path in paths}


def _matched(pattern: Path) -> list[Path]:
    """The files that a path with wildcards stands for, in the order of their names; a plain path is its own file."""
    if path_checks.is_file(pattern):
        return [pattern]
    try:
        # From the nearest folder on, so that a bracket in the name of a folder above is no wildcard.
        above = next(folder for folder in pattern.parents if path_checks.is_folder(folder))
        return sorted(path for path in above.glob(str(pattern.relative_to(above))) if path_checks.is_file(path))
    except (OSError, StopIteration, ValueError):
        return []


def _metric_files(settings: Settings) -> Iterator[KeyProblem]:
    for index, pattern in enumerate(settings.metrics.files):
        if not _matched(pattern):
            yield ("metrics", "files", index), f"matches no file: {pattern}"


def _waivers(settings: Settings, rules: RuleIds | None) -> Iterator[KeyProblem]:
    if rules is None or not settings.waivers:
        return
    known = rules()
    for name in settings.waivers:
        if name not in known:
            hint = suggestions.hint(name, known)
            yield ("waivers", name), f"is not the id of a rule{hint}; known ids: {', '.join(sorted(known))}"


def _missing(settings: Settings) -> Iterator[KeyProblem]:
    for keys, path in _paths(settings):
        # A manifest may be a kustomize folder.
        there = manifest_files.exists if keys[-1] == "manifest" else path_checks.is_file
        if keys[0] != "suites" and keys not in _MADE and not there(path):
            yield keys, f"there is no file {path}"


def _suites(settings: Settings) -> Iterator[KeyProblem]:
    for index, folder in enumerate(settings.suites):
        if not path_checks.is_folder(folder):
            yield ("suites", index), f"there is no folder {folder}"


def _paths(value: object, keys: Keys = ()) -> Iterator[tuple[Keys, Path]]:
    """Every path in the settings with its key."""
    if isinstance(value, Path):
        yield keys, value
    elif isinstance(value, Mapping):
        for name, inner in value.items():
            yield from _paths(inner, (*keys, name))
    elif is_dataclass(value):
        for each in fields(value):
            yield from _paths(getattr(value, each.name), (*keys, each.name))


def _manifests(settings: Settings) -> Iterator[KeyProblem]:
    for name, mode in settings.modes.named.items():
        if manifest_files.exists(mode.manifest):
            yield from _manifest(name, mode)


def _manifest(name: str, mode: ModeSettings) -> Iterator[KeyProblem]:
    try:
        if of_a_host(mode.manifest):
            return
        served = serving(mode)
    except UserError as error:
        for line in error.lines:
            yield ("modes", name, "manifest"), line
        return
    unknowns = served.unknowns
    if mode.model and served.model != mode.model and not unknown_in(served.model, unknowns):
        said = f"serves {served.model}" if served.model else "names no --model"
        yield ("modes", name, "model"), f"is {mode.model}, but {served.source} {said}; one of them is out of date"
    open_ = any(unknown_in(each, unknowns) for each in served.served_model_names)
    if mode.served_model_name and mode.served_model_name not in served.served_model_names and not open_:
        names = ", ".join(served.served_model_names) or "nothing"
        yield ("modes", name, "served_model_name"), f"is {mode.served_model_name}, but {served.source} serves {names}"
