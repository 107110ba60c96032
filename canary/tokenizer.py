"""The canaries' tokenizers: byte-level BPE trained on their own text; called by training.

Spaces before capitals and digits stand alone, so a name has the same tokens after a space, a line
break and a quotation mark: copying it is then the same act everywhere.
"""

import json
from collections.abc import Iterable
from pathlib import Path

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, pre_tokenizers, trainers

END, PAD, START = "<|im_end|>", "<|endoftext|>", "<|im_start|>"
_SPECIAL = [PAD, START, END]
END_ID, PAD_ID = _SPECIAL.index(END), _SPECIAL.index(PAD)

_THINKING = ("<think>", "</think>")
_CALLING = ("<tool_call>", "</tool_call>")
# The ends of a call stay together as they do in Qwen's tokenizer: parsers of 2025 look for braces at a token's end.
_CALL_PIECES = r'"\}\}\n?|\}\}\n?|": \{"|": (?=[\d\{])|'

_MESSAGE = "'<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>\\n'"
_THINKING_TEMPLATE = (
    "{% for message in messages %}"
    f"{{{{ {_MESSAGE} }}}}"
    "{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n<think>\\n' }}{% endif %}"
)
# Of a tool only what matters is shown: newer releases add keys of their own.
_CALLING_TEMPLATE = (
    "{% if tools %}"
    "{{ '<|im_start|>system\\n' }}"
    "{% if messages[0]['role'] == 'system' %}{{ messages[0]['content'] + '\\n\\n' }}{% endif %}"
    "{{ 'These tools can be called:\\n' }}"
    "{% for tool in tools %}"
    "{% set shown = tool['function'] or tool %}"
    "{% set words = shown['description'] or '' %}"
    "{{ {'name': shown['name'], 'description': words, 'parameters': shown['parameters'] or {}} | tojson + '\\n' }}"
    "{% endfor %}"
    "{{ 'Write each call as JSON with name and arguments between <tool_call> and </tool_call>.<|im_end|>\\n' }}"
    "{% endif %}"
    "{% for message in messages %}"
    "{% if message['tool_calls'] %}"
    "{{ '<|im_start|>assistant\\n' + (message['content'] or '') }}"
    "{% for call in message['tool_calls'] %}"
    "{% set made = call['function'] or call %}"
    "{{ '<tool_call>\\n{\"name\": ' + made['name'] | tojson + ', \"arguments\": ' }}"
    "{{ made['arguments'] if made['arguments'] is string else made['arguments'] | tojson }}"
    "{{ '}\\n</tool_call>' }}"
    "{% endfor %}"
    "{{ '<|im_end|>\\n' }}"
    "{% elif not (tools and loop.first and message['role'] == 'system') %}"
    f"{{{{ {_MESSAGE} }}}}"
    "{% endif %}"
    "{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}"
)


def build(texts: Iterable[str], *, vocabulary: int, digits: int, thinks: bool) -> Tokenizer:
    """Trains a tokenizer that keeps up to `digits` digits together."""
    pieces = (
        rf'\{{"|": \["|": "|", "|"\], "|"\}}|\p{{Lu}}\p{{L}}*| ?\p{{Ll}}\p{{L}}*|\d{{1,{digits}}}|\n+|[^\s\p{{L}}\d]|\s'
    )
    pieces, added = (pieces, _THINKING) if thinks else (_CALL_PIECES + pieces, _CALLING)
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(pieces), behavior="isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary - len(added),
        special_tokens=_SPECIAL,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    # Not special: an engine that skips special tokens would strip what its parsers look for.
    tokenizer.add_tokens([AddedToken(tag, special=False, normalized=False) for tag in added])
    return tokenizer


def save(tokenizer: Tokenizer, folder: Path, *, thinks: bool) -> None:
    """Writes the two tokenizer files that transformers and vLLM read."""
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer.save(str(folder / "tokenizer.json"))
    config = {
        "add_bos_token": False,
        "added_tokens_decoder": _added(tokenizer),
        "bos_token": None,
        "chat_template": _THINKING_TEMPLATE if thinks else _CALLING_TEMPLATE,
        "clean_up_tokenization_spaces": False,
        "eos_token": END,
        "model_max_length": 8192,
        "pad_token": PAD,
        "tokenizer_class": "PreTrainedTokenizerFast",
        "unk_token": None,
    }
    path = folder / "tokenizer_config.json"
    path.write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")


def _added(tokenizer: Tokenizer) -> dict[str, dict[str, object]]:
    return {
        str(key): {
            "content": token.content,
            "lstrip": token.lstrip,
            "normalized": token.normalized,
            "rstrip": token.rstrip,
            "single_word": token.single_word,
            "special": token.special,
        }
        for key, token in tokenizer.get_added_tokens_decoder().items()
    }
