"""Asks which images of a range there are: the registry, or without it the catalogue. Called before a run chooses."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import httpx

from vllm_qualify import catalogue
from vllm_qualify.config import RegistryAccess
from vllm_qualify.core import tags
from vllm_qualify.core.errors import UserError
from vllm_qualify.core.images import ImageRef
from vllm_qualify.core.tags import ImageRange
from vllm_qualify.preflight import predict
from vllm_qualify.registry import http as registry_http
from vllm_qualify.registry import login
from vllm_qualify.registry.client import Registry
from vllm_qualify.registry.credentials import DockerConfig
from vllm_qualify.registry.protocol import NoImageFacts


class NoCandidates(UserError, ValueError):
    """A range of which no image is known; the message says why, and what to do."""


def of_range(
    asked: ImageRange, *, registry: Registry | None, variants: bool = False, pre_releases: bool = False
) -> tuple[ImageRef, ...]:
    """The images of a range, newest first.

    Args:
        asked: the range.
        registry: to be asked; ``None`` takes the releases of the catalogue, which knows the official images alone.
        variants: also tags of another CUDA or system than the default image's.
        pre_releases: also release candidates.

    Raises:
        NoCandidates: there is none, or nobody can say.
    """
    listed = _catalogued(asked) if registry is None else _listed(asked, registry)
    chosen = tags.choose(listed, asked.specifier, variants=variants, prereleases=pre_releases)
    if not chosen:
        raise NoCandidates(
            f"{asked}: none of {len(listed)} tags is a release in that range; widen it, or add --variants or "
            "--pre-releases"
        )
    return tuple(ImageRef(repository=asked.repository, tag=tag.name) for tag in chosen)


@contextmanager
def asking(
    access: RegistryAccess,
    *,
    client: Callable[[], httpx.Client] = registry_http.new_client,
    logins: Callable[[], DockerConfig] = login.docker_logins,
) -> Iterator[Registry]:
    """A way to the registries, with the operator's own logins and mirrors.

    Raises:
        NoImageFacts: logins, proxies or certificates of this machine cannot be used.
    """
    with client() as http:
        yield Registry(http, logins=logins(), insecure=access.insecure, mirrors=access.mirrors)


def _catalogued(asked: ImageRange) -> tuple[str, ...]:
    if asked.repository != predict.OFFICIAL:
        raise NoCandidates(
            f"{asked}: --offline asks no registry, and the catalogue only knows {predict.OFFICIAL}; leave out "
            "--offline, or name images"
        )
    return tuple(f"v{release.version}" for release in catalogue.releases())


def _listed(asked: ImageRange, registry: Registry) -> tuple[str, ...]:
    try:
        return registry.tags(asked.repository)
    except NoImageFacts as error:
        raise NoCandidates(
            f"{error}; name a mirror in [registry] of qualify.toml, or use the releases of the catalogue with --offline"
        ) from error
