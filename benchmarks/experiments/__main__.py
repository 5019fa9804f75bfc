"""Run one experiment and print what it found: ``python -m benchmarks.experiments gathers``."""

import argparse
import importlib
import json
import sys
from pathlib import Path

EXPERIMENTS = ("matrix_instructions", "gathers", "atomics", "overlap_products")


def main() -> int:
    """Run the command line; return 0."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.experiments", description=__doc__)
    parser.add_argument("name", choices=EXPERIMENTS)
    parser.add_argument("--out", type=Path, metavar="FILE.json")
    asked = parser.parse_args()
    found = importlib.import_module(f"benchmarks.experiments.{asked.name}").run("cuda")
    for rate in found.rates:
        print(f"{rate.name}: {rate.per_second:.4g} {rate.unit}/s {rate.note}".rstrip())
    if asked.out:
        asked.out.write_text(
            json.dumps({"rates": [rate._asdict() for rate in found.rates], "ceilings": found.ceilings})
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
