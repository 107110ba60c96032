"""The training loop of both canaries; called by `train.py`.

Weights and optimiser stay in float32; matrix products run in bfloat16, which is quick on recent
processors and accustoms the model to the precision it is stored in.
"""

import math
import time
from dataclasses import dataclass

import numpy as np
import torch
from torch.nn import functional
from transformers import PreTrainedModel

from canary import batches
from canary.batches import IGNORED, READ, WRITTEN, WRITTEN_FAR, Batch, Source


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How long and how hard to train.

    Attributes:
        steps: at most so many.
        minutes: the schedule is shortened so that they end by then.
        rate: the highest learning rate.
        prompt_weight: of a prompt's tokens beside the reply's.
        far_weight: of a reply after a long prompt beside others.
    """

    steps: int
    minutes: float
    rate: float
    prompt_weight: float
    far_weight: float = 3.0


class _Progress:
    """How far training has come, by steps or by time, whichever is further."""

    def __init__(self, plan: Plan) -> None:
        self.plan, self.step, self.started = plan, 0, time.monotonic()

    def __call__(self) -> float:
        return min(1.0, max(self.step / self.plan.steps, self.seconds() / (60 * self.plan.minutes)))

    def seconds(self) -> float:
        return time.monotonic() - self.started


def train(model: PreTrainedModel, source: Source, plan: Plan) -> None:
    """Trains in place, on the GPU where there is one."""
    # cuDNN plans its attention anew for every length, in half a second; the lengths here hardly ever repeat.
    torch.backends.cuda.enable_cudnn_sdp(enabled=False)
    progress = _Progress(plan)
    feed = batches.steps(source, lambda: min(1.0, 2 * progress()))
    drawn = next(feed)  # The workers are forked here, before the GPU is touched.
    model.to("cuda" if torch.cuda.is_available() else "cpu").train()
    optimiser = _optimiser(model, plan)
    while (done := progress()) < 1.0:
        for group in optimiser.param_groups:
            group["lr"] = plan.rate * _schedule(progress.step, done)
        optimiser.zero_grad()
        shown = _learn(model, drawn, plan)
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        if progress.step % 50 == 0:
            near, far = (float(total) / max(1, count) for total, count in shown)
            tokens, seconds = sum(batch.ids.size for batch in drawn), progress.seconds()
            print(
                f"step {progress.step:5} loss {near:.4f} far {far:.4f} tokens {tokens:6} {seconds:5.0f} s", flush=True
            )
        progress.step += 1
        drawn = next(feed)
    feed.close()
    model.eval()


def _optimiser(model: PreTrainedModel, plan: Plan) -> torch.optim.Optimizer:
    decay = [p for p in model.parameters() if p.dim() > 1]
    plain = [p for p in model.parameters() if p.dim() <= 1]
    groups = [{"params": decay, "weight_decay": 0.05}, {"params": plain, "weight_decay": 0.0}]
    return torch.optim.AdamW(groups, lr=plan.rate, betas=(0.9, 0.98), fused=True)


def _schedule(step: int, done: float) -> float:
    """Rises over the first steps, then falls along a cosine."""
    return min(1.0, (step + 1) / 100) * (0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * done)))


def _learn(model: PreTrainedModel, drawn: list[Batch], plan: Plan) -> list[tuple[torch.Tensor, int]]:
    """Adds up the gradients of one step: replies in full, prompts a little.

    Returns:
        The summed loss and the number of tokens, of the replies to short and to long prompts.
    """
    _, read, near, far = sum(np.bincount(batch.roles[:, 1:].ravel(), minlength=4) for batch in drawn).tolist()
    replies = max(1.0, near + plan.far_weight * far)
    weights = torch.tensor([0.0, plan.prompt_weight / max(1, read), 1 / replies, plan.far_weight / replies])
    weights = weights.to(model.device)
    shown = torch.zeros(4, device=model.device)
    for batch in drawn:
        rows, columns = np.nonzero(batch.roles[:, 1:] > (IGNORED if plan.prompt_weight else READ))
        places = torch.from_numpy(rows * batch.ids.shape[1] + columns).to(model.device)
        roles = torch.from_numpy(batch.roles[rows, columns + 1]).to(model.device, torch.long)
        ids = torch.from_numpy(batch.ids).to(model.device, torch.long)
        with torch.autocast(model.device.type, torch.bfloat16):
            # The padding is on the right, and nothing looks to its right: no mask is needed.
            hidden = model.base_model(input_ids=ids, use_cache=False).last_hidden_state.flatten(0, 1)
            logits = model.lm_head(hidden[places]).float()
        losses = functional.cross_entropy(logits, ids.flatten()[places + 1], reduction="none")
        (losses * weights[roles]).sum().backward()
        shown.index_add_(0, roles, losses.detach())
    return [(shown[WRITTEN], near), (shown[WRITTEN_FAR], far)]
