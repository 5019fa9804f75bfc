"""Sizes as the command line spells them: ``--sizes frames=370,1000 points=150000``."""

import argparse
from collections.abc import Sequence
from itertools import product

from benchmarks.case import Case

Named = tuple[str, tuple[int, ...]]


def named_values(text: str) -> Named:
    """Return a name and its values, from ``name=value,value``."""
    name, _, values = text.partition("=")
    try:
        numbers = tuple(dict.fromkeys(int(value) for value in values.split(",")))
    except ValueError:
        numbers = ()
    if not name or not numbers or min(numbers) < 1:
        raise argparse.ArgumentTypeError(
            f"{text!r} is not of the form name=value,value, such as frames=370,1000"
        )
    return name, numbers


def check_names(cases: Sequence[Case], sizes: Sequence[Named]) -> None:
    """Raise ValueError for a name that no case has."""
    known = list(dict.fromkeys(name for case in cases for name in case.sizes))
    operations = {case.operation for case in cases}
    who = f"{operations.pop()} has no" if len(operations) == 1 else "none of these operations has a"
    for name, _ in sizes:
        if name not in known:
            raise ValueError(f"{who} size {name!r}; there are {', '.join(known)}")


def chosen_sizes(case: Case, asked: argparse.Namespace) -> list[dict[str, int]]:
    """Return the sizes at which to measure a case, those of goals unless others are asked for.

    Goals are about the largest size on the CPU, and about every size on a GPU.
    """
    swept = case.swept(asked.device)
    given = {name: values for name, values in asked.sizes or () if name in case.sizes}
    if given:
        values = (given.get(name, (swept[-1][name],)) for name in case.sizes)
        return [dict(zip(case.sizes, each, strict=True)) for each in product(*values)]
    if asked.smallest:
        return swept[:1]
    return swept if asked.full or asked.device == "cuda" else swept[-1:]
