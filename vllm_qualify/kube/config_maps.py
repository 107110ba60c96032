"""The ConfigMaps that are at hand: those of the same files, and what somebody looks up elsewhere. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from vllm_qualify.kube.pod_templates import at, roots
from vllm_qualify.kube.yamltext import YamlDocument

Data = Mapping[str, str]
Lookup = Callable[[str, str], Data | None]
"""Finds the data of a ConfigMap by namespace and name; ``None`` where it is not at hand."""


def nowhere(namespace: str, name: str) -> Data | None:  # noqa: ARG001  # A Lookup that finds nothing.
    """Find no ConfigMap."""
    return None


def first_of(*lookups: Lookup) -> Lookup:
    """Ask one after the other."""

    def find(namespace: str, name: str) -> Data | None:
        return next((data for each in lookups if (data := each(namespace, name)) is not None), None)

    return find


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigMaps:
    """ConfigMaps whose content is at hand.

    Attributes:
        known: data by namespace and name; the namespace is ``""`` where the file leaves it to kubectl.
        elsewhere: asked for what is not among them.
    """

    known: Mapping[tuple[str, str], Data] = field(default_factory=dict)
    elsewhere: Lookup = nowhere

    def data(self, namespace: str, name: str) -> Data | None:
        """The data of a ConfigMap; ``None`` where it is not at hand. Whoever names no namespace means the same one."""
        for (where, known), data in self.known.items():
            if known == name and (where == namespace or not where or not namespace):
                return data
        return self.elsewhere(namespace, name)


def of(documents: Iterable[YamlDocument], *, elsewhere: Lookup = nowhere) -> ConfigMaps:
    """The ConfigMaps of YAML documents, those inside lists included."""
    known: dict[tuple[str, str], Data] = {}
    for document in documents:
        for root in roots(document):
            found = at(document.data, *root)
            if at(found, "kind") != "ConfigMap":
                continue
            data = at(found, "data")
            place = (str(at(found, "metadata", "namespace") or ""), str(at(found, "metadata", "name") or ""))
            entries = data.items() if isinstance(data, dict) else ()
            known.setdefault(place, {str(key): value for key, value in entries if isinstance(value, str)})
    return ConfigMaps(known=known, elsewhere=elsewhere)
