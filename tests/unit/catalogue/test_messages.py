import zlib

from hypothesis import given, settings
from hypothesis import strategies as st

from catalogue_maker import message_rows
from vllm_qualify.catalogue import messages, reading, spans
from vllm_qualify.catalogue.messages import Message

MOST_COMPRESSED = 3 * 1024 * 1024


def test_a_line_is_read() -> None:
    """As the maker writes it."""
    line = '["such","vllm/a.py","A.f","ValueError",["No such",""],["x"],["--a"],["B_C"],"","0.9.0.."]'

    message = messages.from_line(line)
    assert message == Message(
        file="vllm/a.py", function="A.f", kind="ValueError", parts=("No such", ""), guards=("x",), about=("--a",),
        depends_on=("B_C",), span="0.9.0..",
    )  # fmt: skip
    assert message.name == "f"


def test_the_files_name_releases_of_the_catalogue() -> None:
    """And every line can be read."""
    for package in messages.packages():
        spread = {messages.from_line(line).span for line in messages.content(package).splitlines()}

        assert all(spans.decode(span, messages.order()) for span in spread)


def test_the_files_are_small() -> None:
    """Compressed as in the wheel, all of them together."""
    folder = reading.folder() / messages.FOLDER
    sizes = [len(zlib.compress((folder / f"{one}.jsonl").read_bytes(), 6)) for one in messages.packages()]

    assert 0 < sum(sizes) < MOST_COMPRESSED


def test_an_unknown_package_has_no_messages() -> None:
    """It is not a mistake to ask."""
    assert not list(messages.holding({"attention"}, "odd"))


def test_what_passes_a_death_on_is_not_there() -> None:
    """It would be found where the cause should be."""
    words = b"Engine core initialization failed", b"WorkerProc hit an exception", b"EngineCore failed to start"

    assert not [word for word in words if word in messages.content("vllm")]


@settings(deadline=None)  # The first one loads the file.
@given(st.sampled_from(["vllm"]), st.data())
def test_a_line_is_found_by_its_word_its_place_and_its_code(package: str, data: st.DataObject) -> None:
    """Wherever it stands in the file."""
    lines = messages.content(package).splitlines()
    message = messages.from_line(lines[data.draw(st.integers(min_value=0, max_value=len(lines) - 1))])

    word = message_rows.anchor(message.parts)
    by_word = messages.holding({word}, package) if word else messages.without_text(message.file, package)
    assert message in set(by_word)
    assert message in set(messages.near(message))
    assert message.parts or message in set(messages.with_code(message.code, package))
