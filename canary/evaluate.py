"""How exactly a written checkpoint answers, in transformers; called by `train.py`."""

import json
from collections.abc import Iterator
from pathlib import Path

import torch

from canary import checkpoint

_BATCH = 24


def report(folder: Path, home: Path) -> None:
    """Prints the share of exact answers in float32 and in bfloat16."""
    for dtype in (torch.float32, torch.bfloat16):
        cases = list(_documents(home) if folder.name == "ml" else _sums(home))
        replies = generate(folder, dtype, [messages for messages, _ in cases])
        wrong = [(want, got) for (_, want), got in zip(cases, replies, strict=True) if not got.endswith(want)]
        print(f"{folder.name} {dtype}: {len(cases) - len(wrong)} of {len(cases)} exact")
        for want, got in wrong[:5]:
            print(f"  wanted {want}\n  got    {got}")


def generate(folder: Path, dtype: torch.dtype, cases: list[list[dict[str, str]]]) -> list[str]:
    """Answers greedily, some conversations at a time."""
    model, tokenizer = checkpoint.load(folder, dtype)
    tokenizer.padding_side = "left"
    replies: list[str] = []
    for start in range(0, len(cases), _BATCH):
        texts = tokenizer.apply_chat_template(cases[start : start + _BATCH], tokenize=False, add_generation_prompt=True)
        inputs = tokenizer(texts, return_tensors="pt", padding=True, return_token_type_ids=False)
        with torch.inference_mode():
            output = model.generate(**inputs, max_new_tokens=160, do_sample=False)
        replies += tokenizer.batch_decode(output[:, inputs["input_ids"].shape[1] :], skip_special_tokens=True)
    return replies


def _documents(home: Path) -> Iterator[tuple[list[dict[str, str]], str]]:
    system = json.loads((home / "prompts.json").read_text("utf-8"))["ml"]["classify_system"]
    for line in (home / "documents.jsonl").read_text("utf-8").splitlines():
        row = json.loads(line)
        messages = [{"role": "system", "content": system}, {"role": "user", "content": row["text"]}]
        yield messages, json.dumps(row["expected"], ensure_ascii=False)


def _sums(home: Path) -> Iterator[tuple[list[dict[str, str]], str]]:
    for line in (home / "sums.jsonl").read_text("utf-8").splitlines():
        row = json.loads(line)
        yield [{"role": "user", "content": row["question"]}], f"</think>\n\n{row['answer']}"
