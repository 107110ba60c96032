from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from vllm_qualify.container import manifest_text
from vllm_qualify.container.spec import ContainerSpec, GpuRequest, Mount, MountKind
from vllm_qualify.kube import yamltext
from vllm_qualify.kube.serving import ServingManifest
from vllm_qualify.preflight.compose import services
from vllm_qualify.preflight.compose.services import Project

IMAGE = "vllm/vllm-openai:v0.8.5.post1"
# What neither a command line nor YAML can hold is left out.
TEXTS = st.text(st.characters(exclude_categories=("Cc", "Cs"), exclude_characters="\u2028\u2029\ufeff"), max_size=12)
WORDS = st.lists(
    TEXTS | st.sampled_from(["$", "$$", "${A:-b}", "no", "1", "- x", "a: b", "'", '"', "$(x)"]), max_size=5
)
NAMES = st.from_regex(r"[A-Z_]{1,8}", fullmatch=True)


def read(spec: ContainerSpec) -> ServingManifest:
    """The container as the reader of Compose files has it."""
    (document,) = yamltext.documents(manifest_text.text(spec, service="llm"))
    return services.serving(Project(document=document, source="the container llm", variables={"A": "x"}), name="llm")


@given(WORDS, st.dictionaries(NAMES, TEXTS, max_size=4))
def test_words_and_variables_come_back(words: list[str], env: dict[str, str]) -> None:
    """Whatever they hold: dollars, quotes, what YAML takes for something else."""
    found = read(ContainerSpec(image=IMAGE, command=tuple(words), env=env))

    assert (found.image, found.args, found.command_line) == (IMAGE, tuple(words), tuple(words))
    assert found.env == env
    assert found.unknowns == {}


@given(WORDS, WORDS)
def test_an_entrypoint_comes_back(entrypoint: list[str], command: list[str]) -> None:
    """In front of the command; without any, the command is what is executed."""
    found = read(ContainerSpec(image=IMAGE, entrypoint=("run", *entrypoint), command=tuple(command)))
    none = read(ContainerSpec(image=IMAGE, entrypoint=(), command=("run", *command)))

    assert (found.command, found.args) == (("run", *entrypoint), tuple(command))
    assert (none.command, none.args) == (("run", *command), ())


def test_a_shells_variables_stay_the_shells() -> None:
    """They are the container's, not Compose's."""
    spec = ContainerSpec(
        image=IMAGE,
        entrypoint=("bash", "-c", 'exec vllm serve m -tp $TP "$@"', "--"),
        command=("--x",),
        env={"TP": "2"},
    )

    assert read(spec).command_line == ("vllm", "serve", "m", "-tp", "2", "--x")


def test_gpus_come_back() -> None:
    """Their number, where one is told."""
    assert read(ContainerSpec(image=IMAGE, gpus=GpuRequest(count=2))).gpus == 2
    assert read(ContainerSpec(image=IMAGE, gpus=GpuRequest(count=0, ids=("4", "5", "6")))).gpus == 3
    assert read(ContainerSpec(image=IMAGE, devices=("nvidia.com/gpu=0",))).gpus == 1
    assert read(ContainerSpec(image=IMAGE, devices=("nvidia.com/gpu=all",))).gpus is None
    assert read(ContainerSpec(image=IMAGE, gpus=GpuRequest())).gpus is None
    assert read(ContainerSpec(image=IMAGE)).gpus is None


def test_files_are_found_behind_mounts() -> None:
    """The file of ``--config`` is looked for on the host."""
    mount = Mount(kind=MountKind.BIND, source="/srv/conf", target="/conf", read_only=True)
    spec = ContainerSpec(image=IMAGE, command=("--config", "/conf/vllm.yaml"), mounts=(mount,))
    (document,) = yamltext.documents(manifest_text.text(spec, service="llm"))

    found = services.serving(Project(document=document, source="x", read={"/srv/conf/vllm.yaml": "port: 1"}.get))

    assert found.port == 1
