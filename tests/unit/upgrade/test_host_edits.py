from __future__ import annotations

from pathlib import Path

import pytest

from vllm_qualify.container.refusal import UnreadableContainer
from vllm_qualify.core import images
from vllm_qualify.upgrade import host_edits
from vllm_qualify.upgrade.edits import Upgrade
from vllm_qualify.upgrade.host_edits import HostFolder

SHAPES = Path(__file__).parents[1] / "container" / "shapes"
NEW = images.parse(f"vllm/vllm-openai:v0.12.0@sha256:{'a' * 64}")


def upgraded(texts: dict[str, str], *, beside: dict[str, str] | None = None, **names: tuple[str, ...]) -> Upgrade:
    """The upgrade of some files."""
    folder = HostFolder(root="/srv/llm", texts=texts, beside=beside or {}, **names)  # type: ignore[arg-type]
    return host_edits.of(folder, image=NEW, environment={})


def added(found: Upgrade) -> list[str]:
    """The lines that are new, with their files."""
    return [
        f"{change.path}: {line.strip()}"
        for change in found.changes
        for line in change.after.split("\n")
        if line not in change.before.split("\n")
    ]


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("a.sh", f"{NEW} \\"),
        ("b.sh", f"""{NEW} --model "$MODEL" --max-model-len 4096"""),
        ("k.container", f"Image=docker.io/{NEW}"),
    ],
)
def test_the_line_of_a_start_changes(name: str, line: str) -> None:
    """And nothing else of the file."""
    found = upgraded({name: (SHAPES / name).read_text()}, starts=(name,))

    assert added(found) == [f"{name}: {line}"]


def test_a_script_fetches_what_it_starts() -> None:
    """All commands that name the image."""
    found = upgraded({"c.sh": (SHAPES / "c.sh").read_text()}, starts=("c.sh",))

    assert len(added(found)) == 2


def test_a_unit_has_its_image_in_a_variable() -> None:
    """Of its own, or of a file that it names."""
    unit = "[Service]\nEnvironment=IMAGE=vllm/vllm-openai:v0.8.5\nExecStart=/usr/bin/docker run --rm ${IMAGE} m\n"
    split = unit.replace("Environment=IMAGE=vllm/vllm-openai:v0.8.5", "EnvironmentFile=/srv/llm/vllm.env")

    own = upgraded({"llm.service": unit}, starts=("llm.service",))
    other = upgraded(
        {"llm.service": split, "vllm.env": "IMAGE=vllm/vllm-openai:v0.8.5\n"},
        starts=("llm.service",),
        variables=("vllm.env",),
    )

    assert added(own) == [f"llm.service: Environment=IMAGE={NEW}"]
    assert added(other) == [f"vllm.env: IMAGE={NEW}"]


def test_several_services_of_one_file_change() -> None:
    """The everyday one and that of the reasoning mode."""
    text = "services: {a: {image: 'vllm/vllm-openai:v0.8.5'}, b: {image: 'vllm/vllm-openai:v0.8.5'}}\n"

    found = upgraded({"c.yml": text}, compose=("c.yml",), services=("a", "b"))

    assert found.changes[0].after.count(str(NEW)) == 2
    assert found.changes[0].what == tuple(
        f"the service {name} runs {NEW}, not vllm/vllm-openai:v0.8.5" for name in ("a", "b")
    )


def test_an_image_that_is_built_here_has_no_digest_elsewhere() -> None:
    """Its tag is all that Compose could find it by."""
    text = "services: {a: {build: ., image: 'lab/vllm-openai:1'}}\n"
    folder = HostFolder(root="/", texts={"c.yml": text}, compose=("c.yml",), services=("a",))
    image = images.parse(f"lab/vllm-openai:2@sha256:{'a' * 64}")

    assert added(host_edits.of(folder, image=image, environment={})) == [f"c.yml: {text.strip().replace(':1', ':2')}"]


def test_what_else_names_the_old_tag_is_told() -> None:
    """In the same files and beside them, without secrets."""
    text = "# v0.8.5 works\ndocker run vllm/vllm-openai:v0.8.5 m\n"
    notes = "We run v0.8.5.\nTOKEN=hf_abcdefghijklmnopqrstuvwxyzabcdefgh v0.8.5\nv0.8.5.post1\n"

    found = upgraded({"run.sh": text}, beside={"NOTES.md": notes}, starts=("run.sh",))

    assert found.mentions[0] == "NOTES.md:1: We run v0.8.5."
    assert found.mentions[1].startswith("NOTES.md:2: ")
    assert "hf_abc" not in found.mentions[1]
    assert found.mentions[2:] == ("run.sh:1: # v0.8.5 works",)


def test_what_is_right_already_is_left_alone() -> None:
    """A script and a service."""
    text = f"services: {{a: {{image: '{NEW}'}}}}\n"

    found = upgraded(
        {"run.sh": f"docker run {NEW} m", "c.yml": text}, starts=("run.sh",), compose=("c.yml",), services=("a",)
    )

    assert found == Upgrade(image=NEW, changes=())


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("vllm serve m\n", "run.sh starts vllm serve on the host itself, where no image can be replaced"),
        (
            "A=vllm\ndocker run vllm/$A-openai:v0.8.5 m\n",
            "but no line of run.sh has that in a form",
        ),
    ],
)
def test_what_is_not_edited_is_refused(text: str, said: str) -> None:
    """With what to do."""
    with pytest.raises(UnreadableContainer) as caught:
        upgraded({"run.sh": text}, starts=("run.sh",))

    assert said in str(caught.value)


def test_variables_that_the_image_needs_are_left_to_the_operator() -> None:
    """They are told."""
    folder = HostFolder(root="/", texts={"r.sh": "docker run vllm/vllm-openai:v1 m"}, starts=("r.sh",))

    found = host_edits.of(folder, image=NEW, environment={"A": "b"})

    assert found.by_hand == ("production needs A=b; add it to its variables",)
