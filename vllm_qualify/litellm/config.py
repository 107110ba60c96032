"""What a LiteLLM config map says about an alias, with the line of each word. Pure.

For the rules of ``litellm.rules``. Only what leads a request to a model is kept of it: keys stay unread.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml

from vllm_qualify.core import foreign
from vllm_qualify.core.errors import UserError
from vllm_qualify.kube import yamltext
from vllm_qualify.kube.yamltext import YamlDocument

_ELSEWHERE = "os.environ/"


class BadProxyConfig(UserError, ValueError):
    """A config map in which no model list can be read; the message begins with file and line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProxyModel:
    """One entry of ``model_list``.

    Attributes:
        alias: the name that callers use.
        model: what stands behind it, as it is written.
        provider: the protocol that LiteLLM speaks to it: the word before the first slash, unless the entry says it.
        api_base: where it is asked; ``""`` where the entry names none.
        places: file and line of ``alias``, ``model`` and ``api_base``.
    """

    alias: str
    model: str = ""
    provider: str = ""
    api_base: str = ""
    places: Mapping[str, str] = field(default_factory=dict)

    @property
    def served_name(self) -> str:
        """The name that the server behind it is asked for."""
        return self.model.removeprefix(f"{self.provider}/") if self.provider else self.model

    @property
    def api_base_is_known(self) -> bool:
        """The address stands here, not in the proxy's environment."""
        return not self.api_base.startswith(_ELSEWHERE)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProxyConfig:
    """What a LiteLLM configuration says about models.

    Attributes:
        source: the file, or the object in the cluster.
        namespace: of the config map; ``""`` where it does not say.
        place: file and line of the model list.
        models: its entries, in their order.
        groups: other names of an alias, by ``router_settings.model_group_alias``.
        fallbacks: who answers in an alias's place.
    """

    source: str
    namespace: str = ""
    place: str = ""
    models: tuple[ProxyModel, ...] = ()
    groups: Mapping[str, str] = field(default_factory=dict)
    fallbacks: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def named(self, alias: str) -> tuple[ProxyModel, ...]:
        """The entries that a caller of the alias may get; several share the load."""
        name = self.groups.get(alias, alias)
        return tuple(model for model in self.models if model.alias == name)


def parse(text: str, *, source: str) -> ProxyConfig:
    """Read a config map, or a bare LiteLLM configuration, from the text of a file.

    Args:
        text: YAML, one or more documents; the one with a model list counts.
        source: name of the file, for the messages.

    Raises:
        BadProxyConfig: the text is no YAML, or not exactly one model list is in it.
    """
    try:
        found = [config for document in yamltext.documents(text) for config in _in_document(document, source)]
    except yamltext.BadYaml as error:
        raise BadProxyConfig(f"{source}:{error.line}: {error}") from error
    return _only(found, source)


def parse_live(config_map: Mapping[str, Any]) -> ProxyConfig:
    """Read a ConfigMap as the cluster holds it; lines are those of its text.

    Args:
        config_map: the object.

    Raises:
        BadProxyConfig: as ``parse``.
    """
    metadata = foreign.mapping(config_map.get("metadata"))
    source = f"ConfigMap {metadata.get('name', '')} in the cluster"
    namespace = str(metadata.get("namespace", ""))
    data = foreign.mapping(config_map.get("data"))
    try:
        texts = [(f"{source}, {key} line ", text) for key, text in data.items() if isinstance(text, str)]
        found = [config for place, text in texts for config in _in_text(text, source, place, 0, namespace)]
    except yamltext.BadYaml as error:
        raise BadProxyConfig(f"{source}: line {error.line} of its text: {error}") from error
    return _only(found, source)


def _only(found: list[ProxyConfig], source: str) -> ProxyConfig:
    if len(found) != 1:
        said = f"found {len(found)}" if found else "found none"
        raise BadProxyConfig(f"{source}: expected one LiteLLM configuration with a model_list, and {said}")
    return found[0]


def _in_document(document: YamlDocument, source: str) -> Iterator[ProxyConfig]:
    data = foreign.mapping(document.data)
    if "model_list" in data:
        yield _read(document, source, f"{source}:", 0, "")
    elif data.get("kind") == "ConfigMap":
        namespace = str(foreign.mapping(data.get("metadata")).get("namespace", ""))
        for key, text in foreign.mapping(data.get("data")).items():
            if isinstance(text, str):
                first, exact = _first_line(document.node, "data", key)
                yield from _in_text(text, source, f"{source}:", first, namespace, exact=exact)


def _in_text(
    text: str, source: str, place: str, first: int, namespace: str, *, exact: bool = True
) -> Iterator[ProxyConfig]:
    """The configuration in a value of a config map; other values are other files and may be anything."""
    if "model_list" not in text:
        return
    try:
        documents = yamltext.documents(text)
    except yamltext.BadYaml as error:
        raise yamltext.BadYaml(str(error), line=first + error.line if exact else first) from error
    for document in documents:
        if "model_list" in foreign.mapping(document.data):
            yield _read(document, source, place, first, namespace, exact=exact)


def _first_line(node: yaml.Node, *path: str) -> tuple[int, bool]:
    """The line above a text's first one, and whether its lines are those of the file: only ``|`` keeps them."""
    for step in path:
        pairs = node.value if isinstance(node, yaml.MappingNode) else []
        node = next(value for key, value in pairs if key.value == step)
    start = int(node.start_mark.line) + 1
    return start, isinstance(node, yaml.ScalarNode) and node.style == "|"


def _read(
    document: YamlDocument, source: str, place: str, first: int, namespace: str, *, exact: bool = True
) -> ProxyConfig:
    data = foreign.mapping(document.data)
    router, general = foreign.mapping(data.get("router_settings")), foreign.mapping(data.get("litellm_settings"))

    def at(*path: str | int) -> str:
        return f"{place}{first + document.line(*path) if exact else first}"

    models = [
        _model(foreign.mapping(entry), index, at) for index, entry in enumerate(foreign.items(data.get("model_list")))
    ]
    groups = {str(name): _group(value) for name, value in foreign.mapping(router.get("model_group_alias")).items()}
    return ProxyConfig(
        source=source,
        namespace=namespace,
        place=at("model_list"),
        models=tuple(models),
        groups=groups,
        fallbacks=dict(_fallbacks(general)) | dict(_fallbacks(router)),
    )


def _model(entry: Mapping[str, Any], index: int, at: Callable[..., str]) -> ProxyModel:
    params = foreign.mapping(entry.get("litellm_params"))
    model = str(params.get("model") or "")
    prefix, slash, _ = model.partition("/")
    base = next((key for key in ("api_base", "base_url") if params.get(key)), "api_base")
    path = ("model_list", index, "litellm_params")
    return ProxyModel(
        alias=str(entry.get("model_name") or ""),
        model=model,
        provider=str(params.get("custom_llm_provider") or (prefix if slash else "")),
        api_base=str(params.get(base) or ""),
        places={
            "alias": at("model_list", index, "model_name"),
            "model": at(*path, "model"),
            "api_base": at(*path, base),
        },
    )


def _group(value: object) -> str:
    return str(foreign.mapping(value).get("model", "")) if isinstance(value, dict) else str(value)


def _fallbacks(settings: Mapping[str, Any]) -> Iterator[tuple[str, tuple[str, ...]]]:
    for entry in foreign.items(settings.get("fallbacks")):
        for alias, names in foreign.mapping(entry).items():
            yield str(alias), tuple(str(name) for name in foreign.items(names))
