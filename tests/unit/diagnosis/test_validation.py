"""What pydantic complains of leads to the option that was wrong."""

from __future__ import annotations

import pydantic
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vllm_qualify.diagnosis import validation
from vllm_qualify.diagnosis.validation import Complaint

OPTIONS = ("--hf-overrides", "--compilation-config", "--kv-transfer-config", "--gpu-memory-utilization", "--model")
OVERRIDES = """\
pydantic_core._pydantic_core.ValidationError: 2 validation errors for ModelConfig
hf_overrides.dict[str,any]
  Input should be a valid dictionary [type=dict_type, input_value='{bad', input_type=str]
    For further information visit https://errors.pydantic.dev/2.13/v/dict_type
hf_overrides.callable
  Input should be callable [type=callable_type, input_value='{bad', input_type=str]
    For further information visit https://errors.pydantic.dev/2.13/v/callable_type"""
WHOLE = """\
pydantic_core._pydantic_core.ValidationError: 1 validation error for ModelConfig
  Value error, User-specified max_model_len (100000) is greater than the derived max_model_len (8192).
To allow it, set the variable. [type=value_error, input_value=ArgsKwargs((), {'model': 'm'}), input_type=ArgsKwargs]"""


def test_a_field_that_takes_one_of_several_types() -> None:
    """Each type that it might have had is a complaint, all about one option."""
    found = validation.complaints(OVERRIDES)

    assert [(one.model, one.field, one.value) for one in found] == [("ModelConfig", "hf_overrides", "'{bad'")] * 2
    assert validation.told(found, OPTIONS) == (
        "--hf-overrides: Input should be a valid dictionary, or: Input should be callable; it got '{bad'"
    )


def test_a_complaint_about_the_whole_is_about_no_field() -> None:
    """What a validator of the model says stands for itself."""
    found = validation.complaints(WHOLE)

    assert [one.field for one in found] == [""]
    assert found[0].says.endswith("the derived max_model_len (8192).\nTo allow it, set the variable.")
    assert validation.told(found, OPTIONS) == ""


@pytest.mark.parametrize(
    ("model", "field", "option"),
    [
        ("CacheConfig", "gpu_memory_utilization", "--gpu-memory-utilization"),
        ("CompilationConfig", "level", "--compilation-config"),
        ("KVTransferConfig", "kv_role", "--kv-transfer-config"),
        ("ModelConfig", "model", "--model"),
        ("ModelConfig", "no_option", ""),
    ],
)
def test_the_option_of_a_field(model: str, field: str, option: str) -> None:
    """A configuration that is set as a whole has one option; of the others each field has its own, or none."""
    assert validation.option_of(Complaint(model=model, field=field, says="x"), OPTIONS) == option


def test_a_field_within_an_option_is_named_with_it() -> None:
    """Somebody who wrote JSON is told which part of it is wrong."""
    complaint = Complaint(model="CompilationConfig", field="level", says="Input should be less than 4", value="9")

    said = validation.told([complaint], OPTIONS)

    assert said == "--compilation-config, `level`: Input should be less than 4; it got 9"


def test_another_message_complains_of_nothing() -> None:
    """What only resembles it is left alone."""
    assert validation.complaints("ValueError: 3 validation errors were found") == ()


def test_an_option_of_any_release_is_known() -> None:
    """The catalogue says what is an option; of a class that is none the exception is left to speak for itself."""
    assert validation.refused(OVERRIDES).startswith("--hf-overrides: Input should be a valid dictionary")
    assert validation.refused("1 validation error for Own\nno_option\n  Input odd") == ""


class Config(pydantic.BaseModel):
    """Two fields, as pydantic itself complains of them."""

    size: int = pydantic.Field(gt=0)
    names: list[str]


@given(size=st.integers(max_value=0), names=st.one_of(st.integers(), st.text(max_size=20)))
def test_what_this_pydantic_writes_is_read(size: int, names: object) -> None:
    """Whatever the values are, both fields are found."""
    with pytest.raises(pydantic.ValidationError) as caught:
        Config.model_validate({"size": size, "names": names})

    found = validation.complaints(f"ValidationError: {caught.value}")

    assert [one.field for one in found] == ["size", "names"]


@given(st.text())
def test_any_text_is_read(text: str) -> None:
    """Nothing that may stand behind the headline makes the reading fail."""
    validation.told(validation.complaints(f"1 validation error for Config\n{text}"), OPTIONS)
