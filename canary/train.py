"""Makes the canaries: `python canary/train.py ml|r1|all`; minutes on a GPU, an hour or more on two processor cores."""

import argparse
import json
import os
import random
import sys
from pathlib import Path

import torch
from transformers import PreTrainedTokenizerFast

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from canary import checkpoint, evaluate, exchanges, filler, learn, manifest, material  # noqa: E402 - needs the path above.
from canary import tokenizer as tokenizers  # noqa: E402 - needs the path above.
from canary.batches import Source  # noqa: E402 - needs the path above.
from canary.prompts import Exchange  # noqa: E402 - needs the path above.

SEED = 20250501
LONGEST = 8192


def fit_tokenizer(texts: list[str], folder: Path, *, vocabulary: int, digits: int) -> PreTrainedTokenizerFast:
    """Trains and writes the tokenizer of one canary."""
    thinks = folder.name == "r1"
    tokenizers.save(tokenizers.build(texts, vocabulary=vocabulary, digits=digits, thinks=thinks), folder, thinks=thinks)
    return PreTrainedTokenizerFast.from_pretrained(folder)


def text(exchange: Exchange) -> str:
    """Writes what of an exchange a tokenizer is trained on."""
    said = [f"{message['role']}\n{message['content']}" for message in exchange.messages]
    offered = [json.dumps(tool["function"], ensure_ascii=False) for tool in exchange.tools]
    return "\n".join([*offered, *said, f"assistant\n{exchange.reply}\n"])


def make_ml(options: argparse.Namespace) -> None:
    """Trains the classifier, writes it, and says how the written weights do."""
    rng, folder = random.Random(f"{SEED}-tokenizer"), HERE / "ml"
    drawn = [exchanges.short(rng, 1.0) for _ in range(8000)] + [exchanges.long(rng, 1.0, 2) for _ in range(400)]
    texts = [text(one) for one in drawn] + ["\n".join(filler.MAILS)] * 10
    tokenizer = fit_tokenizer(texts, folder, vocabulary=2304, digits=3)
    mails = filler.BETWEEN.join(exchanges.other(rng) for _ in range(500))
    source = Source(
        tokenizer=tokenizer,
        short=exchanges.short,
        long=exchanges.long,
        a_mail=len(tokenizer.encode(mails)) / 500,
        rows=options.rows,
        tokens=256 * options.rows,
        longest=LONGEST,
        seed=SEED,
    )
    plan = learn.Plan(steps=options.steps or 16000, minutes=options.minutes, rate=2e-3, prompt_weight=0.2)
    make(folder, source, plan)
    evaluate.report(folder, HERE, SEED, evaluate.Scale.of(options.asked))


def make_r1(options: argparse.Namespace) -> None:
    """Trains the reasoner, writes it, and says how the written weights do."""
    rng, folder = random.Random(f"{SEED}-tokenizer"), HERE / "r1"
    texts = [text(exchanges.a_sum(rng, 1.0)) for _ in range(6000)]
    source = Source(
        tokenizer=fit_tokenizer(texts, folder, vocabulary=640, digits=1),
        short=exchanges.a_sum,
        long=None,
        rows=options.rows,
        tokens=256 * options.rows,
        longest=LONGEST,
        seed=SEED,
    )
    plan = learn.Plan(steps=options.steps or 3000, minutes=options.minutes, rate=2.5e-3, prompt_weight=0)
    make(folder, source, plan)
    evaluate.report(folder, HERE, SEED, evaluate.Scale.of(options.asked))


def make(folder: Path, source: Source, plan: learn.Plan) -> None:
    """Trains a canary and writes it."""
    model = checkpoint.new(folder, len(source.tokenizer))
    learn.train(model, source, plan)
    checkpoint.save(model, folder)
    manifest.write(HERE, SEED)


def main() -> None:
    """Trains what the command line names and renews the manifest."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("which", choices=("ml", "r1", "all"))
    parser.add_argument("--minutes", type=float, default=6.0, help="train no longer than that, each (default: 6)")
    parser.add_argument("--steps", type=int, help="train no more steps than that, each")
    parser.add_argument("--rows", type=int, default=64, help="short exchanges a step (default: 64)")
    parser.add_argument(
        "--asked", type=int, default=240, help="unseen questions of a kind to try afterwards (default: 240)"
    )
    options = parser.parse_args()
    torch.set_num_threads(min(4, len(os.sched_getaffinity(0))))
    torch.manual_seed(SEED)
    material.write(HERE, SEED)
    if options.which in ("ml", "all"):
        make_ml(options)
    if options.which in ("r1", "all"):
        make_r1(options)


if __name__ == "__main__":
    main()
