"""What a run was made from: configuration, versions, seed, fingerprints of its sources."""

import hashlib
import importlib.metadata
import json
import platform
from typing import Any

_PACKAGES = ("spatialgeom", "torch", "numpy", "scipy", "numba", "pyarrow")


def fingerprint(value: Any) -> str:
    """Return the SHA-256 of a value's canonical JSON."""
    return hashlib.sha256(json.dumps(value, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def versions(*more: str) -> dict[str, str]:
    """Return the versions of what a result can depend on, and of further packages."""
    found = {"python": platform.python_version()}
    for package in (*_PACKAGES, *more):
        try:
            found[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            found[package] = "not installed"
    return found
