"""A plugin of pytest for GPUs: writes each test's outcome as it comes, and shrinks no failing example.

A run that is stopped keeps what it wrote; shrinking may take minutes, which a loan of a GPU has not.
"""

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, settings

settings.register_profile(
    "gpu",
    phases=(Phase.explicit, Phase.generate),
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=(HealthCheck.too_slow,),
)
settings.load_profile("gpu")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--outcomes", type=Path, help="file for a JSON line per test")


def pytest_configure(config: pytest.Config) -> None:
    # workers of a distributed run report to the process that started them
    if (path := config.getoption("--outcomes")) and not hasattr(config, "workerinput"):
        path.write_text("")
        config.pluginmanager.register(_Outcomes(path))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    # where time runs out, it is not the kernels that went untested
    items.sort(key=lambda item: "triton" not in item.nodeid)


class _Outcomes:
    def __init__(self, path: Path) -> None:
        self._path = path

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when == "call" or report.outcome != "passed":
            self._note(report.nodeid, report.outcome, report.duration, report)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.outcome != "passed":
            self._note(report.nodeid, report.outcome, 0.0, report)

    def _note(
        self, test: str, outcome: str, seconds: float, report: pytest.TestReport | pytest.CollectReport
    ) -> None:
        line = {"test": test, "outcome": outcome, "seconds": round(seconds, 2), "message": _reason(report)}
        with self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")


def _reason(report: pytest.TestReport | pytest.CollectReport) -> str:
    """Return the sentence that says why a test failed or was skipped."""
    why = report.longrepr
    if isinstance(why, tuple):  # file, line, reason of a skip
        return why[2]
    crash = getattr(why, "reprcrash", None)
    return crash.message[:2000] if crash is not None else str(why or "")[-2000:]
