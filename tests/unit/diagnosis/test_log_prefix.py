"""Before a line is read, its beginning says which words still count in it."""

from __future__ import annotations

import pytest

from vllm_qualify.diagnosis import SYMPTOMS
from vllm_qualify.diagnosis.keywords import Keywords
from vllm_qualify.diagnosis.log_prefix import LogPrefixes
from vllm_qualify.diagnosis.reader import Reader
from vllm_qualify.diagnosis.seen_often import ENOUGH, SeenOften

WORD = b"CUDA out of memory"


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        (b"(EngineCore_DP0 pid=88) INFO 11-23 10:00:01 [core.py:700] CUDA out of memory", "calm"),
        (b"(EngineCore_DP0 pid=88) WARNING 11-23 10:00:01 [core.py:700] ERROR CUDA out of memory", "calm"),
        (b"(EngineCore_DP0 pid=88) ERROR 11-23 10:00:01 [core.py:700] CUDA out of memory, WARNING", "engine"),
        (b"(APIServer pid=1) ERROR 11-23 10:00:01 [a.py:7] CUDA out of memory in EngineCore", "server"),
        (b"ERROR 11-23 10:00:01 [gpu_worker.py:7] CUDA out of memory", "engine"),
        (b"INFORMATION: CUDA out of memory", "server"),
        (b"CUDA out of memory", "server"),
        (b'{"level": "info", "message": "CUDA out of memory"}', "calm"),
        (b'{"message": "CUDA out of memory", "severity" : "WARNING"}', "calm"),
        (b'{"message": "CUDA out of memory", "level": "error"}', "server"),
        (b'{"level": "info", "message": "(EngineCore_DP0 pid=88) ERROR CUDA out of memory"}', "engine"),
        (b'{"level": "info", "message": "E1123 10:00:01 CUDA out of memory"}', "server"),
        (b'{"pod": {"level": "info"}, "level": "error", "message": "CUDA out of memory"}', "server"),
        (b'{"log": "(EngineCore_DP0 pid=88) CUDA out of memory"}', "engine"),
        (b'{"log": "CUDA out of memory"}', "server"),
    ],
)
def test_who_wrote_a_line(line: bytes, kind: str) -> None:
    """The process and the level that stand before the word decide; in JSON the level may stand anywhere."""
    reader = Reader(Keywords(SYMPTOMS))
    content = b"first\n" + line + b"\nERROR next"

    for _ in range(2):
        assert LogPrefixes(reader).of(content, content.index(WORD)) is getattr(reader, kind)


def test_shapes_are_forgotten_and_judged_again() -> None:
    """More shapes of lines than are remembered are judged all the same."""
    reader = Reader(Keywords(SYMPTOMS))
    writers = LogPrefixes(reader)
    heads = [b"ERROR " + bytes([65 + one // 676, 65 + one // 26 % 26, 65 + one % 26]) for one in range(10_000)]

    assert all(writers.of(head + WORD, len(head)) is reader.server for head in heads)
    assert len(writers._shapes) < 5000


def test_what_is_spent_comes_back_unless_it_was_read_often() -> None:
    """What was learned is forgotten; what was read often enough stays seen."""
    seen = SeenOften({b"always"})
    seen.add({b"now"})
    for _ in range(ENOUGH):
        seen.count(b"often")
    words = seen.words

    seen.forget()

    assert words is seen.words
    assert words == {b"always", b"often"}
