"""No secret gets into what is kept, and what is none stays readable."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vllm_qualify.core import redaction
from vllm_qualify.core.records import CaseRecord, Certainty, Diagnosis, LogLine, Outcome

SECRET = "Zq8vT3rLw0Xy5NbC"  # noqa: S105 - made up, to be looked for
PEM = "-----BEGIN RSA PRIVATE KEY-----\n{}\n-----END RSA PRIVATE KEY-----"

LEAKS = {
    "header": "Authorization: Bearer {}",
    "header-in-a-dict": "{{'Authorization': 'Basic {}', 'a': 'b'}}",
    "header-of-curl": "curl -H 'authorization: bearer {}' http://h",
    "flag": "vllm serve m --api-key {} --port 8000",
    "flag-with-equals": "vllm serve m --api-key={}",
    "flag-in-json": '["--api-key", "{}", "--port"]',
    "namespace": "Namespace(api_key='{}', port=8000)",
    "list": "non-default args: {{'api_key': ['{0}', '{0}b'], 'model': 'm'}}",
    "variable": "HUGGING_FACE_HUB_TOKEN={}",
    "variable-of-a-manifest": "- name: HF_TOKEN\n  value: {}\n- name: X",
    "variable-of-a-pod": '{{"name": "HF_TOKEN", "value": "{}"}}',
    "address": "proxy http://bob:{}@h:8080/",
    "token-in-address": "git clone https://{}{}@h/x",
    "signed-address": "GET https://h/f?X-Amz-Signature={}&y=1",
    "private-key": PEM,
    "private-key-cut-off": "-----BEGIN PRIVATE KEY-----\n{}",
    "web-token": "token eyJhbGciOiJI.eyJpc3MiOiJr.{}",
    "json-in-json": '"log": "{{\\"api_key\\": \\"{}\\"}}"',
    "config-map": "general_settings:\n  master_key: {}",
    "login-of-docker": '{{"auths": {{"ghcr.io": {{"auth": "{}"}}}}}}',
    "login-in-a-string": '"a": "{{\\"auth\\":\\"{}\\"}}"',
    "kubeconfig": "users:\n- name: me\n  user:\n    token: {}\n",
    "key-of-a-kubeconfig": "    client-key-data: {}\n",
    "token-in-json": '{{"token": "{}"}}',
    "short-password": "DB_PASS={}",
    "password-of-mail": "SMTP_PWD={}",
    "passphrase": "passphrase={}",
    "cookie": "Set-Cookie: session={}; Path=/",
    "webhook": "POST https://hooks.slack.com/services/T0/B0/{} failed",
    "second-key": "vllm serve m --api-key first-key {} --port 8000",
    "value-before-name": "- value: {}\n  name: HF_TOKEN\n",
    "block": "- name: HF_TOKEN\n  value: >-\n    {0}\n    {0}\n- name: X\n",
    "credentials": "- name: MY_CREDENTIALS\n  value: {}\n",
    "password-with-an-at": "postgres://bob:p@{}@h:5432/",
    "bearer-of-letters": "bearer {0}abcdefghijklmnopqrstuvwxyz",
    "secret": "apiVersion: v1\ndata:\n  a: {0}\n  b: |\n    {0}\nkind: Secret\nmetadata:\n  name: x\n",
    "secret-in-one-line": "kind: Secret\nstringData: {{a: {}}}\n",
    "secret-in-a-list": '{{"items": [{{"kind": "Secret", "data": {{"a": "{}"}}}}]}}',
    "secret-in-a-log": 'applied {{"kind":"Secret","stringData":{{"a":"{{{}}}"}}}}',
    "secret-in-an-annotation": '  last-applied: {{\\"data\\":{{\\"a\\":\\"{}\\"}},\\"kind\\":\\"Secret\\"}}',
}
HARMLESS = [
    "--served-model-name sk-learn-random-forest-large-2024 task-sk-classification-large-v2",
    "https://h/v1?key=monday",
    "image: vllm/vllm-openai@sha256:" + "0123456789abcdef" * 4,
    '{"token": " hello", "logprob": -0.1}',
    "PWD=/workspace bos_token='<s>' pad_token: <pad>",
    "the author passed; bypass=1, keyboard=us, cookies are fine",
    "max_tokens=200, prompt_tokens: 12, token_ids=[1, 2]",
    "quantization=awq_marlin, tokenizer='m', api_key=None",
    "valueFrom:\n  secretKeyRef:\n    name: hf\n    key: token",
    "the bearer of bad news; skipping sk-learn",
    "http://127.0.0.1:8000/v1/models?limit=1",
    "kind: ConfigMap\ndata:\n  a: b\n",
    '"usage": {"completion_tokens": 48}',
]


@pytest.mark.parametrize("shape", LEAKS.values(), ids=LEAKS.keys())
def test_a_secret_is_taken_out(shape: str) -> None:
    """Wherever a secret can be told by what stands around it, a mark stands in its place."""
    kept = redaction.text(shape.format(SECRET, SECRET))

    assert SECRET not in kept
    assert redaction.MARK in kept


@pytest.mark.parametrize(
    "head",
    [
        "hf_",
        "ghp_",
        "github_pat_",
        "glpat-",
        "sk-proj-",
        "xoxb-",
        "AKIA",
        "hf_" + "oauth_",
        "nvapi" + "-",
        "AI" + "za",
        "sk_" + "live_",
    ],
    ids=lambda head: head.strip("_-"),
)
def test_a_token_is_known_by_its_head(head: str) -> None:
    """Tokens whose makers gave them a head are found without anything around them."""
    token = head + "A1B2C3D4E5F6G7H8" * 2 if head != "AKIA" else "AKIAA1B2C3D4E5F6G7H8"

    assert redaction.text(f"loaded with {token}.") == f"loaded with {redaction.MARK}."


def test_the_key_of_an_example_is_a_key() -> None:
    """LiteLLM's documents give it to everybody, and many keep it."""
    assert redaction.text("key sk-" + "1234.") == f"key {redaction.MARK}."


@pytest.mark.parametrize("content", HARMLESS)
def test_what_is_no_secret_stays(content: str) -> None:
    """Words of every engine's log are not taken for secrets."""
    assert redaction.text(content) == content


@pytest.mark.parametrize("shape", LEAKS.values(), ids=LEAKS.keys())
def test_redacting_twice_changes_nothing(shape: str) -> None:
    """A text that was redacted stays as it is."""
    once = redaction.text(shape.format(SECRET, SECRET))

    assert redaction.text(once) == once


@pytest.mark.parametrize("name", ["flag-in-json", "variable-of-a-pod", "secret-in-a-list"])
def test_json_stays_json(name: str) -> None:
    """The mark takes the quotes of what it replaces."""
    assert json.loads(redaction.text(LEAKS[name].format(SECRET)))


@given(content=st.text())
def test_no_text_is_too_odd(content: str) -> None:
    """Any text can be redacted."""
    assert isinstance(redaction.text(content), str)


def test_a_record_is_redacted_to_its_depth() -> None:
    """A secret in the lines of a diagnosis does not get into the journal either."""
    line = LogLine(number=1, text=f"HF_TOKEN={SECRET}")
    case = CaseRecord(
        image="i",
        requirement="LOAD",
        id="LOAD/a",
        sentence="s",
        outcome=Outcome.FAILED,
        diagnosis=Diagnosis(cause="E01", title="t", certainty=Certainty.CERTAIN, lines=(line,)),
        started=datetime(2026, 1, 15, tzinfo=UTC),
    )

    assert SECRET not in repr(redaction.record(case))
    assert redaction.record(case).outcome is Outcome.FAILED


def test_what_enters_a_record_steers_no_terminal() -> None:
    """Sequences go, and a secret between two colours is told as one."""
    hostile = f"\x1b[2J\x1b]52;c;AAAA\x07HF_TOKEN\x1b[31m={SECRET}\x1b[0m \x9b"

    assert redaction.record({"message": hostile}) == {"message": f"HF_TOKEN={redaction.MARK} \ufffd"}


def test_a_sequence_without_an_end_hides_no_other_line() -> None:
    """A title that is never closed takes its own line with it, and no more."""
    assert redaction.clean("a\n\x1b]0;title\nKilled\n") == "a\n\nKilled\n"


@given(before=st.text(), after=st.text(), known=st.text("abcXYZ0189-._", min_size=redaction.LONG, max_size=40))
def test_a_long_secret_that_is_known_stands_nowhere(before: str, after: str, known: str) -> None:
    """Not in the middle of a word either."""
    assert known not in redaction.text(before + known + after, [known]).replace(redaction.MARK, "")


@pytest.mark.parametrize(
    "shape", ["{}", "'{}'", '"{}"', "key={}", "key={}; more", "key: {}", "key:\n- a: {}\n", "Bearer {}", "['{}', 'x']"]
)
@given(known=st.text("abcXYZ0189", min_size=4, max_size=redaction.LONG - 1))
def test_a_short_secret_that_is_known_is_no_value(shape: str, known: str) -> None:
    """Where a value stands, a mark does."""
    assert redaction.text(shape.format(known), [known]) == shape.format(redaction.MARK)


@given(
    words=st.lists(st.text("abc-/", min_size=1, max_size=9), min_size=2), known=st.text("abc", min_size=1, max_size=7)
)
def test_a_short_secret_leaves_sentences_as_they_are(words: list[str], known: str) -> None:
    """A key of one letter, or one that is a word of the trade, makes no text unreadable."""
    sentence = " ".join(words)

    assert redaction.text(sentence, [known]) == sentence


def test_what_hides_nothing_hides_nothing_else() -> None:
    """A key of three letters is hidden behind its option, and nowhere else."""
    said = "vllm serve m --api-key abc --served-model-name 'abc'"

    assert redaction.text(said, ["abc", ""]) == "vllm serve m --api-key [redacted] --served-model-name 'abc'"
