"""``spatialgeom datagen splits``: list the splits and what can be held out."""

import argparse
from collections.abc import Sequence


def main(arguments: Sequence[str]) -> int:
    """Print the splits and lists."""
    from spatialgeom.apps.splits import describe

    argparse.ArgumentParser(
        prog="spatialgeom datagen splits", description="List the splits and the lists for --hold-out."
    ).parse_args(arguments)
    print(describe())
    return 0
