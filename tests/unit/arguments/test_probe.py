import ast
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType

import pytest
from packaging.version import Version

from vllm_qualify.arguments import _driver_script, _probe_script, probe
from vllm_qualify.arguments.command_line import Entrypoint
from vllm_qualify.arguments.overlay import ParserOverlay
from vllm_qualify.arguments.parser_report import DriverFacts, ProbeReport, ProbeRequest, questions
from vllm_qualify.system import process_runner
from vllm_qualify.system.process_runner import CompletedProcess

PYTHON = Path(sys.executable)

# A vLLM that has nothing but a parser, with the modules and the manners of the real one.
FILES = {
    "vllm/__init__.py": "from vllm.platforms import current_platform\n__version__ = '0.12.0'",
    "vllm/logger.py": "import functools\n@functools.lru_cache\ndef warn_once(log, text): log.warning(text)",
    "vllm/platforms/__init__.py": """
import importlib.metadata
_current_platform = None
def __getattr__(name):
    global _current_platform
    if name != "current_platform": raise AttributeError(name)
    if _current_platform is None:
        plugins = importlib.metadata.entry_points(group="vllm.platform_plugins")
        _current_platform = [plugin.load()() for plugin in plugins]
        assert _current_platform == ["vllm.platforms.cpu.CpuPlatform"], "went for the GPU while it was imported"
    return _current_platform
""",
    "vllm/platforms/cpu.py": "class CpuPlatform: pass",
    "vllm/utils/__init__.py": "",
    "vllm/utils/argparse_utils.py": """
import argparse, logging, vllm.logger
class FlexibleArgumentParser(argparse.ArgumentParser):
    def parse_args(self, args=None, namespace=None):
        if "--model" in args and args[0] == "serve":
            vllm.logger.warn_once(logging.getLogger("vllm.x"), "give the model in front")
        return super().parse_args(args, namespace)
""",
    "vllm/entrypoints/__init__.py": "",
    "vllm/entrypoints/cli/__init__.py": "",
    "vllm/entrypoints/openai/__init__.py": "",
    "vllm/entrypoints/openai/cli_args.py": """
import pathlib, vllm.platforms
def make_arg_parser(parser):
    assert vllm.platforms._current_platform is not None, "Failed to infer device type"
    parser.add_argument("model_tag", nargs="?")
    parser.add_argument("--model", default="small")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--chat-template")
    parser.add_argument("--path", type=pathlib.Path)
    parser.add_argument("--swap", action="store_true", help="[DEPRECATED] does nothing")
    return parser
def validate_parsed_serve_args(args):
    print("INFO a log line on standard output")
    if args.chat_template: raise ValueError("the template doesn't exist")
    if args.seed == 13: raise TypeError("--seed 13 is unlucky")
""",
    "vllm/entrypoints/cli/serve.py": """
from vllm.entrypoints.openai.cli_args import make_arg_parser, validate_parsed_serve_args
class Serve:
    def subparser_init(self, subparsers): return make_arg_parser(subparsers.add_parser("serve"))
    def validate(self, args): validate_parsed_serve_args(args)
def cmd_init(): return [Serve()]
""",
    "vllm-0.12.0.dist-info/METADATA": "Metadata-Version: 2.1\nName: vllm\nVersion: 0.12.0\n",
}


@pytest.fixture(scope="module")
def overlay(tmp_path_factory: pytest.TempPathFactory) -> ParserOverlay:
    """The files of the small vLLM."""
    path = tmp_path_factory.mktemp("overlay")
    for name, text in FILES.items():
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_text(text)
    return ParserOverlay(path=path, version=Version("0.12.0"))


ASKED: Mapping[str, tuple[str, ...]] = {
    **questions({"ml": ("m", "--seed", "7")}),
    "again": ("--model", "m"),
    "deprecated": ("--swap",),
    "flagged": ("--model", "m"),
    "invalid": ("--seed", "lots"),
    "object": ("--path", "a"),
    "template": ("--chat-template", "/no/such.jinja"),
    "unlucky": ("--seed", "13"),
}


@pytest.fixture(scope="module", params=list(Entrypoint), ids=str)
def report(request: pytest.FixtureRequest, overlay: ParserOverlay) -> ProbeReport:
    """What the small vLLM says, asked by the real script in a process of its own."""
    return probe.probe(PYTHON, overlay, ProbeRequest(entrypoint=request.param, argvs=ASKED), deadline_seconds=60)


@pytest.mark.parametrize("place", ["launchers", "common"])
def test_the_parser_moved_house(place: str, tmp_path: Path) -> None:
    """The server's parser stands in another package since 0.32, and stood in a third one in between."""
    for name, text in FILES.items():
        moved = tmp_path / name.replace("entrypoints/openai/", f"entrypoints/{place}/")
        moved.parent.mkdir(parents=True, exist_ok=True)
        moved.write_text(text.replace("entrypoints.openai.", f"entrypoints.{place}."))
    overlay = ParserOverlay(path=tmp_path, version=Version("0.12.0"))
    request = ProbeRequest(entrypoint=Entrypoint.API_SERVER, argvs={"again": ("--seed", "7")})

    report = probe.probe(PYTHON, overlay, request, deadline_seconds=60)

    assert report.parsed["again"].accepted


def test_accepted_lines_come_with_their_values(report: ProbeReport) -> None:
    """The namespace is there, and what JSON has no word for is named by its text."""
    values = report.parsed["ml"].values

    assert (values["model_tag"], values["seed"], report.parsed["ml"].accepted) == ("m", 7, True)
    assert "PosixPath" in report.parsed["object"].values["path"]["repr"]


def test_refused_lines_come_with_the_words_of_the_parser(report: ProbeReport) -> None:
    """The usage text is cut away, the exit code kept, and the stage tells parser from validation."""
    control, invalid, unlucky = (report.parsed[name] for name in ("control", "invalid", "unlucky"))

    assert control.error == "unrecognized arguments: --vllm-qualify-made-up-flag"
    assert (control.exit_code, control.stage) == (2, "parse")
    assert invalid.error == "argument --seed: invalid int value: 'lots'"
    assert (unlucky.error, unlucky.error_type, unlucky.stage) == ("--seed 13 is unlucky", "TypeError", "validate")


def test_warnings_are_heard_for_each_line(report: ProbeReport) -> None:
    """What is logged once in a process is still told for every command line that it is about."""
    heard = ("give the model in front",) if report.facts.entrypoint is Entrypoint.SERVE else ()

    assert [report.parsed[name].notes for name in ("flagged", "again", "ml")] == [heard, heard, ()]


def test_the_table_of_options_is_told(report: ProbeReport) -> None:
    """Every option is there with its mark of deprecation, and the release says who it is."""
    marks = {flag.dest: flag.deprecated for flag in report.facts.flags}

    assert marks == dict.fromkeys(("help", "model_tag", "model", "seed", "chat_template", "path"), False) | {
        "swap": True
    }
    assert report.facts.version == "0.12.0"


def test_a_template_of_the_container_is_left_unchecked(report: ProbeReport) -> None:
    """A file that is mounted in the pod only does not fail here; it is said that nobody looked."""
    parsed = report.parsed["template"]

    assert (parsed.accepted, parsed.unchecked) == (True, ("/no/such.jinja",))


class Runner:
    """Starts nothing: returns what a process would have left behind, and keeps the environment it would have had."""

    def __init__(self, outcome: CompletedProcess | Exception) -> None:
        self.outcome, self.env = outcome, dict[str, str]()

    def __call__(
        self, argv: list[str], *, env: Mapping[str, str], cwd: Path, stdin: str, deadline_seconds: float
    ) -> CompletedProcess:
        """Return or raise."""
        assert (argv[0], argv[1], cwd.is_dir(), deadline_seconds > 0) == (str(PYTHON), "-c", True, True)
        assert json.loads(stdin) == {"entrypoint": "serve", "argvs": {}}
        self.env = dict(env)
        if isinstance(self.outcome, Exception):
            raise self.outcome
        return self.outcome


def framed(body: str) -> str:
    """Standard output of a probe: the document between its marks, with noise around it."""
    return f"INFO hello\n\n{_probe_script.BEGIN}\n{_probe_script.framed(body)}{_probe_script.END}\nbye\n"


REQUEST = ProbeRequest(entrypoint=Entrypoint.SERVE, argvs={})


@pytest.mark.parametrize(
    ("version", "path"), [("0.12.0.post2", "{}/vllm"), ("0.12.0", "/elsewhere/vllm"), ("dev", "{}")]
)
def test_the_answer_of_another_vllm_is_refused(overlay: ParserOverlay, version: str, path: str) -> None:
    """The stand-in's parser must never pass for the release's own."""
    answer = {"version": version, "path": path.format(overlay.path), "entrypoint": "serve", "flags": [], "parsed": {}}
    run = Runner(CompletedProcess(exit_code=0, stdout=framed(json.dumps(answer))))

    with pytest.raises(probe.ProbeFailed, match=r"expected the parser of vLLM 0\.12\.0"):
        probe.probe(PYTHON, overlay, REQUEST, run=run)


def test_a_parser_that_cannot_be_made_is_our_fault(tmp_path: Path) -> None:
    """An import that fails is told with its reason, as an exception, never as an answer about the image."""
    empty = ParserOverlay(path=tmp_path, version=Version("0.12.0"))

    with pytest.raises(probe.ProbeFailed, match="ModuleNotFoundError: No module named 'vllm'"):
        probe.probe(PYTHON, empty, REQUEST)


def test_a_crash_is_told_with_its_last_words(overlay: ParserOverlay) -> None:
    """A process that dies before it answers leaves its standard error in the message."""
    run = Runner(CompletedProcess(exit_code=-11, stdout="INFO starting", stderr="one\nSegmentation fault\n"))

    with pytest.raises(probe.ProbeFailed, match=r"one \| Segmentation fault"):
        probe.probe(PYTHON, overlay, REQUEST, run=run)


@pytest.mark.parametrize("body", ["{", "[]", '{"version": "1"}', '{"failure": {}}'])
def test_an_answer_that_makes_no_sense_is_our_fault(body: str) -> None:
    """Half a document, or one of another kind, is a broken probe."""
    with pytest.raises(probe.ProbeFailed):
        probe.read(framed(body))


def test_an_interpreter_that_is_not_there_is_named(overlay: ParserOverlay, tmp_path: Path) -> None:
    """The message says which one could not be started."""
    with pytest.raises(probe.ProbeFailed, match="no-python"):
        probe.probe(tmp_path / "no-python", overlay, REQUEST)


def test_a_deadline_is_told_as_one(overlay: ParserOverlay) -> None:
    """Too slow is a reason of its own."""
    with pytest.raises(probe.ProbeFailed, match="no answer within 5 s"):
        probe.probe(PYTHON, overlay, REQUEST, run=Runner(TimeoutError()), deadline_seconds=5)


def test_the_callers_environment_stays_outside(overlay: ParserOverlay, monkeypatch: pytest.MonkeyPatch) -> None:
    """Settings of the operator's shell that vLLM would read do not change what its parser says."""
    monkeypatch.setenv("VLLM_USE_V1", "0")
    monkeypatch.setenv("HF_TOKEN", "x")
    run = Runner(TimeoutError())

    with pytest.raises(probe.ProbeFailed, match="no answer within"):
        probe.probe(PYTHON, overlay, REQUEST, run=run)

    assert {name for name in run.env if name.startswith(("HF_", "VLLM_"))} == {"HF_HUB_OFFLINE", "VLLM_NO_USAGE_STATS"}
    assert run.env["CUDA_VISIBLE_DEVICES"] == ""


def in_pod(overlay: ParserOverlay, tmp_path: Path, argvs: Mapping[str, tuple[str, ...]], **env: str) -> str:
    """The log of a container that runs the probe."""
    asked = probe.pod_env(ProbeRequest(entrypoint=Entrypoint.SERVE, argvs=argvs))
    argv = [str(PYTHON), *probe.pod_command()[1:]]
    whole = {"PYTHONPATH": str(overlay.path), **asked, **env}
    ended = process_runner.run(argv, env=whole, cwd=tmp_path, stdin="", deadline_seconds=60)
    return ended.stdout


def test_a_pod_gets_its_questions_by_environment_and_answers_by_log(overlay: ParserOverlay, tmp_path: Path) -> None:
    """The same report comes out of a container's log, stamped or not, and with strange lines in the middle."""
    log = in_pod(overlay, tmp_path, {"ml": ("m", "--model", "$(HOME) $$", "--seed", "7")})
    lines = [f"2026-11-23T14:44:49.076482Z {line}\n2026-11-23T14:44:50Z stray" for line in log.splitlines()]

    plain, stamped = probe.read(log), probe.read("\n".join(lines))

    assert plain == stamped
    assert (plain.parsed["ml"].values["seed"], plain.parsed["ml"].values["model"]) == (7, "$(HOME) $$")


def test_the_report_of_a_pod_holds_what_the_driver_says(overlay: ParserOverlay, tmp_path: Path) -> None:
    """What it said, or why nothing could be asked, comes along; and without a pod nobody asks."""
    inside = probe.read(in_pod(overlay, tmp_path, {}, CUDA_VERSION="12.9.1")).driver

    assert inside.env["CUDA_VERSION"] == "12.9.1"
    assert (inside.init is None) == bool(inside.problem)
    assert probe.probe(PYTHON, overlay, REQUEST).driver == DriverFacts()


def test_a_pod_holds_no_secret_and_nothing_that_the_kubelet_would_expand() -> None:
    """Keys never stand in the pod that asks about them, and no dollar sign is left for variables."""
    argvs = {"ml": ("m", "$(HOME)", "--api-key", "top-secret"), "ml#1": ("--api-key", "top-secret")}

    env = probe.pod_env(ProbeRequest(entrypoint=Entrypoint.SERVE, argvs=argvs))

    assert "top-secret" not in str(env)
    assert json.loads(env["VLLM_QUALIFY_PROBE"])["argvs"]["ml"] == ["m", "$(HOME)", "--api-key", "***"]
    assert "$" not in "".join([*env.values(), *probe.pod_command()])
    assert env["CUDA_VISIBLE_DEVICES"] == ""


@pytest.mark.parametrize("script", [_driver_script, _probe_script])
def test_the_scripts_run_on_old_interpreters(script: ModuleType) -> None:
    """Images have Pythons of their own; the syntax is that of 3.9, and nothing of ours is imported."""
    tree = ast.parse(Path(str(script.__file__)).read_text(), feature_version=(3, 9))

    names = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    names |= {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}

    assert {name.partition(".")[0] for name in names} <= set(sys.stdlib_module_names)
