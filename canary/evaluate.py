"""How exactly a written checkpoint answers, in transformers; called by `train.py`."""

import json
import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from transformers import PreTrainedModel, PreTrainedTokenizerFast

from canary import batches, checkpoint, corpus, exchanges, filler, material, names, prompts, sums, tools
from canary.prompts import Exchange, Message

_LONGEST_ANSWER = 160
_TOKENS = 120_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """How much is asked.

    Attributes:
        drawn: unseen documents and questions that are drawn beside those shipped.
        padded: documents a length.
        lengths: tokens that padded documents are filled up to.
    """

    drawn: int = 240
    padded: int = 24
    lengths: tuple[int, ...] = (1000, 2000, 4000, 6000, 8000)

    @classmethod
    def of(cls, drawn: int) -> "Scale":
        """Scales everything to the number of drawn questions."""
        return cls(drawn=drawn, padded=max(1, min(72, drawn // 10)))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """A name for what is asked, and exchanges with the right replies."""

    name: str
    exchanges: list[Exchange]


def report(folder: Path, home: Path, seed: int, scale: Scale) -> None:
    """Prints the share of exact answers in float32 and in bfloat16."""
    device = "cuda" if torch.cuda.is_available() else "cpu"
    for dtype in (torch.float32, torch.bfloat16):
        model, tokenizer = checkpoint.load(folder, dtype)
        model.to(device)
        work = (
            _ml(home, seed, scale, tokenizer) if folder.name == "ml" else [_Asked(name="sums", exchanges=_sums(seed))]
        )
        for asked in work:
            wrong = [(want, got) for want, got in _answers(model, tokenizer, asked.exchanges) if got != want]
            right, all_ = len(asked.exchanges) - len(wrong), len(asked.exchanges)
            print(
                f"{folder.name} {str(dtype).removeprefix('torch.')} {asked.name}: {right} of {all_} exact", flush=True
            )
            for want, got in wrong[:4]:
                print(f"  wanted {want!r}\n  got    {got!r}", flush=True)


def _answers(
    model: PreTrainedModel, tokenizer: PreTrainedTokenizerFast, asked: list[Exchange]
) -> Iterator[tuple[str, str]]:
    """Answers greedily, some at a time, those of like length together."""
    texts = [batches.prompt(tokenizer, one) for one in asked]
    tokenizer.padding_side = "left"
    order = sorted(range(len(texts)), key=lambda index: len(texts[index]))
    while order:
        width = len(tokenizer.encode(texts[order[-1]])) + _LONGEST_ANSWER
        now, order = order[-max(1, _TOKENS // width) :], order[: -max(1, _TOKENS // width)]
        inputs = tokenizer([texts[i] for i in now], return_tensors="pt", padding=True, return_token_type_ids=False)
        inputs = inputs.to(model.device)
        with torch.inference_mode():
            output = model.generate(**inputs, max_new_tokens=_LONGEST_ANSWER, do_sample=False)
        replies = tokenizer.batch_decode(output[:, inputs["input_ids"].shape[1] :], skip_special_tokens=True)
        yield from zip((asked[i].reply for i in now), replies, strict=True)


def _ml(home: Path, seed: int, scale: Scale, tokenizer: PreTrainedTokenizerFast) -> Iterator[_Asked]:
    rows = [json.loads(line) for line in (home / "documents.jsonl").read_text("utf-8").splitlines()]
    shipped = [(row["text"], json.dumps(row["expected"], ensure_ascii=False)) for row in rows]
    rng = random.Random("evaluate")
    drawn = [corpus.document(rng, rng.choice(names.LANGUAGES), "test") for _ in range(scale.drawn)]
    yield _Asked(name="shipped documents", exchanges=[_classified(*one) for one in shipped])
    yield _Asked(name="drawn documents", exchanges=[_classified(one.text, one.answer.to_json()) for one in drawn])
    with_tools = [_classified(*one, offered=tools.TOOLS) for one in shipped]
    yield _Asked(name="shipped documents, tools on offer", exchanges=with_tools)
    yield _Asked(name="descriptions", exchanges=[_described(one) for one in drawn[:72]])
    for length in scale.lengths:
        padded = [_classified(_padded(rng, text, length, tokenizer), want) for text, want in shipped[: scale.padded]]
        yield _Asked(name=f"documents padded to {length}", exchanges=padded)
    yield from _tools(tools.test_questions(seed), "shipped")
    wanted = (tools.pair(rng) if names.chance(rng, 0.35) else [rng.choice(tools.NAMES)] for _ in range(scale.drawn))
    yield from _tools([tools.question(rng, one, rng.choice(names.LANGUAGES), "test") for one in wanted], "drawn")


def _tools(questions: list[tools.Question], which: str) -> Iterator[_Asked]:
    """Asks for calls: freely, as named and required are forced, after the results, and without the right tool."""
    offered = tools.TOOLS
    free = [exchanges.asked(one.text, offered=offered, reply=tools.written(one.calls)) for one in questions]
    yield _Asked(name=f"{which} questions, auto", exchanges=free)
    only = [exchanges.asked(one.text, offered=_just(one.calls), reply=tools.written(one.calls)) for one in questions]
    yield _Asked(name=f"{which} questions, auto, just their tools", exchanges=only)
    forced = [
        exchanges.asked(one.text, offered=offered, given="[", reply=tools.required(one.calls)[1:]) for one in questions
    ]
    yield _Asked(name=f"{which} questions, required", exchanges=forced)
    single = [one for one in questions if len(one.calls) == 1]
    yield _Asked(name=f"{which} questions, named", exchanges=[_named(one) for one in single])
    told = [
        Exchange(messages=exchanges.answered(one.text, one.calls), tools=offered, reply=one.told) for one in questions
    ]
    yield _Asked(name=f"{which} questions, results given", exchanges=told)
    none = [exchanges.asked(one.text, offered=[], reply=tools.CANNOT[one.language]) for one in single]
    yield _Asked(name=f"{which} questions, no tool on offer", exchanges=none)


def _just(calls: list[tools.Call]) -> list[dict[str, Any]]:
    wanted = {one.name for one in calls}
    return [one for one in tools.TOOLS if one["function"]["name"] in wanted]


def _named(question: tools.Question) -> Exchange:
    arguments = json.dumps(question.calls[0].arguments, ensure_ascii=False)
    begin = 1 if arguments == "{}" else 2
    return exchanges.asked(question.text, offered=tools.TOOLS, given=arguments[:begin], reply=arguments[begin:])


def _classified(text: str, want: str, *, offered: Iterable[dict[str, Any]] = ()) -> Exchange:
    system: Message = {"role": "system", "content": prompts.CLASSIFY}
    return Exchange(messages=[system, {"role": "user", "content": text}], tools=list(offered), reply=want)


def _described(document: corpus.Document) -> Exchange:
    content = prompts.DESCRIBE["en"].format(document=document.text)
    return Exchange(messages=[{"role": "user", "content": content}], reply=document.prose["en"])


def _padded(rng: random.Random, text: str, length: int, tokenizer: PreTrainedTokenizerFast) -> str:
    """Puts the mails by turns around a document, up to that many tokens."""
    a_mail = len(tokenizer.encode(filler.BETWEEN.join(filler.MAILS))) / len(filler.MAILS)
    mails = filler.cycled(round((length - 200) / a_mail), rng.randrange(len(filler.MAILS)))
    return filler.around(rng, text, mails)


def _sums(seed: int) -> list[Exchange]:
    items = sums.test_sums(seed, material.SUMS)
    asked = [prompts.QUESTIONS[item.language][0].format(a=item.a, b=item.b) for item in items]
    return [
        Exchange(messages=[{"role": "user", "content": question}], reply=sums.reply(item))
        for question, item in zip(asked, items, strict=True)
    ]
