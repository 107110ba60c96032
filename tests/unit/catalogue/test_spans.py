import pytest

from vllm_qualify.catalogue import spans
from vllm_qualify.catalogue.spans import BadSpan

ORDER = ["0.5.5", "0.6.0", "0.6.1.post1", "0.9.2", "0.10.0", "0.33.0"]


def test_an_open_span_reaches_a_newer_release() -> None:
    """The same text covers one release more once the catalogue has it."""
    assert spans.decode("0.10.0..", [*ORDER, "0.34.0"]) == {4, 5, 6}


@pytest.mark.parametrize("text", ["0.7.0", "0.5.5..0.7.0", "0.9.2..0.6.0", "nonsense"])
def test_a_span_of_unknown_releases_is_refused(text: str) -> None:
    """A slip in the data is told, and not read as a fact that no release has."""
    with pytest.raises(BadSpan, match=text):
        spans.decode(text, ORDER)
