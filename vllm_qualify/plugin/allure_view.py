"""What a reviewer sees of a case in Allure; allure-pytest writes the result itself."""

from __future__ import annotations

import json
from pathlib import Path

import allure

from vllm_qualify.plugin.open_cases import OpenCase
from vllm_qualify.reports import plain, production


def describe(case: OpenCase) -> None:
    """Name the case in the reviewer's words and put it in its place."""
    about = case.image or production.NAME
    allure.dynamic.title(f"{case.id} · {about}")
    allure.dynamic.description(case.sentence)
    allure.dynamic.parent_suite(about)
    allure.dynamic.suite(case.requirement)
    allure.dynamic.feature(case.requirement)


def attach(case: OpenCase, folder: Path) -> None:
    """Attach what was observed, why it failed, and the evidence."""
    if case.observations:
        _attach_json("observations", case.observations)
    if case.diagnosis is not None:
        _attach_json("diagnosis", case.diagnosis)
    for evidence in case.evidence.values():
        allure.attach.file(folder / evidence.path, name=evidence.name, attachment_type=allure.attachment_type.TEXT)


def _attach_json(name: str, value: object) -> None:
    body = json.dumps(plain.of(value), indent=2, ensure_ascii=False)
    allure.attach(body, name=name, attachment_type=allure.attachment_type.JSON)
