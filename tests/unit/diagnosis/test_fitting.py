import pytest
from hypothesis import given
from hypothesis import strategies as st

from vllm_qualify.diagnosis import fitting

PYDANTIC = """1 validation error for ModelConfig
  Value error, No such kernel [for you]: 'x' [type=value_error, input_value=ArgsKwargs((), {'a': [1]}), input_type=A]
    For further information visit https://errors.pydantic.dev/2.11/v/value_error"""
ASSERTION = "1 validation error for A\n  Assertion failed, too small [type=assertion_error, input_value=1]"


@pytest.mark.parametrize(
    ("parts", "text", "expected"),
    [
        (("No such kernel",), "No such kernel", True),
        (("No such kernel",), "No such kernel (see above)", True),
        (("No such kernel",), "No such kernels", False),
        (("No such kernel",), "Alas: No such kernel", False),
        (("No", "kernel", ""), "No such kernel for you", True),
        (("No", "kernel", ""), "No such driver for you", False),
        (("No", "kernel"), "No such kernel of no kernel", True),
        (("No", "kernel"), "No kernel", True),
        (("No kernel", "kernel"), "No kernel", False),
        (("", "is odd"), "everything is odd", True),
        (("", "is odd"), "everything is odder", False),
        (("", ""), "everything", True),
    ],
)
def test_a_text_fits_from_beginning_to_end(parts: tuple[str, ...], text: str, expected: bool) -> None:  # noqa: FBT001
    """Its parts in their order; behind the last one a note may follow."""
    assert fitting.fits(parts, text) is expected


@given(st.lists(st.sampled_from(["No", "kernel", "No kernel", "is"]), min_size=1, max_size=5), st.data())
def test_what_a_template_makes_fits_it(parts: list[str], data: st.DataObject) -> None:
    """Whatever the values are, and if they look like its parts."""
    value = st.sampled_from(["No", "kernel", "x", "No kernel is", "is kernel No"])
    text = " ".join([parts[0], *(one for part in parts[1:] for one in (data.draw(value), part))])

    assert fitting.fits(parts, text)


@pytest.mark.parametrize(
    ("kind", "message", "inner"),
    [
        ("pkg.OddError", "No  such\n kernel", ("OddError", "No such kernel")),
        ("KeyError", "\"No 'such' kernel\"", ("KeyError", "No 'such' kernel")),
        ("pydantic_core._pydantic_core.ValidationError", PYDANTIC, ("ValueError", "No such kernel [for you]: 'x'")),
        ("ValidationError", ASSERTION, ("AssertionError", "too small")),
        ("ray.exceptions.RayTaskError(ValueError)", "No kernel", ("ValueError", "No kernel")),
        ("BackendCompilerFailed", "backend='x' raised:\nRuntimeError: No kernel", ("RuntimeError", "No kernel")),
        ("", "api_server.py: error: argument --a/-b: No kernel", ("", "No kernel")),
    ],
)
def test_a_message_is_read_as_it_was_raised(kind: str, message: str, inner: tuple[str, str]) -> None:
    """Without what validators, compilers and other processes put around it."""
    assert inner in list(fitting.readings(kind, message))


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        (("No attention kernel available",), False),
        (("", "is not supported with", ""), False),
        (("Cannot capture", "graphs of the attention backend"), True),
    ],
)
def test_common_words_tell_nothing(parts: tuple[str, ...], expected: bool) -> None:  # noqa: FBT001
    """Many messages hold them, whoever writes them."""
    assert fitting.telling(parts) is expected
