"""The JSON Schemas of what is published: ``python -m vllm_qualify.reports.schemas NAME > .../NAME.schema.json``.

Made from the types of the documents, so that they cannot say anything else. Only their maker loads pydantic.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any

from pydantic import TypeAdapter

from vllm_qualify.core import json_schema
from vllm_qualify.reports.advisories_json import AdvisoriesDocument
from vllm_qualify.reports.check_json import CheckDocument
from vllm_qualify.reports.compare_json import CompareDocument
from vllm_qualify.reports.diagnosis_json import DiagnosisDocument
from vllm_qualify.reports.doctor_json import DoctorDocument
from vllm_qualify.reports.history_json import HistoryDocument
from vllm_qualify.reports.matrix_json import MatrixDocument
from vllm_qualify.reports.merged_json import MergedDocument
from vllm_qualify.reports.plan_json import PlanDocument
from vllm_qualify.reports.preflight_json import PreflightDocument
from vllm_qualify.reports.report_json import ReportDocument
from vllm_qualify.reports.restore_json import RestoreDocument
from vllm_qualify.reports.status import StatusDocument

DOCUMENTS: Mapping[str, type] = {
    "matrix": MatrixDocument,
    "preflight": PreflightDocument,
    "diagnosis": DiagnosisDocument,
    "status": StatusDocument,
    "history": HistoryDocument,
    "compare": CompareDocument,
    "merged": MergedDocument,
    "advisories": AdvisoriesDocument,
    "check": CheckDocument,
    "doctor": DoctorDocument,
    "plan": PlanDocument,
    "report": ReportDocument,
    "restore": RestoreDocument,
}
# What documents of the same version lack that were written before the field came to be.
_ADDED = frozenset(
    {
        "Diagnosis.message",
        "Diagnosis.origin",
        "DiagnosisDocument.problem",
        "DiagnosisDocument.schema",
        "MatrixCandidate.advisories",
        "MatrixCandidate.holds_for",
        "MatrixDocument.baseline",
        "MatrixDocument.requirements",
        "PreflightDocument.schema",
        "PreflightFinding.waived",
    }
)


def document(name: str) -> str:
    """The schema of one kind of document as the text of its file.

    Args:
        name: a key of ``DOCUMENTS``.
    """
    return json_schema.document(
        TypeAdapter[Any](DOCUMENTS[name]),
        f"{name.capitalize()} of vllm-qualify",
        mode="serialization",
        identity=f"urn:vllm-qualify:{name}:1",
        added=_ADDED,
    )


if __name__ == "__main__":
    sys.stdout.write(document(sys.argv[1]))
