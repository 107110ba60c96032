from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from lab import admission


def review(*, dry: bool) -> dict[str, Any]:
    """A Deployment that is written, or only asked about."""
    template = {"metadata": {"labels": {"app": "vllm"}}}
    obj = {"metadata": {"name": "vllm", "annotations": {"kept": "yes"}}, "spec": {"template": template}}
    return {"request": {"uid": "u1", "dryRun": dry, "object": obj}}


def test_a_dry_run_is_not_stamped() -> None:
    """So that what a dry run promises is not what a write gives."""
    response = admission.answer(review(dry=True), template=False)["response"]

    assert response == {"uid": "u1", "allowed": True}


@pytest.mark.parametrize(
    ("template", "path", "value"),
    [
        (False, "/metadata/annotations", {"kept": "yes", admission.STAMP: "by request u1"}),
        (True, "/spec/template/metadata/annotations", {admission.STAMP: "by a webhook"}),
    ],
)
def test_a_real_write_is_stamped_beside_what_is_there(path: str, value: dict[str, str], *, template: bool) -> None:
    """The Deployment each time in other words, its pods always in the same."""
    response = admission.answer(review(dry=False), template=template)["response"]

    assert response["patchType"] == "JSONPatch"
    assert json.loads(base64.b64decode(response["patch"])) == [{"op": "add", "path": path, "value": value}]
