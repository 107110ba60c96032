from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vllm_qualify.kube import yamltext

TEXT = """\
# a comment
kind: Service
---
---
kind: Deployment
spec:
  containers:
    - name: a
      args:
        - --x
        - 0.90
"""


def test_every_document_is_read_and_empty_ones_are_not() -> None:
    """Two separators in a row make no document."""
    found = yamltext.documents(TEXT)

    assert [document.data["kind"] for document in found] == ["Service", "Deployment"]


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (("kind",), 5),
        (("spec", "containers", 0, "name"), 8),
        (("spec", "containers", 0, "args", 1), 11),
        (("spec", "containers", 0, "args", 7), 10),
        (("spec", "containers", 3), 8),
        (("metadata", "name"), 5),
    ],
)
def test_lines_are_counted_in_the_whole_text(path: yamltext.Path, line: int) -> None:
    """What is missing is found at the nearest value above it."""
    assert yamltext.documents(TEXT)[1].line(*path) == line


def test_a_value_is_shown_as_it_is_written() -> None:
    """A number keeps the zero that reading it would lose."""
    assert yamltext.documents(TEXT)[1].text("spec", "containers", 0, "args", 1) == "0.90"


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("a: 1\nb: [", 2, "not valid YAML"),
        ("a: 1\n\tb: 2", 2, "not valid YAML"),
        ("a: 1\nb: \x00", 2, "not valid YAML"),
        ("a: !!python/object:os.system x", 1, "not valid YAML"),
        ("a: 1\nb: 2\na: 3", 3, "the key 'a' occurs twice"),
        ("a: 2020-13-45", 1, "not valid YAML"),
        ("[" * 3000, 1, "not valid YAML"),
    ],
)
def test_bad_text_is_refused_with_its_line(text: str, line: int, said: str) -> None:
    """Slips of syntax, tags that run code, keys given twice, and depths that exhaust the parser."""
    with pytest.raises(yamltext.BadYaml, match=said) as caught:
        yamltext.documents(text)

    assert caught.value.line == line


def test_a_value_that_contains_itself_is_read() -> None:
    """An alias to the value that it stands in does not send the reader in circles."""
    assert len(yamltext.documents("a: &x [*x]")) == 1


@given(st.text(alphabet="ab:-[]{}&*!|>'\"# \n\t0?,%@`", max_size=40))
def test_any_text_is_documents_or_the_one_exception(text: str) -> None:
    """Nothing else ever comes out."""
    try:
        found = yamltext.documents(text)
    except yamltext.BadYaml as error:
        found, line = (), error.line
    else:
        line = 1

    assert all(document.line() >= 1 for document in found)
    assert 1 <= line <= text.count("\n") + 2


def test_a_large_text_is_read_like_a_small_one() -> None:
    """By another loader, with the same content, lines and spellings."""
    large = TEXT + "# a line of a comment, \u00fc\n" * 5000 + "---\nlast: 0.50\n"

    _, deployment, last = yamltext.documents(large)

    assert deployment.data == yamltext.documents(TEXT)[1].data
    assert (deployment.line("spec", "containers", 0, "args", 1), last.line("last")) == (11, 5013)
    assert (deployment.text("spec", "containers", 0, "args", 1), last.text("last")) == ("0.90", "0.50")


@pytest.mark.parametrize("level", ["[", "- ", "{a: "])
def test_what_is_nested_without_an_end_is_refused(level: str) -> None:
    """At any size: a loader that overflows the stack would take the process with it."""
    for depth in (2000, 200_000 // len(level)):
        with pytest.raises(yamltext.BadYaml, match="not valid YAML"):
            yamltext.documents(level * depth)


@given(st.text())
def test_the_loaders_agree(text: str) -> None:
    """What one takes the other takes for the same; some take more than others."""
    small = yamltext.readable(text)
    large = yamltext.readable(f"{text}\n{'#' * 100_000}\n")

    assert not (small and large) or repr([one.data for one in small]) == repr([one.data for one in large])
