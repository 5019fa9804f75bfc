"""Looks at data before a run: what layout it has, what a run would make of it, and what seems wrong."""

from spatialgeom.apps.datagen.doctor.examine import Examined, Source, examine
from spatialgeom.apps.datagen.doctor.findings import CODES, Finding
from spatialgeom.apps.datagen.doctor.report import exit_code, to_json, to_text

__all__ = ["CODES", "Examined", "Finding", "Source", "examine", "exit_code", "to_json", "to_text"]
