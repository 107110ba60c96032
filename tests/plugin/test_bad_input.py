"""What somebody gives a qualification by mistake ends it before anything is tried: with 4, a few lines, and no run."""

from __future__ import annotations

import os
from collections.abc import Callable

import pytest

Qualify = Callable[..., pytest.RunResult]

IMAGE = ("--image", "vllm/vllm-openai:v0.12.0")
RANGE = ("--image", "vllm/vllm-openai:>=v0.8.5")
FILES = {
    "deep.toml": "a = " + "[" * 3000,
    "digits.toml": "a = " + "9" * 5000,
    "documents.toml": '[classification]\ndocuments = "bad.jsonl"\nschema = "bad.json"\nprompts = "bad.json"\n',
    "bad.jsonl": '{"id": 1}\nnot json\n',
    "bad.json": "[]",
    "deep.json": "[" * 3000,
    "deep-schema.toml": '[classification]\nschema = "deep.json"\n',
    "cluster.toml": '[cluster]\ncontext = "nope"\n[modes.ml]\nmanifest = "pod.yaml"\n',
    "pod.yaml": "kind: Pod\nspec: {containers: [{name: a, image: 'vllm/vllm-openai:v0.12.0', args: [--model, m]}]}\n",
    "file": "",
}
MISTAKES = (
    (("--image", "a b"), "it contains a space"),
    (("--image", ""), "the image is empty"),
    (("--image", "vllm/vllm-openai"), "has no tag"),
    (("--image", "vllm/vllm-openai:v0.12.0\n"), "is not an image reference"),
    (("--image", "nginx:v1.0"), "does not look like a vLLM image"),
    (("--image", "vllm/vllm-openai:latest"), "names no vLLM release"),
    (("--image", "vllm/vllm-openai:v99.0"), "no CPU build of vLLM 99.0"),
    (RANGE, "add --pick newest"),
    ((*IMAGE, "--max-tries", "2"), "only limits a search"),
    ((*IMAGE, "--variants"), "only applies to a range"),
    ((*IMAGE, "--max-time", "nan"), "is not a duration"),
    ((*IMAGE, "--max-tries", "12345678901"), "is not a count"),
    ((*IMAGE, "--soak", "1e308h"), "is not a duration"),
    ((*IMAGE, "--local-port", "99999"), "is not a port"),
    ((*IMAGE, "--env", "A=1"), "sets variables in the container"),
    ((*IMAGE, "--env", "HF_TOKEN=abc123def456"), "looks like a secret"),
    ((*IMAGE, "--baseline", "nonsense"), "no folder of a run, and no image"),
    ((*IMAGE, "--baseline", "current"), "--baseline current"),
    ((*IMAGE, "--dry-run"), "takes no production down"),
    ((*IMAGE, "--target", "kubernetes"), "no cluster is named"),
    ((*IMAGE, "--reports-dir", "file"), "a file of that name exists"),
    ((*IMAGE, "--reports-dir", "/proc/gone"), "cannot write"),
    ((*IMAGE, "--config", "gone.toml"), "no such file"),
    ((*IMAGE, "--config", "/dev/zero"), "larger than 3 MB"),
    ((*IMAGE, "--config", "pipe"), "a pipe without a writer"),
    ((*IMAGE, "--config", "loop"), "symbolic links"),
    ((*IMAGE, "--config", "deep.toml"), "nested too deeply"),
    ((*IMAGE, "--config", "digits.toml"), "not valid TOML"),
    ((*IMAGE, "--config", "documents.toml"), "must be a string in quotes"),
    ((*IMAGE, "--config", "deep-schema.toml"), "nested too deeply"),
    ((*IMAGE, "--config", "cluster.toml", "--target", "auto"), "no context nope"),
    (("loop", *IMAGE), "no suite is there"),
)


@pytest.mark.parametrize(("words", "why"), MISTAKES, ids=[" ".join(words)[-40:].strip() for words, _ in MISTAKES])
def test_a_mistake_ends_the_run_before_it_begins(
    qualify: Qualify, checkout: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], why: str
) -> None:
    """Nothing is written, and what is said fits on a screen."""
    monkeypatch.setenv("KUBECONFIG", str(checkout.path / "none"))
    for name, text in FILES.items():
        (checkout.path / name).write_text(text)
    os.mkfifo(checkout.path / "pipe")
    (checkout.path / "loop").symlink_to("loop")

    result = qualify(*words)

    said = [line for line in result.errlines if line.strip() and not line.startswith("usage:")]
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert why in "\n".join(said)
    assert not any("Traceback" in line for line in (*said, *result.outlines))
    assert len(said) <= 10
    assert not (checkout.path / "reports").exists()
