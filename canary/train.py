"""Makes the canaries: `python canary/train.py ml|r1|all`; some minutes on two processor cores."""

import argparse
import random
import sys
from pathlib import Path

import torch
from transformers import PreTrainedTokenizerFast

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from canary import checkpoint, corpus, evaluate, learn, manifest, material, prompts, sums  # noqa: E402 - needs the path above.
from canary import tokenizer as tokenizers  # noqa: E402 - needs the path above.

SEED = 20250501
ML_PLAN = learn.Plan(steps=4000, batch=32, rate=2.5e-3, prompt_weight=0.2)
R1_PLAN = learn.Plan(steps=3000, batch=64, rate=2.5e-3, prompt_weight=0.0)


def draw_document(rng: random.Random, progress: float) -> prompts.Exchange:
    """Draws an exchange about a document; the noise grows as training goes on."""
    item = corpus.document(rng, rng.choice(("de", "en")), "train", noise=min(1.0, 0.2 + progress))
    return prompts.exchange(rng, item)


def draw_sum(rng: random.Random, progress: float) -> prompts.Exchange:
    """Draws an exchange about a sum; sums are equally hard throughout."""
    del progress
    return sums.exchange(rng, sums.draw(rng, "train"))


def fit_tokenizer(draw: learn.Draw, folder: Path, *, vocabulary: int, digits: int) -> PreTrainedTokenizerFast:
    """Trains and writes the tokenizer of one canary."""
    rng, thinks = random.Random(f"{SEED}-tokenizer"), folder.name == "r1"
    drawn = (draw(rng, 1.0) for _ in range(6000))
    texts = (
        "\n".join([f"{m['role']}\n{m['content']}" for m in item.messages] + ["assistant\n" + item.reply])
        for item in drawn
    )
    tokenizers.save(tokenizers.build(texts, vocabulary=vocabulary, digits=digits, thinks=thinks), folder, thinks=thinks)
    return PreTrainedTokenizerFast.from_pretrained(folder)


def make(tokenizer: PreTrainedTokenizerFast, draw: learn.Draw, plan: learn.Plan, folder: Path) -> None:
    """Trains one canary, writes it, and says how the written weights do."""
    model = checkpoint.new(folder, len(tokenizer)).to("cuda" if torch.cuda.is_available() else "cpu")
    learn.train(model, tokenizer, draw, plan, SEED)
    checkpoint.save(model, folder)
    evaluate.report(folder, HERE)


def main() -> None:
    """Trains what the command line names and renews the manifest."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("which", choices=("ml", "r1", "all"))
    which = parser.parse_args().which
    torch.set_num_threads(2)
    torch.manual_seed(SEED)
    material.write(HERE, SEED)
    if which in ("ml", "all"):
        tokenizer = fit_tokenizer(draw_document, HERE / "ml", vocabulary=2048, digits=3)
        make(tokenizer, draw_document, ML_PLAN, HERE / "ml")
    if which in ("r1", "all"):
        tokenizer = fit_tokenizer(draw_sum, HERE / "r1", vocabulary=640, digits=1)
        make(tokenizer, draw_sum, R1_PLAN, HERE / "r1")
    manifest.write(HERE, SEED)


if __name__ == "__main__":
    main()
