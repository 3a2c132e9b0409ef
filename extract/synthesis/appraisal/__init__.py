"""SYNTHESIS: critical appraisal: what the papers say to each item of a tool, and what reviewers made of it.

The program gathers words and never judges; a judgement is a reviewer's decision and is read again for each report.
"""

from __future__ import annotations

from extract.synthesis.appraisal.form import write_forms
from extract.synthesis.appraisal.judging import Appraisal, Assessment, Judgement, appraisals, leftovers
from extract.synthesis.appraisal.sheets import appraisal_list, appraisal_tables, progress

__all__ = [
    "Appraisal",
    "Assessment",
    "Judgement",
    "appraisal_list",
    "appraisal_tables",
    "appraisals",
    "leftovers",
    "progress",
    "write_forms",
]
