"""Advisories from records of the form of OSV."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from catalogue_maker import advisories
from catalogue_maker.source import UnknownShape
from vllm_qualify.catalogue import advisories as reader


def record(**changed: Any) -> dict[str, Any]:
    """A record of this package."""
    events = [{"introduced": "0.6.5"}, {"fixed": "0.8.5"}]
    affected = {"package": {"name": "vllm"}, "ranges": [{"type": "ECOSYSTEM", "events": events}]}
    vector = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"
    return {
        "id": "PYSEC-1",
        "aliases": ["CVE-2025-32444"],
        "published": "2025-04-30T00:00:00Z",
        "severity": [{"type": "CVSS_V3", "score": vector}],
        "affected": [affected],
        **changed,
    }


def test_what_is_written_is_what_is_read() -> None:
    """Range, score and the use that it needs come back from the file."""
    text = advisories.text(advisories.document([record()], source="somewhere, CC BY 4.0"))

    (read,) = reader.read(json.loads(text)).advisories
    assert (read.name, str(read.introduced), str(read.fixed)) == ("CVE-2025-32444", "0.6.5", "0.8.5")
    assert (read.score, read.needs) == (9.8, "KV transfer")


def test_others_and_withdrawn_ones_are_left_out() -> None:
    """An export holds all packages, and a withdrawn record holds no longer."""
    other = record(affected=[{"package": {"name": "torch"}, "ranges": []}])

    made = advisories.document([record(), other, record(id="PYSEC-2", withdrawn="2026-01-01")], source="s")

    assert [entry["id"] for entry in made["advisories"]] == ["PYSEC-1"]


def test_the_newest_form_of_a_score_counts() -> None:
    """Of several vectors that of CVSS 4.0."""
    four = "CVSS:4.0/AV:N/AC:H/AT:N/PR:N/UI:N/VC:L/VI:L/VA:L/SC:N/SI:N/SA:N/E:P"
    both = [*record()["severity"], {"type": "CVSS_V4", "score": four}]

    made = advisories.document([record(severity=both), record(id="PYSEC-2", severity=[])], source="s")

    assert [entry["score"] for entry in made["advisories"]] == [2.9, None]


@pytest.mark.parametrize(
    ("vector", "score"),
    [
        ("CVSS:3.1/AV:N/AC:L/PR:N/UI:R/S:U/C:H/I:H/A:H", 8.8),
        ("CVSS:3.1/AV:N/AC:L/PR:L/UI:N/S:U/C:N/I:N/A:H", 6.5),
        ("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H", 7.5),
        ("CVSS:3.0/AV:N/AC:L/PR:N/UI:N/S:C/C:H/I:H/A:H", 10.0),
    ],
)
def test_a_vector_has_the_score_of_its_specification(vector: str, score: float) -> None:
    """Wherever the record has it: of the whole, or of the package."""
    severity = [{"type": "CVSS_V3", "score": vector}]
    inside = record(id="PYSEC-2", severity=[])
    inside["affected"][0]["severity"] = severity

    made = advisories.document([record(severity=severity), inside], source="s")

    assert [entry["score"] for entry in made["advisories"]] == [score, score]


def test_a_vector_that_is_none_is_named() -> None:
    """A record that lost its severity would read as if nobody had rated it."""
    with pytest.raises(UnknownShape, match="PYSEC-1 has no vector of CVSS_V3"):
        advisories.document([record(severity=[{"type": "CVSS_V3", "score": "high"}])], source="s")


def test_an_export_without_the_package_is_refused() -> None:
    """An empty file would read as if nothing were on record."""
    with pytest.raises(UnknownShape, match="no record of the package vllm"):
        advisories.document([], source="s")


def test_a_folder_a_zip_and_a_list_are_the_same(tmp_path: Path) -> None:
    """OSV exports a zip, a database is a folder, and a file may hold them all."""
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "one.json").write_text(json.dumps(record()))
    (tmp_path / "all.json").write_text(json.dumps([record()]))
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as archive:
        archive.writestr("one.json", json.dumps(record()))

    found = [list(advisories.read(path)) for path in (folder, tmp_path / "all.json", tmp_path / "all.zip")]

    assert found == [[record()]] * 3


def test_what_is_no_json_is_named(tmp_path: Path) -> None:
    """The file that cannot be read is in the message."""
    (tmp_path / "bad.json").write_text("{")

    with pytest.raises(UnknownShape, match=r"bad\.json is not JSON"):
        list(advisories.read(tmp_path / "bad.json"))
