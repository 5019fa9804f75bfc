"""Every benchmark is a member of ``CASES`` in some module of this folder; there is no other list."""

import importlib
import pkgutil

from benchmarks.case import Case


def operation_names() -> list[str]:
    """Return the names of the modules here, which are those of operations, without importing them."""
    return sorted(m.name for m in pkgutil.iter_modules(__path__) if not m.name.startswith("_"))


def load_cases(operation: str) -> tuple[Case, ...]:
    """Return the cases of one operation."""
    cases: tuple[Case, ...] = importlib.import_module(f"{__name__}.{operation}").CASES
    return cases


def load_case(name: str) -> Case:
    """Return the case called ``name``, as ``Case.name`` spells it."""
    operation = name.partition("/")[0]
    return next(case for case in load_cases(operation) if case.name == name)
