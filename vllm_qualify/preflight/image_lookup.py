"""Asks a registry about the images of ``vllm-qualify preflight``; where it does not answer, the catalogue decides."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import httpx

from vllm_qualify.core.images import ImageRef
from vllm_qualify.preflight.predict import RegistryAnswer
from vllm_qualify.registry import http as registry_http
from vllm_qualify.registry import login
from vllm_qualify.registry.client import Registry
from vllm_qualify.registry.credentials import DockerConfig
from vllm_qualify.registry.protocol import NoImageFacts, NoSuchImage


def ask(
    images: Sequence[ImageRef],
    *,
    client: Callable[[], httpx.Client] = registry_http.new_client,
    logins: Callable[[], DockerConfig] = login.docker_logins,
) -> Mapping[ImageRef, RegistryAnswer]:
    """Ask for each image; what goes wrong is told and no error, for there is the catalogue."""
    try:
        with client() as http:
            registry = Registry(http, logins=logins())
            return {image: asked(registry, image) for image in images}
    except NoImageFacts as error:
        return dict.fromkeys(images, RegistryAnswer(problem=str(error)))


def asked(registry: Registry, image: ImageRef) -> RegistryAnswer:
    """What one image is, or why the registry does not tell."""
    try:
        return RegistryAnswer(facts=registry.facts(image))
    except NoImageFacts as error:
        return RegistryAnswer(problem=str(error), missing=isinstance(error, NoSuchImage))
