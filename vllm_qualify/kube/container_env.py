"""The variables of a container: what its manifest gives, what ConfigMaps at hand give, and what is not known. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from vllm_qualify.arguments.shell.environment import ShellVariables
from vllm_qualify.core import foreign
from vllm_qualify.kube import commandline
from vllm_qualify.kube.config_maps import ConfigMaps

_AT_HAND = "which is not available"
_LACKS = "the one in this folder does not have it"
_SECRET = "Secrets are not read"  # noqa: S105  # What messages say of one, not one.


def of(
    container: Mapping[str, Any], *, namespace: str, config_maps: ConfigMaps, given: Mapping[str, str]
) -> ShellVariables:
    """Read the variables of a container.

    Args:
        container: as the manifest has it.
        namespace: of its workload.
        config_maps: what is at hand.
        given: variables that somebody sets from outside; they outrank the manifest.
    """
    reader = _Reader(namespace, config_maps)
    for entry in foreign.mappings(container.get("envFrom")):
        reader.all_of(entry)
    for entry in foreign.mappings(container.get("env")):
        name = str(entry.get("name", ""))
        if name in given:
            reader.known(name, given[name])
        else:
            reader.one(name, entry)
    for name, value in given.items():
        reader.known(name, value)
    return ShellVariables(
        values=reader.values, unknown=reader.unknown, rest=" or ".join(reader.rest), spellings=reader.spellings
    )


class _Reader:
    """Collects variables one after the other; a variable may name those above it."""

    def __init__(self, namespace: str, config_maps: ConfigMaps) -> None:
        self._namespace = namespace
        self._config_maps = config_maps
        self.values: dict[str, str] = {}
        self.unknown: dict[str, str] = {}
        self.rest: list[str] = []
        self.spellings: dict[str, str] = {}

    def known(self, name: str, value: str) -> None:
        self.values[name] = value
        self.unknown.pop(name, None)

    def all_of(self, entry: Mapping[str, Any]) -> None:
        """One entry of ``envFrom``."""
        prefix = str(entry.get("prefix") or "")
        named = _name(entry.get("configMapRef"))
        data = self._config_maps.data(self._namespace, named) if named else None
        for key, value in (data or {}).items():
            self.known(f"{prefix}{key}", value)
        if named and data is None:
            self.rest.append(f"the ConfigMap {named}, {_AT_HAND}")
        elif named and self._config_maps.guessed(self._namespace, named):
            self.rest.append(f"the ConfigMap {named}; {_LACKS}")
        if secret := _name(entry.get("secretRef")):
            self.rest.append(f"the Secret {secret} ({_SECRET})")

    def one(self, name: str, entry: Mapping[str, Any]) -> None:
        """One entry of ``env``."""
        source = entry.get("valueFrom")
        if source is None:
            self._written(name, str(entry.get("value", "")))
            return
        value, where = self._from(source if isinstance(source, dict) else {})
        if value is not None:
            self.known(name, value)
        else:
            self.values.pop(name, None)
            self.unknown[name] = where

    def _written(self, name: str, value: str) -> None:
        env = ShellVariables(values=self.values, unknown=self.unknown, rest=" or ".join(self.rest))
        self.spellings |= dict(commandline.unknowns(value, env))
        self.known(name, commandline.expand(value, env))

    def _from(self, source: Mapping[str, Any]) -> tuple[str | None, str]:
        """The value that ``valueFrom`` leads to, or where it is."""
        for kind, label in (("configMapKeyRef", "ConfigMap"), ("secretKeyRef", "Secret")):
            reference = source.get(kind)
            if not isinstance(reference, dict):
                continue
            name, key = _name(reference), str(reference.get("key", ""))
            if label == "Secret":
                return None, f"key {key} of the Secret {name} ({_SECRET})"
            data = self._config_maps.data(self._namespace, name)
            if data is None:
                return None, f"key {key} of the ConfigMap {name}, {_AT_HAND}"
            return data.get(key), f"key {key} of the ConfigMap {name}, which does not have it"
        field = source.get("fieldRef")
        path = field.get("fieldPath") if isinstance(field, dict) else None
        return None, f"the pod's own {path or 'fields'}"


def _name(reference: object) -> str:
    return str(reference.get("name") or "") if isinstance(reference, dict) else ""
