"""The records that are read from manifests: the serving container and its probes. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from vllm_qualify.arguments import command_line as argv
from vllm_qualify.arguments.command_line import Group
from vllm_qualify.arguments.shell.config_file import ConfigFile
from vllm_qualify.arguments.shell.environment import unknown_in
from vllm_qualify.core.errors import UserError

_PORT = "8000"


class BadManifest(UserError, ValueError):
    """A manifest from which the serving container cannot be read; each line of the message names file and line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """One probe of the container; what the manifest leaves out is what Kubernetes fills in."""

    path: str = ""
    port: str = ""
    initial_delay_seconds: int = 0
    period_seconds: int = 10
    failure_threshold: int = 3

    @property
    def patience_seconds(self) -> int:
        """How long after its start a container that never answers is given, at most."""
        return self.initial_delay_seconds + self.period_seconds * self.failure_threshold


@dataclass(frozen=True, slots=True, kw_only=True)
class ServingManifest:
    """The serving container of one workload.

    Attributes:
        source: the file, as messages name it.
        kind: the workload's kind, such as ``Deployment``.
        name: the workload's name.
        namespace: its namespace, ``""`` when the manifest leaves it to kubectl.
        container: name of the container.
        image: image reference as it is written.
        command: the container's ``command``; empty: the entrypoint of the image.
        args: the container's ``args`` as they are written.
        env: variables by name; ``None`` where the value comes from elsewhere, such as a Secret.
        probes: by kind: ``liveness``, ``readiness``, ``startup``.
        command_line: the words that are executed, variables and shell resolved; they follow the image's entrypoint
            when ``command`` is empty.
        unknowns: what stands in the command line for a value that is not known, such as ``$(MAX_LEN)``, and where that
            comes from.
        gaps: where options may come from that nobody has read.
        config: the file of ``--config``; ``None`` where the command line names none.
        gpus: how many its limits give to the container; ``None`` where they name none.
        lines: line of ``image``, ``command``, ``args``, ``args[0]``..., counted from 1.
    """

    source: str
    kind: str
    name: str
    namespace: str = ""
    container: str = ""
    image: str = ""
    command: tuple[str, ...] = ()
    args: tuple[str, ...] = ()
    # Values may be tokens, and a repr ends up in failure messages.
    env: Mapping[str, str | None] = field(default_factory=dict, repr=False)
    probes: Mapping[str, Probe] = field(default_factory=dict)
    command_line: tuple[str, ...] = ()
    unknowns: Mapping[str, str] = field(default_factory=dict)
    gaps: tuple[str, ...] = ()
    config: ConfigFile | None = None
    gpus: int | None = None
    lines: Mapping[str, int] = field(default_factory=dict)

    def flag(self, name: str) -> str | None:
        """The value of a flag, the last one if it is repeated; ``""`` for a bare flag, ``None`` when it is absent."""
        values = self.flag_values(name)
        return None if values is None else next(iter(values), "")

    def flag_values(self, name: str) -> tuple[str, ...] | None:
        """All words behind a flag, the last one if it is repeated; ``None`` when the flag is absent.

        A flag is asked for by its own name; vLLM reads ``--max_model_len`` for ``--max-model-len``, so this does too.
        What the command line does not have may stand in the file of ``--config``.
        """
        written = self._last(name, argv.split(self.command_line))
        return self._last(name, self._configured) if written is None else written

    def _last(self, name: str, groups: Sequence[Group]) -> tuple[str, ...] | None:
        found = [group.values for group in groups if argv.canonical(group.flag) == name]
        return found[-1] if found else None

    @property
    def executed_command(self) -> tuple[str, ...]:
        """What replaces the entrypoint of the image, ``args`` included; empty when the image's own runs."""
        return self.command_line if self.command else ()

    @property
    def executed_args(self) -> tuple[str, ...]:
        """What is handed to the entrypoint of the image; empty when the manifest replaces it."""
        return () if self.command else self.command_line

    @property
    def model(self) -> str:
        """The model of ``--model``, or the positional one in front of all flags; ``""`` when neither is there."""
        written = self._last("--model", argv.split(self.command_line))
        if written is not None:
            return next(iter(written), "")
        return self._positional() or self.flag("--model") or ""

    @property
    def port(self) -> int:
        """On which the server listens.

        Raises:
            BadManifest: it is not known.
        """
        written = self.flag("--port") or _PORT
        if written.isdecimal() and written.isascii():
            return int(written)
        why = unknown_in(written, self.unknowns)
        said = f"--port is {why}, so it cannot be reached" if why else f"--port {written} is not a port"
        raise BadManifest(f"{self.source}: {said}; write it as a number")

    @property
    def _configured(self) -> tuple[Group, ...]:
        """The options of the file of ``--config``, as far as it was read."""
        return self.config.groups if self.config else ()

    def _positional(self) -> str:
        words = list(self.command_line)
        if "serve" in words:
            del words[: words.index("serve") + 1]
        elif self.command:
            return ""
        return words[0] if words and not words[0].startswith("-") else ""

    @property
    def served_model_names(self) -> tuple[str, ...]:
        """The names that ``/v1/models`` must list: ``--served-model-name``, else the model itself."""
        names = self.flag_values("--served-model-name")
        return names or ((self.model,) if self.model else ())
