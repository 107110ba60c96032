from vllm_qualify.diagnosis import explanations
from vllm_qualify.diagnosis.exceptions import Frame, RootException
from vllm_qualify.diagnosis.logs import Line

SITE = "/usr/local/lib/python3.12/dist-packages/"


def raised(message: str, *frames: tuple[str, str, str]) -> RootException:
    """A RuntimeError with frames of file, function and code."""
    called = tuple(Frame(file=SITE + file, line=7, function=name, code=code) for file, name, code in frames)
    return RootException(kind="RuntimeError", message=message, frames=called, line=Line(number=1))


UVA = ("vllm/v1/worker/gpu/buffer_utils.py", "__init__", 'raise RuntimeError("UVA is not available")')


def test_the_statement_that_raised_it_is_named() -> None:
    """With the phase in which it did, and what to do about it."""
    loading = ("vllm/v1/worker/gpu_worker.py", "load_model", "x()")
    said = explanations.explain(raised("UVA is not available", loading, UVA), release="0.20.2", production="0.8.5")

    assert said.origin.startswith("raised by vllm/v1/worker/gpu/buffer_utils.py, `UvaBuffer.__init__` in ")
    assert "production's v0.8.5 does not have this check" in said.origin
    assert said.origin.endswith("it happened while loading the model")


def test_what_no_release_says_is_told_by_its_part() -> None:
    """As far as the frames tell it."""
    said = explanations.explain(raised("who knows", ("vllm/lora/x.py", "f", "g()")))

    assert said.origin.startswith("raised in vllm/lora/x.py, `f`")
    assert "--enable-lora" in said.remedy
