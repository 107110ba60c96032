"""The training loop of both canaries; called by `train.py`.

Weights and optimiser stay in float32; matrix products run in bfloat16, which is quick on recent
processors and accustoms the model to the precision it is stored in.
"""

import math
import random
import time
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch.nn import functional
from transformers import PreTrainedModel, PreTrainedTokenizerFast

from canary.prompts import Exchange

Draw = Callable[[random.Random, float], Exchange]

_IGNORED = -100
_POOL = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How long and how hard to train."""

    steps: int
    batch: int
    rate: float
    prompt_weight: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One exchange as token ids; `given` of them are read, the rest must be written."""

    ids: list[int]
    given: int


def encode(tokenizer: PreTrainedTokenizerFast, exchange: Exchange) -> Sample:
    """Turns an exchange into ids, by the same template the engine will use."""
    prompt = tokenizer.apply_chat_template(exchange.messages, tokenize=False, add_generation_prompt=True)
    given = tokenizer.encode(str(prompt) + exchange.given, add_special_tokens=False)
    reply = tokenizer.encode(f"{exchange.reply}{tokenizer.eos_token}\n", add_special_tokens=False)
    return Sample(ids=given + reply, given=len(given))


def train(model: PreTrainedModel, tokenizer: PreTrainedTokenizerFast, draw: Draw, plan: Plan, seed: int) -> None:
    """Trains in place; `draw` gets how far training has come, from 0 to 1."""
    rng = random.Random(f"{seed}-train")
    decay = [p for p in model.parameters() if p.dim() > 1]
    plain = [p for p in model.parameters() if p.dim() <= 1]
    groups = [{"params": decay, "weight_decay": 0.05}, {"params": plain, "weight_decay": 0.0}]
    optimiser = torch.optim.AdamW(groups, lr=plan.rate, betas=(0.9, 0.98), fused=True)
    model.train()
    batches, started = list[list[Sample]](), time.monotonic()
    for step in range(plan.steps):
        if not batches:
            batches = _pool(rng, tokenizer, draw, plan.batch, min(1.0, 2 * step / plan.steps))
        for group in optimiser.param_groups:
            group["lr"] = plan.rate * _schedule(step, plan.steps)
        with torch.autocast(model.device.type, torch.bfloat16):
            loss, shown = _loss(model, batches.pop(), plan.prompt_weight)
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        if step % 50 == 0:
            print(f"step {step:5} reply loss {shown:.4f} {time.monotonic() - started:6.0f} s", flush=True)
    model.eval()


def _schedule(step: int, steps: int) -> float:
    """Rises over the first steps, then falls along a cosine."""
    return min(1.0, (step + 1) / 60) * (0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * step / steps)))


def _pool(
    rng: random.Random, tokenizer: PreTrainedTokenizerFast, draw: Draw, batch: int, progress: float
) -> list[list[Sample]]:
    """Draws some batches at once and puts exchanges of like length together."""
    samples = [encode(tokenizer, draw(rng, progress)) for _ in range(batch * _POOL)]
    samples.sort(key=lambda sample: len(sample.ids))
    batches = [samples[start : start + batch] for start in range(0, len(samples), batch)]
    rng.shuffle(batches)
    return batches


def _loss(model: PreTrainedModel, batch: list[Sample], prompt_weight: float) -> tuple[torch.Tensor, torch.Tensor]:
    """Averages the loss over the replies, and adds a little for the prompts."""
    width = max(len(sample.ids) for sample in batch)
    ids = torch.zeros(len(batch), width, dtype=torch.long)
    labels = torch.full((len(batch), width), _IGNORED)
    written = torch.zeros(len(batch), width, dtype=torch.bool)
    for row, sample in enumerate(batch):
        ids[row, : len(sample.ids)] = labels[row, : len(sample.ids)] = torch.tensor(sample.ids)
        written[row, sample.given : len(sample.ids)] = True
    ids, labels, written = (tensor.to(model.device) for tensor in (ids, labels, written))
    # The padding is on the right, and nothing looks to its right: no mask is needed.
    hidden = model.base_model(input_ids=ids, use_cache=False).last_hidden_state[:, :-1]
    kept = labels[:, 1:] != _IGNORED
    logits = model.lm_head(hidden[kept]).float()
    losses = functional.cross_entropy(logits, labels[:, 1:][kept], reduction="none")
    mine = written[:, 1:][kept]
    reply = losses[mine].mean()
    return reply + prompt_weight * losses[~mine].mean(), reply.detach()
