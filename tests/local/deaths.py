"""Ways to start an engine wrong, each with what was wrong: ``python -m tests.local.deaths [NAME...]`` stores them.

The logs are cut nowhere; times of the supervisor and names of this machine are replaced (``engines.told``).
"""

from __future__ import annotations

import json
import shutil
import socket
import sys
import tempfile
from collections.abc import Callable, Mapping
from contextlib import ExitStack, nullcontext
from dataclasses import dataclass
from pathlib import Path

from tests.local import engines
from tests.local.engines import CANARY, Command, Trial
from tests.local.healthy import store

CORPUS = engines.ROOT / "tests" / "unit" / "diagnosis" / "logs" / "deaths"
LABELS = CORPUS / "labels.json"
_ML = str(CANARY / "ml")
_COPY = "{folder}/model"

Prepare = Callable[[Path], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Death:
    """One wrong start.

    Attributes:
        name: of its log.
        command: how it is started.
        wrong: what was wrong, as the person who did it would say.
        causes: ids that say so; beside them ``E00``, a look-up in the sources.
        names: words of which the explanation holds one, such as the option.
        prepare: makes the files that it needs in the folder of the trial.
        killed: it is killed as soon as its log holds these words, or serves; ``""``: it ends by itself.
        taken: somebody listens on its port.
        tested: it is started in each run of the tests, not only when the corpus is made; those that die late are not.
    """

    name: str
    command: Command
    wrong: str
    causes: tuple[str, ...]
    names: tuple[str, ...]
    prepare: Prepare | None = None
    killed: str = ""
    taken: bool = False
    tested: bool = True


def _death(
    name: str,
    release: str,
    words: str,
    *,
    wrong: str,
    causes: str = "",
    names: str,
    prepare: Prepare | None = None,
    env: Mapping[str, str] | None = None,
    limits: str = "",
    model: str = "",
    killed: str = "",
    taken: bool = False,
    tested: bool = True,
) -> Death:
    """A row of the table; ``names`` are apart by bars."""
    model = model or (_COPY if prepare else _ML)
    command = Command(release=release, words=("--model", model, *words.split()), env=env or {}, limits=limits)
    return Death(
        name=f"{name}-v{release}", command=command, wrong=wrong, causes=tuple(causes.split()),
        names=tuple(names.split("|")), prepare=prepare,
        killed=killed, taken=taken, tested=tested,
    )  # fmt: skip


def _copy(folder: Path) -> Path:
    """A model of the trial's own."""
    shutil.copytree(_ML, folder / "model")
    return folder / "model"


def _without(*names: str) -> Prepare:
    def prepare(folder: Path) -> None:
        model = _copy(folder)
        for name in names:
            (model / name).unlink()

    return prepare


def _cut(name: str, *, share: float) -> Prepare:
    """A download that broke off."""

    def prepare(folder: Path) -> None:
        file = _copy(folder) / name
        content = file.read_bytes()
        file.write_bytes(content[: int(len(content) * share)])

    return prepare


def _config(**fields: object) -> Prepare:
    def prepare(folder: Path) -> None:
        file = _copy(folder) / "config.json"
        file.write_text(json.dumps(json.loads(file.read_text()) | fields))

    return prepare


OLD, MIDDLE, NEW = "0.8.5.post1", "0.20.2", "0.32.0"
_NOBODY = {"architectures": ["NobodyKnowsThisForCausalLM"]}

DEATHS = (
    _death("unknown-option", NEW, "--enable-reasoning", wrong="an option that this release does not have",
           causes="E18", names="--enable-reasoning"),
    _death("wrong-dtype", OLD, "--dtype float63", wrong="a value that the option does not take",
           causes="E19", names="--dtype"),
    _death("wrong-dtype", NEW, "--dtype float63", wrong="a value that the option does not take",
           causes="E19", names="--dtype", tested=False),
    _death("no-number", MIDDLE, "--max-model-len many", wrong="a word where a number belongs",
           causes="E19 E76", names="--max-model-len", tested=False),
    _death("wrong-json", MIDDLE, "--hf-overrides {bad", wrong="JSON that is none",
           causes="E76", names="--hf-overrides"),
    _death("wrong-json-compilation", NEW, "--compilation-config {level:3", wrong="JSON that is none",
           causes="E76", names="--compilation-config", tested=False),
    _death("no-name", OLD, "--served-model-name", wrong="an option without its value",
           causes="E76", names="--served-model-name"),
    _death("no-model", NEW, "", model="/srv/no/such/model", wrong="the model's folder does not exist",
           causes="E83 E100", names="/srv/no/such/model|--model"),
    _death("no-network", MIDDLE, "", model="Qwen/Qwen3-0.6B", wrong="a model of the Hub that is not cached, offline",
           causes="E39 E84", names="Qwen/Qwen3-0.6B|--model|HF_HUB_OFFLINE", tested=False),
    _death("broken-config", MIDDLE, "", prepare=_cut("config.json", share=0.5), wrong="config.json is cut off",
           causes="E85", names="config.json"),
    _death("no-config", NEW, "", prepare=_without("config.json"), wrong="config.json is missing",
           causes="E83 E100", names="config.json",
           tested=False),
    _death("cut-weights", NEW, "", prepare=_cut("model.safetensors", share=0.7), wrong="the file of weights is cut off",
           causes="E85", names="safetensors|weights"),
    _death("cut-weights", OLD, "", prepare=_cut("model.safetensors", share=0.7), wrong="the file of weights is cut off",
           causes="E85", names="safetensors|weights", tested=False),
    _death("no-weights", OLD, "", prepare=_without("model.safetensors"), wrong="the weights are missing",
           causes="E85", names="weights"),
    _death("no-weights", MIDDLE, "", prepare=_without("model.safetensors"), wrong="the weights are missing",
           causes="E85", names="weights", tested=False),
    _death("no-tokenizer", OLD, "", prepare=_without("tokenizer.json", "tokenizer_config.json"),
           wrong="the tokenizer's files are missing", causes="E39 E83 E100", names="tokenizer", tested=False),
    _death("broken-tokenizer", NEW, "", prepare=_cut("tokenizer.json", share=0.5), wrong="tokenizer.json is cut off",
           names="tokenizer"),
    _death("wrong-tokenizer", NEW, "--tokenizer /srv/no/such/tokenizer", wrong="the tokenizer's folder does not exist",
           causes="E39 E83 E100", names="--tokenizer|/srv/no/such/tokenizer", tested=False),
    _death("unknown-quantization", NEW, "--quantization nonsense", wrong="a quantization that does not exist",
           causes="E19 E23", names="--quantization", tested=False),
    _death("wrong-quantization", MIDDLE, "--quantization awq", wrong="a quantization that the model does not have",
           causes="E77", names="--quantization|quantization"),
    _death("too-long", NEW, "--max-model-len 100000", wrong="longer than the model can",
           causes="E32", names="--max-model-len"),
    _death("too-long", OLD, "--max-model-len 100000", wrong="longer than the model can",
           causes="E32", names="--max-model-len", tested=False),
    _death("port-taken", MIDDLE, "", taken=True, wrong="somebody listens on the port", causes="E43", names="port"),
    _death("unknown-reasoning-parser", NEW, "--reasoning-parser nobody", wrong="a reasoning parser that does not exist",
           causes="E19", names="--reasoning-parser"),
    _death("unknown-reasoning-parser", OLD, "--enable-reasoning --reasoning-parser nobody",
           wrong="a reasoning parser that does not exist", causes="E19", names="--reasoning-parser", tested=False),
    _death("unknown-tool-parser", OLD, "--enable-auto-tool-choice --tool-call-parser nobody",
           wrong="a tool call parser that does not exist", causes="E19", names="--tool-call-parser"),
    _death("unknown-tool-parser", MIDDLE, "--enable-auto-tool-choice --tool-call-parser nobody",
           wrong="a tool call parser that does not exist", causes="E19", names="--tool-call-parser", tested=False),
    _death("tool-choice-alone", MIDDLE, "--enable-auto-tool-choice", wrong="the tool call parser is missing",
           causes="E76", names="--tool-call-parser", tested=False),
    _death("no-template", MIDDLE, "--chat-template /srv/no/such/template.jinja",
           wrong="the chat template does not exist", names="--chat-template|/srv/no/such/template.jinja"),
    _death("version-zero", "0.10.2", "", env={"VLLM_USE_V1": "0"}, wrong="the old engine, which this release has not",
           causes="E21", names="VLLM_USE_V1", tested=False),
    _death("service-port", NEW, "", env={"VLLM_PORT": "tcp://192.0.2.7:8000"},
           wrong="the variable that Kubernetes makes of a Service named vllm", causes="E42", names="VLLM_PORT"),
    _death("service-port", OLD, "", env={"VLLM_PORT": "tcp://192.0.2.7:8000"}, tested=False,
           wrong="the variable that Kubernetes makes of a Service named vllm", causes="E42", names="VLLM_PORT"),
    _death("no-cache", NEW, "", env={"VLLM_CACHE_ROOT": "/proc/cache", "XDG_CACHE_HOME": "/proc/cache",
           "TORCHINDUCTOR_CACHE_DIR": "/proc/cache"}, wrong="a folder of caches that cannot be written",
           causes="E40", names="VLLM_CACHE_ROOT|TORCHINDUCTOR_CACHE_DIR|/proc/cache|XDG_CACHE_HOME"),
    _death("little-cache", MIDDLE, '--max-model-len 1000000 --enforce-eager --max-num-batched-tokens 2048 '
           '--hf-overrides {"max_position_embeddings":1000000}', wrong="a KV cache that is too small for one request",
           causes="E30", names="--max-model-len|VLLM_CPU_KVCACHE_SPACE", tested=False),
    _death("much-cache", OLD, "", env={"VLLM_CPU_KVCACHE_SPACE": "4000"}, wrong="a KV cache that no machine has",
           causes="E29 E66", names="VLLM_CPU_KVCACHE_SPACE"),
    _death("cache-is-no-number", NEW, "", env={"VLLM_CPU_KVCACHE_SPACE": "4GiB"}, wrong="a word where a number belongs",
           causes="E76", names="VLLM_CPU_KVCACHE_SPACE", tested=False),
    _death("many-parts", MIDDLE, "--tensor-parallel-size 3", wrong="heads that cannot be divided among so many",
           causes="E65", names="--tensor-parallel-size", tested=False),
    _death("many-parts", NEW, "--tensor-parallel-size 4", wrong="more parts than the machine has",
           causes="E65", names="--tensor-parallel-size|VLLM_CPU_OMP_THREADS_BIND"),
    _death("unknown-architecture", MIDDLE, "", prepare=_config(**_NOBODY), wrong="an architecture that nobody knows",
           causes="E35 E34", names="NobodyKnowsThisForCausalLM"),
    _death("unknown-model-type", NEW, "", prepare=_config(model_type="nobody-knows-this", **_NOBODY),
           wrong="a kind of model that nobody knows", causes="E34 E35", names="nobody-knows-this", tested=False),
    _death("wrong-speculative", NEW, '--speculative-config {"method":"nobody","num_speculative_tokens":2}',
           wrong="a way to speculate that does not exist", causes="E19", names="--speculative-config|speculative"),
    _death("no-adapter", MIDDLE, "--enforce-eager --enable-lora --lora-modules a=/srv/no/such/adapter",
           wrong="the folder of the LoRA adapter does not exist",
           causes="E39 E83", names="--lora-modules|/srv/no/such/adapter", tested=False),
    _death("wrong-threads", NEW, "", env={"VLLM_CPU_OMP_THREADS_BIND": "all"},
           wrong="a word where the numbers of processors belong", causes="E76",
           names="VLLM_CPU_OMP_THREADS_BIND", tested=False),
    _death("killed", OLD, "", killed="Loading", wrong="killed from outside while it loaded",
           causes="E51", names="SIGKILL"),
    _death("little-memory", OLD, "", limits="ulimit -v 4000000", wrong="less memory than it needs",
           causes="E66 E51 E67", names="memory", tested=False),
    _death("wrong-shape", NEW, '--hf-overrides {"hidden_size":200}', wrong="a size that the weights do not have",
           names="--hf-overrides|weights|shape", tested=False),
    _death("wrong-share", MIDDLE, "--gpu-memory-utilization 1.5", wrong="a share above 1",
           causes="E76", names="--gpu-memory-utilization|gpu_memory_utilization", tested=False),
    _death("wrong-backend", NEW, "--attention-backend NOBODY", wrong="an attention backend that does not exist",
           causes="E19 E63 E76", names="--attention-backend|attention", tested=False),
    _death("wrong-kv-dtype", OLD, "--kv-cache-dtype fp8", wrong="a KV cache of fp8 on a processor", tested=False,
           causes="E76", names="--kv-cache-dtype|fp8"),
    _death("wrong-block", MIDDLE, "--block-size 7", wrong="a size of blocks that is not possible",
           causes="E19 E76", names="--block-size|block_size|block size", tested=False),
    _death("small-batch", MIDDLE, "--max-num-batched-tokens 10 --no-enable-chunked-prefill",
           wrong="a batch smaller than one request may be",
           causes="E80", names="--max-num-batched-tokens|max_num_batched_tokens",
           tested=False),
    _death("no-config-file", NEW, "--config /srv/no/such/config.yaml", wrong="the file of options does not exist",
           names="--config|/srv/no/such/config.yaml", tested=False),
    _death("no-certificate", MIDDLE, "--ssl-keyfile /srv/no/key.pem --ssl-certfile /srv/no/cert.pem",
           wrong="the certificate does not exist", names="--ssl-certfile|--ssl-keyfile|certificate", tested=False),
)  # fmt: skip


def die(death: Death, folder: Path) -> tuple[str, int | None]:
    """Start an engine wrong and wait for its end; gives what it printed and its exit code.

    Raises:
        TimeoutError: it lives.
    """
    if death.prepare:
        death.prepare(folder)
    with ExitStack() as stack:
        listener = stack.enter_context(_listener() if death.taken else nullcontext())
        port = listener.getsockname()[1] if listener else 0
        trial = stack.enter_context(engines.started(death.command, folder, port=port))
        if death.killed:
            _kill(trial, death.killed)
        if trial.serves():
            raise TimeoutError(f"{death.name} did not die:\n{trial.log()[-3000:]}")
        return trial.log(), trial.process.exit_code()


def _kill(trial: Trial, words: str) -> None:
    """SIGKILL to the process that was started, as the OOM killer does it; the supervisor reports it as a container."""
    engines.until(
        lambda: trial.process.exit_code() is not None or words in trial.process.read_log(),
        seconds=engines.START_SECONDS,
    )
    trial.kill()


def _listener() -> socket.socket:
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen()
    return listener


def main() -> int:
    """Store the logs of the named deaths with their labels, by default all; 1 when an engine lived."""
    lived = 0
    for death in DEATHS:
        if not sys.argv[1:] or death.name in sys.argv[1:]:
            with tempfile.TemporaryDirectory() as folder:
                try:
                    log, code = die(death, Path(folder))
                except TimeoutError as error:
                    sys.stderr.write(f"{error}\n")
                    lived = 1
                    continue
            store(death.name, log, CORPUS)
            _label(death, code)
            sys.stderr.write(f"{death.name}: exit code {code}, {len(log.splitlines())} lines\n")
    return lived


def _label(death: Death, code: int | None) -> None:
    """Write what an explanation of a stored log must say beside it."""
    labels = json.loads(LABELS.read_text()) if LABELS.exists() else {}
    labels[death.name] = {"exit_code": code, "wrong": death.wrong, "causes": death.causes, "names": death.names}
    LABELS.write_text(json.dumps(labels, indent=1, sort_keys=True) + "\n")


if __name__ == "__main__":
    sys.exit(main())
