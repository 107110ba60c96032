from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from vllm_qualify.config import loading, lookup
from vllm_qualify.core.errors import BadConfig
from vllm_qualify.core.shipped import HOME_LAB

FROM = "envFrom: [{secretRef: {name: s}}]"


@pytest.fixture
def lab(tmp_path: Path) -> Path:
    """A copy of the example folder, with documents of its own."""
    folder = Path(shutil.copytree(HOME_LAB, tmp_path / "lab"))
    canary = "".join(f'{name} = "{name}"\n' for name in ("documents", "schema", "prompts"))
    toml = folder / "qualify.toml"
    toml.write_text(toml.read_text().replace("[classification]\n", f"[classification]\n{canary}"))
    with toml.open("a") as file:
        file.write('[reasoning]\nsums = "sums"\n')
    for name in ("documents", "schema", "prompts", "sums"):
        (folder / name).touch()
    return folder


def refused(path: Path | None) -> list[str]:
    """The lines of what a file is refused for."""
    with pytest.raises(BadConfig) as caught:
        loading.load(path)
    return str(caught.value).splitlines()


def test_the_example_is_read(lab: Path) -> None:
    """Found in its folder, and nothing that it names is missing."""
    path = lookup.find(lab)

    assert path == lab / "qualify.toml"
    assert loading.load(path).modes.ml.manifest == lab / "applications" / "vllm" / "deployment.yaml"


def test_a_folder_without_the_file_has_none(tmp_path: Path) -> None:
    """Then the built-in profile is taken."""
    assert lookup.find(tmp_path) is None


def test_a_link_that_leads_nowhere_is_not_taken_for_no_file(tmp_path: Path) -> None:
    """The built-in profile would hide that the operator's own file is gone."""
    (tmp_path / "qualify.toml").symlink_to(tmp_path / "gone")

    [line] = refused(lookup.find(tmp_path))

    assert line.endswith("cannot be read: no such file or directory")


@pytest.mark.parametrize("name", ["a" * 5000, "\\u0000", "."])
def test_a_path_that_can_be_no_file_is_like_a_missing_one(lab: Path, name: str) -> None:
    """What the operating system will not even look at does not end in a traceback."""
    toml = lab / "qualify.toml"
    toml.write_text(toml.read_text().replace('sums = "sums"', f'sums = "{name}"'))

    [line] = refused(toml)

    assert "reasoning.sums: there is no file" in line


def test_all_missing_files_are_listed(lab: Path) -> None:
    """Each with the key that names it, and its line."""
    (lab / "schema").unlink()
    (lab / "applications" / "litellm" / "configmap.yaml").unlink()
    lines = (lab / "qualify.toml").read_text().splitlines()

    found = refused(lab / "qualify.toml")

    places = [
        lines.index('schema = "schema"') + 1,
        lines.index('config_map = "applications/litellm/configmap.yaml"') + 1,
    ]
    assert [line.partition(" there is no file")[0] for line in found] == [
        f"{lab}/qualify.toml:{places[0]}: classification.schema:",
        f"{lab}/qualify.toml:{places[1]}: routing.config_map:",
    ]


def test_a_model_that_the_manifest_does_not_serve_is_seen(lab: Path) -> None:
    """One of the two files was forgotten in an upgrade, which is how the story lost its routing."""
    toml = lab / "qualify.toml"
    toml.write_text(toml.read_text().replace("Qwen/Qwen3-8B-AWQ", "Qwen/Qwen2.5-7B-Instruct-AWQ"))

    [line] = refused(toml)

    assert "modes.ml.model: is Qwen/Qwen2.5-7B-Instruct-AWQ" in line
    assert "deployment.yaml serves Qwen/Qwen3-8B-AWQ; one of them is out of date" in line


def test_a_served_name_that_the_manifest_does_not_give_is_seen(lab: Path) -> None:
    """The name under which callers ask is checked as well."""
    toml = lab / "qualify.toml"
    toml.write_text(toml.read_text().replace("[modes.ml]\n", '[modes.ml]\nserved_model_name = "qwen"\n'))

    [line] = refused(toml)

    assert "modes.ml.served_model_name: is qwen, but" in line


def test_problems_of_a_manifest_are_told_with_its_own_lines(lab: Path) -> None:
    """The key of the settings leads to the file, and the file's line to the slip."""
    manifest = lab / "applications" / "vllm" / "deployment-r1.yaml"
    manifest.write_text(manifest.read_text().replace('"8192"', "8192"))

    [line] = refused(lab / "qualify.toml")

    assert f"modes.r1.manifest: {manifest}:55: args[10] is 8192" in line


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda path: path.write_bytes(b"a = 1\n# \xff"), ":2: is not UTF-8; save it as UTF-8"),
        (lambda path: path.mkdir(), ": cannot be read: is a directory"),
        (lambda _: None, ": cannot be read: no such file or directory"),
    ],
)
def test_a_file_that_cannot_be_read_is_one_line(tmp_path: Path, make: object, said: str) -> None:
    """What the operating system refuses is told like any other problem."""
    path = tmp_path / "qualify.toml"
    make(path)  # type: ignore[operator]

    assert refused(path) == [f"{path}{said}"]


def test_the_serving_container_of_a_mode_is_read(lab: Path) -> None:
    """The arguments that ARGS tries are those of the manifest."""
    loaded = loading.load(lab / "qualify.toml")

    assert loading.serving(loaded.modes.ml).flag("--quantization") == "awq_marlin"


def kustomized(lab: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The lab with its ML mode in a kustomize folder, and a kubectl that prints the manifest of it."""
    folder = lab / "applications" / "vllm"
    (folder / "kustomization.yaml").write_text("resources: [deployment.yaml]\n")
    toml = lab / "qualify.toml"
    toml.write_text(toml.read_text().replace('"applications/vllm/deployment.yaml"', '"applications/vllm"'))
    program = lab / "bin" / "kubectl"
    program.parent.mkdir()
    program.write_text('#!/bin/sh\ncat "$2/deployment.yaml"\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(program.parent), prepend=":")
    return folder


def test_a_mode_may_be_a_kustomize_folder(lab: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What kubectl renders of it is read and checked like a file."""
    kustomized(lab, monkeypatch)

    loaded = loading.load(lab / "qualify.toml")

    assert loading.serving(loaded.modes.ml).model == "Qwen/Qwen3-8B-AWQ"


def test_problems_of_a_kustomize_folder_have_lines_of_what_was_rendered(
    lab: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And say so, since no file has those lines."""
    folder = kustomized(lab, monkeypatch)
    manifest = folder / "deployment.yaml"
    manifest.write_text(manifest.read_text().replace('"8192"', "8192"))

    [line] = refused(lab / "qualify.toml")

    assert f"modes.ml.manifest: {folder} rendered:54: args[8] is 8192" in line


def test_a_folder_takes_the_place_of_a_manifest_alone(lab: Path) -> None:
    """Where a file is needed, a folder is told to be none."""
    toml = lab / "qualify.toml"
    toml.write_text(toml.read_text().replace('sums = "sums"', 'sums = "applications"').replace("deployment.yaml", "no"))

    found = refused(toml)

    assert [line.partition(": there is no file ")[0].rpartition(" ")[2] for line in found] == [
        "modes.ml.manifest",
        "reasoning.sums",
    ]


def test_labelled_documents_are_read_from_the_file_of_the_settings(lab: Path) -> None:
    """A bad line is told with the file's name."""
    loaded = loading.load(lab / "qualify.toml")
    loaded.classification.documents.write_text("no json")

    with pytest.raises(BadConfig, match=f"{lab}/documents:1: "):
        loading.labelled_documents(loaded)


def test_the_built_in_profile_is_complete() -> None:
    """A checkout holds every file that the profile names."""
    loaded = loading.load(None)

    assert loading.serving(loaded.modes.ml).model == "Qwen/Qwen3-8B-AWQ"
    assert len(loading.labelled_documents(loaded)) >= 60


def test_a_model_that_is_not_known_contradicts_nothing(lab: Path) -> None:
    """It comes from a Secret, so that nobody can say it is out of date."""
    deployment = lab / "applications" / "vllm" / "deployment.yaml"
    text = deployment.read_text().replace("Qwen/Qwen3-8B-AWQ", "$(MODEL)")
    deployment.write_text(text.replace("        - name: vllm\n", f"        - name: vllm\n          {FROM}\n"))

    assert loading.load(lab / "qualify.toml").modes.ml.model


def test_a_lock_that_is_missing_is_told_with_its_key(tmp_path: Path) -> None:
    """As every other file that the settings name."""
    (tmp_path / "qualify.toml").write_text('[local.locks]\n"0.15.1" = "gone.txt"\n')

    [line] = refused(tmp_path / "qualify.toml")

    assert line == f"{tmp_path / 'qualify.toml'}:2: local.locks.0.15.1: there is no file {tmp_path / 'gone.txt'}"


def test_files_that_read_metrics_are_found_by_their_patterns(lab: Path) -> None:
    """A plain path, wildcards and folders below, each file once; the folder above may have brackets in its name."""
    folder = lab.rename(lab.with_name("lab[1]"))
    (folder / "boards" / "deep").mkdir(parents=True)
    for name in ("boards/a.json", "boards/deep/b.json", "boards/c.yaml"):
        (folder / name).write_text(name)
    with (folder / "qualify.toml").open("a") as file:
        file.write('[metrics]\nfiles = ["boards/c.yaml", "boards/**/*.json", "boards/a.*"]\n')

    files = loading.metric_files(loading.load(folder / "qualify.toml"))

    assert list(files.values()) == ["boards/c.yaml", "boards/a.json", "boards/deep/b.json"]


@pytest.mark.parametrize("name", ["boards", "none/*.json", "a**b", "a" * 5000])
def test_a_pattern_without_a_file_is_refused(lab: Path, name: str) -> None:
    """What would be looked at by nobody is no setting."""
    with (lab / "qualify.toml").open("a") as file:
        file.write(f'[metrics]\nfiles = ["{name}"]\n')

    [line] = refused(lab / "qualify.toml")

    assert "metrics.files[0]: matches no file" in line


def test_folders_of_own_suites_have_to_be_there(lab: Path) -> None:
    """Each that is missing is named, and so is a file in the place of one."""
    toml = lab / "qualify.toml"
    (lab / "checks").mkdir()
    toml.write_text(f'suites = ["checks", "gone", "qualify.toml", "{"a" * 300}"]\n{toml.read_text()}')

    assert [line.partition(": ")[2].partition(" folder")[0] for line in refused(toml)] == [
        f"suites[{at}]: there is no" for at in (1, 2, 3)
    ]
