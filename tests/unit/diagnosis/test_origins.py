from collections.abc import Iterator, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vllm_qualify.catalogue import messages
from vllm_qualify.core.records import Certainty
from vllm_qualify.diagnosis import origins
from vllm_qualify.diagnosis.exceptions import Frame, RootException
from vllm_qualify.diagnosis.logs import Line
from vllm_qualify.diagnosis.origins import Origin

SITE = "/usr/local/lib/python3.12/dist-packages/"
TEXT = "Attention backend flavour 'odd' cannot capture graphs"
PARTS = '["Attention backend flavour","cannot capture graphs"]'
LINES = (
    f'["Attention","vllm/a.py","A.check","ValueError",{PARTS},["not self.old"],["--a-b"],[],"","0.8.0..0.8.4"]',
    f'["Attention","vllm/a.py","A.check","ValueError",{PARTS},["self.new"],["--a-b"],[],"","0.9.0..0.10.2"]',
    f'["Attention","vllm/b.py","A.check","ValueError",{PARTS},["self.new"],["--a-b"],[],"","0.11.0..0.12.0"]',
    '["Attention","vllm/a.py","A.check","ValueError",["Attention backend is odd",""],["self.new"],[],[],"","0.7.0"]',
    '["Attention","vllm/g.py","h","Odd",["Attention backend flavour","can capture no graphs"],[],[],[],"","0.20.2"]',
    '["available","vllm/c.py","f","RuntimeError",["","is not available here"],[],[],[],"","0.8.0..0.12.0"]',
    '["","vllm/d.py","g","AssertionError",[],[],["--c-d"],[],"assert args.c_d","0.9.0.."]',
    '["","vllm/d.py","g","AssertionError",[],[],[],[],"assert args.e_f","0.9.0.."]',
    '["","vllm/d.py","h","NotImplementedError",[],[],[],[],"raise NotImplementedError","0.9.0.."]',
    '["graphs","vllm/e.py","one","ValueError",["Captured graphs of flavour",""],[],[],[],"","0.9.0.."]',
    '["graphs","vllm/f.py","two","ValueError",["Captured graphs of flavour",""],[],[],[],"","0.9.0.."]',
)

READ = ("0.9.0", "0.9.1", "0.10.0")
OF_TORCH = (
    '["operator","torch/_ops.py","Ops.__getattr__","AttributeError",["No operator named",""],[],[],[],"","0.9.1"]',
    '["graphs","torch/cuda/graphs.py","capture","ValueError",["Captured graphs of torch only",""],[],[],[],"","0.9.1"]',
)


@pytest.fixture
def made_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """Files of messages of a few lines; torch was read as it comes with some releases alone."""
    said = {"vllm": LINES, "torch": OF_TORCH}
    monkeypatch.setattr(messages, "packages", lambda: tuple(sorted(said)))
    monkeypatch.setattr(messages, "content", lambda name: "".join(f"{line}\n" for line in sorted(said[name])).encode())
    read = {"vllm": frozenset(range(len(messages.order()))), "torch": frozenset(map(messages.order().index, READ))}
    monkeypatch.setattr(messages, "covered", read.__getitem__)


def raised(message: str, kind: str = "ValueError", *frames: tuple[str, str, str]) -> RootException:
    """An exception with frames of file, function and code."""
    called = tuple(Frame(file=SITE + file, line=7, function=name, code=code) for file, name, code in frames)
    return RootException(kind=kind, message=message, frames=called, line=Line(number=1))


def found(exception: RootException, release: str = "") -> Origin:
    """Where it comes from; a test that expects none asks `origins.find` itself."""
    origin = origins.find(exception, release=release)
    assert origin is not None
    return origin


HERE = ("vllm/a.py", "check", "raise ValueError(")


@pytest.mark.usefixtures("made_up")
@pytest.mark.parametrize(
    ("frames", "release", "certainty"),
    [
        ([HERE], "0.9.1", Certainty.CERTAIN),
        ([HERE], "v0.10.2+cu129", Certainty.CERTAIN),
        ([HERE], "", Certainty.CERTAIN),
        ([HERE], "0.20.2", Certainty.PROBABLE),
        ([], "0.9.1", Certainty.PROBABLE),
        ([], "0.20.2", Certainty.POSSIBLE),
        ([("vllm/z.py", "elsewhere", "raise ValueError(")], "0.9.1", Certainty.POSSIBLE),
    ],
)
def test_text_and_place_make_it_certain(frames: list[tuple[str, str, str]], release: str, certainty: Certainty) -> None:
    """Each alone does not, and a release that has no such statement takes one step from it."""
    origin = found(raised(TEXT, "ValueError", *frames), release)

    assert origin.certainty is certainty
    assert {message.name for message in origin.statements} == {"check"}


@pytest.mark.usefixtures("made_up")
def test_the_form_of_the_release_that_died_is_shown() -> None:
    """Its guard is not that of other releases; without a release, the newest is shown."""
    shown = [found(raised(TEXT), release).statements[0] for release in ("0.8.2", "0.9.1", "")]

    assert [(one.file, one.guards) for one in shown] == [
        ("vllm/a.py", ("not self.old",)), ("vllm/a.py", ("self.new",)), ("vllm/b.py", ("self.new",))
    ]  # fmt: skip


@pytest.mark.usefixtures("made_up")
def test_a_check_that_moved_is_the_same_check() -> None:
    """So a release that has it in another file, or in other words, is none without it."""
    origin = found(raised(TEXT, "ValueError", HERE))

    order = messages.order()
    assert {order[place] for place in origin.here} >= {"0.8.0", "0.9.0", "0.11.0", "0.12.0"}
    assert {order[place] for place in origin.alike} == {"0.7.0", "0.20.2"}


@pytest.mark.usefixtures("made_up")
@pytest.mark.parametrize(
    "exception",
    [
        raised("Attention backend flavour 'odd' cannot capture graphics"),
        raised("Alas: " + TEXT),
        raised(TEXT, "TypeError"),
        raised(TEXT, "ValueError", ("torch/cuda/graphs.py", "check", "raise ValueError(")),
        raised("the moon is not available here", "RuntimeError"),
        raised("the moon", "ValueError", HERE),
        raised("", "AssertionError", ("vllm/d.py", "g", "assert args.g_h")),
        raised("", "AssertionError", ("vllm/x.py", "g", "assert args.c_d")),
        raised("", "AssertionError"),
        raised(""),
    ],
)
def test_what_only_looks_like_it_is_not_found(exception: RootException) -> None:
    """Other words, another type, another package, a text of common words without its place, other code."""
    assert origins.find(exception) is None


@pytest.mark.usefixtures("made_up")
def test_common_words_are_found_at_their_place() -> None:
    """There they are what was raised."""
    origin = found(raised("the moon is not available here", "RuntimeError", ("vllm/c.py", "f", "raise RuntimeError(")))

    assert origin.certainty is Certainty.CERTAIN


@pytest.mark.usefixtures("made_up")
def test_an_assert_without_a_text_is_found_by_its_code() -> None:
    """In its function; a traceback without code names both that it may be."""
    certain = found(raised("", "AssertionError", ("vllm/d.py", "g", "assert args.c_d")), "0.10.0")
    either = found(raised("", "AssertionError", ("vllm/d.py", "g", "")), "0.10.0")
    only = found(raised("", "NotImplementedError", ("vllm/d.py", "h", "")), "0.10.0")

    assert (certain.statements[0].about, certain.certainty) == (("--c-d",), Certainty.CERTAIN)
    assert (len(either.statements), either.certainty) == (2, Certainty.POSSIBLE)
    assert only.certainty is Certainty.PROBABLE


@pytest.mark.usefixtures("made_up")
def test_two_that_fit_equally_are_both_named() -> None:
    """Neither more than possible."""
    origin = found(raised("Captured graphs of flavour 'odd'"))

    assert {message.file for message in origin.statements} == {"vllm/e.py", "vllm/f.py"}
    assert origin.certainty is Certainty.POSSIBLE


@pytest.mark.usefixtures("made_up")
def test_a_validator_takes_the_place_away() -> None:
    """Its library raises what it was told, so the text alone counts."""
    message = f"1 validation error for A\n  Value error, {TEXT} [type=value_error, input_value=1, input_type=A]"
    frame = ("pydantic/_internal/_dataclasses.py", "__init__", "s.__pydantic_validator__.validate_python(")

    assert found(raised(message, "pydantic_core.ValidationError", frame)).certainty is Certainty.PROBABLE


OPS = ("torch/_ops.py", "__getattr__", "raise AttributeError(")


@pytest.mark.usefixtures("made_up")
@pytest.mark.parametrize(
    ("release", "certainty", "died"),
    [("0.9.1", Certainty.CERTAIN, "0.9.1"), ("0.9.0", Certainty.PROBABLE, "0.9.0"), ("0.8.5", Certainty.CERTAIN, None)],
)
def test_a_library_is_looked_up_in_its_own_sources(release: str, certainty: Certainty, died: str | None) -> None:
    """With the version of the release that died; of a release whose libraries were not read nothing is said."""
    origin = found(raised("No operator named _moe_C", "AttributeError", OPS), release)

    assert (origin.certainty, origin.release) == (certainty, messages.order().index(died) if died else None)


@pytest.mark.usefixtures("made_up")
def test_without_frames_a_text_may_be_of_any_package() -> None:
    """Only a text that tells is found then."""
    origin = found(raised("Captured graphs of torch only: 3"))

    assert origin.statements[0].package == "torch"


def _of(release: str) -> Iterator[messages.Message]:
    place = messages.order().index(release)
    return (
        message
        for message in map(messages.from_line, messages.content("vllm").splitlines())
        if message.parts and message.kind not in {messages.LOG, messages.PARSER, ""} and "<" not in message.function
        if place in messages.releases(message)
    )


RELEASE = "0.20.2"
SAID: Sequence[messages.Message] = tuple(_of(RELEASE))
VALUES = st.sampled_from(["", "x", "float16", "[1, 2]", "a value of words", "(--x)", "12"])


@settings(deadline=None)  # The first one loads the file.
@given(st.sampled_from(SAID), st.data())
def test_what_a_release_raises_is_found(message: messages.Message, data: st.DataObject) -> None:
    """Whatever the values in it are: the very statement, or one whose text and place are the same."""
    values = [data.draw(VALUES) for _ in message.parts[1:]]
    text = " ".join([message.parts[0], *(one for pair in zip(values, message.parts[1:], strict=True) for one in pair)])

    origin = found(raised(text, message.kind, (message.file, message.name, "")), RELEASE)
    assert (message.file, message.name) in {(one.file, one.name) for one in origin.statements}
