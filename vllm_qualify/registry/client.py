"""Asks container registries what images hold, without fetching layers; called for preflight and to choose candidates.

Source: the OCI distribution specification 1.1, which Docker's own registry follows.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

import httpx

from vllm_qualify.core import redaction
from vllm_qualify.core.images import ImageRef
from vllm_qualify.registry import oci_image, protocol
from vllm_qualify.registry.credentials import DockerConfig
from vllm_qualify.registry.http import (
    HttpClient,
    HttpRequest,
    HttpResponse,
    host_of,
    joined,
    refusal,
    said,
    same_origin,
)
from vllm_qualify.registry.login import Logins
from vllm_qualify.registry.oci_image import ImageFacts, OciManifest
from vllm_qualify.registry.protocol import NoImageFacts, NoSuchImage
from vllm_qualify.system import clock as clocks

DEADLINE_SECONDS = 20.0
_CONFIG_BYTES = 8 << 20
_LAST_PORT = 65535
_MANIFEST_BYTES = 4 << 20  # What registries are to take at least; larger ones exist nowhere.
_MOST_PAGES = 100
_PAGE_BYTES = 4 << 20
_PAGE_TAGS = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """Where a repository is asked for."""

    base: httpx.URL
    host: str
    name: str


class Registry:
    """Asks whichever registry an image names.

    Args:
        client: see ``registry_http.new_client``; shared, and not closed here.
        logins: of a Docker configuration, see ``registry_login.docker_logins``, or of a pull secret, see
            ``docker_config.read``; by default none.
        architecture: of the node, in Go's words.
        insecure: hosts that may be asked in plain HTTP; loopback always is.
        mirrors: addresses asked in the place of a registry, by its host: ``{"docker.io": "http://10.0.0.1:5000"}``.
        clock: seconds, as ``system.clock`` counts them.
        deadline_seconds: limit of one call, however many requests it takes.
    """

    def __init__(
        self,
        client: httpx.Client,
        *,
        logins: DockerConfig | None = None,
        architecture: str = "amd64",
        insecure: Collection[str] = (),
        mirrors: Mapping[str, str] | None = None,
        clock: Callable[[], float] = clocks.seconds,
        deadline_seconds: float = DEADLINE_SECONDS,
    ) -> None:
        self._web = HttpClient(client, insecure=insecure, clock=clock)
        self._logins = Logins(self._web, logins or DockerConfig())
        self._architecture = architecture
        self._mirrors = dict(mirrors or {})
        self._deadline_seconds = deadline_seconds

    def facts(self, image: ImageRef) -> ImageFacts:
        """What manifest and configuration of an image tell, in a few small requests.

        Raises:
            NoSuchImage: the registry does not have it.
            NoImageFacts: it could not be asked, does not let itself be asked, or answered with no such image.
        """
        until = self._web.clock() + self._deadline_seconds
        with self._about(str(image)):
            place = self._place(image.repository)
            digest, body, kind = self._manifest(place, image.digest or image.tag, until)
            read = oci_image.read_manifest(body, content_type=kind, architecture=self._architecture)
            if not isinstance(read, OciManifest):
                _, body, kind = self._manifest(place, read.digest, until)
                read = oci_image.read_manifest(body, content_type=kind, architecture=self._architecture)
            if not isinstance(read, OciManifest):
                raise NoImageFacts("an index names another index instead of an image manifest")
            config = self._ask(place, f"blobs/{read.config}", until=until, limit_bytes=_CONFIG_BYTES)
            _check(config, read.config)
            return oci_image.read_config(config.body, read, digest=digest)

    def tags(self, repository: str) -> tuple[str, ...]:
        """All tags of a repository, such as ``vllm/vllm-openai``, in the registry's order.

        Raises:
            NoImageFacts: as ``facts``.
        """
        until = self._web.clock() + self._deadline_seconds
        with self._about(repository):
            place = self._place(repository)
            found: dict[str, None] = {}
            query = f"n={_PAGE_TAGS}".encode()
            for _ in range(_MOST_PAGES):
                page = self._ask(place, "tags/list", query=query, until=until, limit_bytes=_PAGE_BYTES)
                found |= dict.fromkeys(protocol.tag_names(page.body))
                further = protocol.next_page(page.headers.get("Link", ""))
                if not further:
                    return tuple(found)
                # Behind a proxy the address itself is often wrong, and its query is all that is new.
                query = joined(page, further).query
            raise NoImageFacts(f"{place.host} has more than {_MOST_PAGES} pages of tags")

    @contextmanager
    def _about(self, subject: str) -> Iterator[None]:
        """Let what goes wrong name its subject, and no secret."""
        try:
            yield
        except NoImageFacts as error:
            error.args = (redaction.text(f"{subject}: {error}", self._logins.secrets),)
            raise

    def _place(self, repository: str) -> _Place:
        host, name = protocol.address(repository)
        mirror = next((self._mirrors[one] for one in protocol.aliases(host) if one in self._mirrors), "")
        try:
            base = httpx.URL(mirror or f"{'http' if self._web.plain(host) else 'https'}://{host}")
        except httpx.InvalidURL as error:
            raise NoImageFacts(f"{mirror or host} is not the address of a registry: {error}") from error
        if (
            base.scheme not in {"http", "https"}
            or not base.raw_host
            or not 0 < (1 if base.port is None else base.port) <= _LAST_PORT
        ):
            expected = "http://HOST:PORT or https://HOST" if mirror else "HOST:PORT"
            raise NoImageFacts(f"{mirror or host} is not the address of a registry; expected {expected}")
        return _Place(base=base, host=host_of(base), name=name)

    def _manifest(self, place: _Place, reference: str, until: float) -> tuple[str, bytes, str]:
        """Digest, body and content type of a manifest or an index."""
        answer = self._ask(
            place,
            f"manifests/{reference}",
            until=until,
            limit_bytes=_MANIFEST_BYTES,
            accept=oci_image.ACCEPTED,
        )
        named = reference if ":" in reference else answer.headers.get("Docker-Content-Digest", "")
        return _check(answer, named), answer.body, answer.headers.get("Content-Type", "")

    def _ask(
        self,
        place: _Place,
        path: str,
        *,
        until: float,
        limit_bytes: int,
        accept: str = "*/*",
        query: bytes | None = None,
    ) -> HttpResponse:
        where = f"{place.base.path.rstrip('/')}/v2/{place.name}/{path}"
        url = place.base.copy_with(path=where, query=query)
        question = HttpRequest(url=url, headers={"Accept": accept}, limit_bytes=limit_bytes)
        answer = self._web.ask(self._permitted(question, place), until=until)
        # Only the registry itself may say who is to be asked with its login, not where it redirects to.
        asks_for_login = answer.status == httpx.codes.UNAUTHORIZED and same_origin(answer.url, url)
        if asks_for_login and self._logins.obtain(answer, place.host, place.name, until=until):
            answer = self._web.ask(self._permitted(question, place), until=until)
        if answer.status != httpx.codes.OK:
            raise self._refusal(answer, place)
        return answer

    def _permitted(self, question: HttpRequest, place: _Place) -> HttpRequest:
        headers = {**question.headers, **self._logins.headers(place.host, place.name)}
        return HttpRequest(url=question.url, headers=headers, limit_bytes=question.limit_bytes)

    def _refusal(self, answer: HttpResponse, place: _Place) -> NoImageFacts:
        if answer.status == httpx.codes.NOT_FOUND:
            return NoSuchImage(f"{place.host} does not have it ({said(answer)}); check which tags it lists")
        if answer.status in {httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN}:
            advice = self._logins.advice(place.host, place.name)
            return NoImageFacts(f"{place.host} refuses access to {place.name} ({said(answer)}); {advice}")
        return refusal(answer)


def _check(answer: HttpResponse, digest: str) -> str:
    """The digest of an answer, which is the one given.

    Raises:
        NoImageFacts: it is another.
    """
    algorithm, _, value = digest.partition(":")
    if algorithm not in {"sha256", "sha512"}:
        return f"sha256:{hashlib.sha256(answer.body).hexdigest()}"
    if hashlib.new(algorithm, answer.body).hexdigest() == value:
        return digest
    raise NoImageFacts(
        f"what {host_of(answer.url)} sent is not what the digest {digest} names; it was corrupted on the way"
    )
