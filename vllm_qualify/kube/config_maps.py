"""The ConfigMaps that are at hand: those of the same files, and what somebody looks up elsewhere. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from vllm_qualify.core import foreign
from vllm_qualify.kube.pod_templates import at, roots
from vllm_qualify.kube.yamltext import YamlDocument

Data = Mapping[str, str]
Lookup = Callable[[str, str], Data | None]
"""Finds the data of a ConfigMap by namespace and name; ``None`` where it is not at hand."""


def nowhere(namespace: str, name: str) -> Data | None:  # noqa: ARG001  # A Lookup that finds nothing.
    """Find no ConfigMap."""
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigMaps:
    """ConfigMaps whose content is at hand.

    Attributes:
        known: data by namespace and name; the namespace is ``""`` where the file leaves it to kubectl.
        elsewhere: asked for what is not among them; the cluster, which has what a pod will get.
        beside: asked last; files of the same folder, in which one of the same name may be another one.
    """

    known: Mapping[tuple[str, str], Data] = field(default_factory=dict)
    elsewhere: Lookup = nowhere
    beside: Lookup = nowhere

    def data(self, namespace: str, name: str) -> Data | None:
        """The data of a ConfigMap; ``None`` where it is not at hand. Whoever names no namespace means the same one."""
        data = self._sure(namespace, name)
        return self.beside(namespace, name) if data is None else data

    def guessed(self, namespace: str, name: str) -> bool:
        """Only a file beside has one of that name; what it lacks, the one that is meant may have."""
        return self._sure(namespace, name) is None

    def _sure(self, namespace: str, name: str) -> Data | None:
        data = self._own(namespace, name)
        return self.elsewhere(namespace, name) if data is None else data

    def _own(self, namespace: str, name: str) -> Data | None:
        for (where, known), data in self.known.items():
            if known == name and (where == namespace or not where or not namespace):
                return data
        return None


def of(documents: Iterable[YamlDocument], *, elsewhere: Lookup = nowhere, beside: Lookup = nowhere) -> ConfigMaps:
    """The ConfigMaps of YAML documents, those inside lists included."""
    known: dict[tuple[str, str], Data] = {}
    for document in documents:
        for root in roots(document):
            found = at(document.data, *root)
            if at(found, "kind") != "ConfigMap":
                continue
            entries = foreign.mapping(at(found, "data")).items()
            place = (str(at(found, "metadata", "namespace") or ""), str(at(found, "metadata", "name") or ""))
            known.setdefault(place, {str(key): value for key, value in entries if isinstance(value, str)})
    return ConfigMaps(known=known, elsewhere=elsewhere, beside=beside)
