"""Production's containers as the modes of the settings, so that all that reads manifests reads them as well."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from vllm_qualify.config import Modes, ModeSettings
from vllm_qualify.container import manifest_text
from vllm_qualify.kube.sensitive import HIDDEN, sensitive
from vllm_qualify.system import files
from vllm_qualify.targets.base import Mode
from vllm_qualify.targets.container.subjects import ModeContainer


def of(found: Mapping[Mode, ModeContainer], *, folder: Path) -> Modes:
    """Write each container down as a Compose file, without its secrets, and name that as the manifest of its mode.

    Args:
        found: what serves each mode.
        folder: of the cache.
    """
    named = {mode: _settings(subject, folder / "production") for mode, subject in found.items()}
    return Modes(ml=named[Mode.ML], r1=named.get(Mode.R1))


def _settings(subject: ModeContainer, folder: Path) -> ModeSettings:
    spec, name = subject.container.spec, subject.container.name
    env = {key: HIDDEN if sensitive(key) else value for key, value in spec.env.items()}
    path = folder / f"{name}-{subject.container.id[:12]}.compose.yml"
    files.write(path, manifest_text.text(replace(spec, env=env), service=name).encode())
    return ModeSettings(manifest=path)
