"""What a GPU run finds: the card, versions, and what is missing with what that costs."""

import importlib
import json
import sys
from pathlib import Path

import torch

from benchmarks.environment import environment
from benchmarks.inputs import kitchen_folder

_COSTS = {
    "triton": "no kernel runs, only eager PyTorch",
    "numba": "kernels for the CPU are not compared",
    "scipy": "tests that need its clustering fail",
    "pytest": "the tests do not run",
    "hypothesis": "the tests do not run",
    "xdist": "the tests run one at a time",
    "transformers": "the training step is not timed",
    "peft": "the training step is not timed",
    "accelerate": "the training step is not timed",
    "kornia": "comparisons with it are skipped",
    "kornia_rs": "recorded depth maps cannot be read",
}


def main(path: str) -> None:
    """Write what there is to a file."""
    found = environment("cuda") | _card() | {"missing": missing()}
    Path(path).write_text(json.dumps(found, indent=1), encoding="utf-8")


def missing() -> list[str]:
    """Return a sentence for each package or recording that is not here, or cannot be used."""
    said = [f"{name} cannot be imported ({reason}): {_COSTS[name]}." for name, reason in _failures().items()]
    if kitchen_folder() is None:
        said.append("There is no recording: made-up rooms serve instead.")
    return said


def _failures() -> dict[str, str]:
    failures = {}
    for name in _COSTS:
        try:
            importlib.import_module(name)
        except ImportError as error:  # some are there, but refuse a version of another
            failures[name] = str(error).splitlines()[0]
    return failures


def _card() -> dict[str, str]:
    card = torch.cuda.get_device_properties(0)
    return {
        "card": card.name,
        "capability": f"{card.major}.{card.minor}",
        "processors": str(card.multi_processor_count),
        "memory_bytes": str(card.total_memory),
        "cache_bytes": str(card.L2_cache_size),
        "cuda": str(torch.version.cuda),
    }


if __name__ == "__main__":
    main(sys.argv[1])
