import pytest

from vllm_qualify.diagnosis.causes import read


@pytest.mark.parametrize(
    ("line", "release"),
    [
        ("(APIServer pid=1) INFO 08-11 07:13:52 [utils.py:299] vLLM API server version 0.24.0", "0.24.0"),
        ("INFO 08-11 07:13:52 [core.py:70] Initializing a V1 LLM engine (v0.10.2) with config: model='x'", "0.10.2"),
        ("INFO 08-11 07:13:52 llm_engine.py:70] Initializing an LLM engine (v0.5.5) with config: model='x'", "0.5.5"),
        ("ERROR 08-11 07:13:52 [x.py:1] no vLLM API server version 0.24.0 here", ""),
        ("INFO 08-11 07:13:52 [x.py:1] vLLM API server version unknown", ""),
    ],
)
def test_the_log_says_which_release_wrote_it(line: str, release: str) -> None:
    """In the line with which a server or an engine starts."""
    assert read([line]).release == release
