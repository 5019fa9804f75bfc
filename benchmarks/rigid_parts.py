"""How well rigid parts are told apart, by speed, noise and measure: ``python -m benchmarks.rigid_parts``."""

import argparse
import importlib.util
import math
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from spatialgeom import rigid_clusters

FRAMES = 150
SEEDS = 10
PEOPLE = (17, 14, 16)  # joints of each in the file to draw, one skeleton after the other
SPEEDS_CM = (3.0, 1.0, 0.4)
NOISES_MM = (0, 2, 5)
RULES: dict[str, dict[str, Any]] = {
    "default": {},
    "default, no gap": {"max_gap": math.inf},
    "path": {"measure": "path"},
}


class Moving(NamedTuple):
    """Tracks of parts, float32 metres, and which part each point belongs to."""

    tracks: Tensor  # (T, N, 3)
    part: NDArray[np.int64]  # (N,)


def three_parts(seed: int, speeds_cm: tuple[float, float, float], noise_mm: float) -> Moving:
    """Return three parts of 20 to 60 points and 10 to 30 cm, 50 cm apart, each sliding its own way."""
    rng = np.random.default_rng([seed, *(int(10 * speed) for speed in speeds_cm), int(noise_mm)])
    part = rng.permutation(np.repeat(np.arange(3), rng.integers(20, 61, 3)))
    extent = rng.uniform(0.1, 0.3, (3, 3))
    start = 0.5 / math.sqrt(2) * np.eye(3)  # corners of a triangle with sides of 50 cm
    # no two ways are alike, or two parts were one
    ways = np.linalg.qr(rng.normal(size=(3, 3)))[0]
    step = ways * np.array(speeds_cm)[:, None] / 100
    shape = rng.uniform(-0.5, 0.5, (len(part), 3)) * extent[part]
    tracks = np.arange(FRAMES)[:, None, None] * step[part] + start[part] + shape
    tracks += rng.normal(size=tracks.shape) * noise_mm / 1000
    return Moving(torch.from_numpy(tracks).float(), part)


def seen_in_part(seed: int, tracks: Tensor, share: float) -> Tensor:
    """Return (T, N) bool: each point is seen in a random share of the frames."""
    generator = torch.Generator().manual_seed(seed)
    return torch.rand(tracks.shape[:2], generator=generator) < share


def rand_index(truth: NDArray[np.int64], found: NDArray[np.int64]) -> float:
    """Return the adjusted Rand index (Hubert and Arabie, 1985); a point in no part is on its own."""
    found = np.where(found < 0, found.max() + 1 + np.arange(len(found)), found)
    table = np.zeros((truth.max() + 1, found.max() + 1))
    np.add.at(table, (truth, found), 1)
    both, rows, columns = (_pairs(counts) for counts in (table, table.sum(1), table.sum(0)))
    chance = rows * columns / _pairs(np.array(len(truth)))
    return float((both - chance) / ((rows + columns) / 2 - chance))


def _pairs(counts: NDArray[Any]) -> float:
    return float((counts * (counts - 1) / 2).sum())


def scenes() -> Iterator[tuple[str, tuple[float, float, float]]]:
    """Return the name and the three speeds of each kind of scene."""
    for speed in SPEEDS_CM:
        yield f"0, {speed:g}, {speed:g}", (0.0, speed, speed)
    yield ", ".join(f"{speed:g}" for speed in SPEEDS_CM), SPEEDS_CM


def agreements(
    speeds_cm: tuple[float, float, float], noise_mm: float, share: float, rule: dict[str, Any]
) -> list[float]:
    """Return the adjusted Rand index of every seed."""
    found = []
    for seed in range(SEEDS):
        tracks, part = three_parts(seed, speeds_cm, noise_mm)
        visible = None if share == 1 else seen_in_part(seed, tracks, share)
        found.append(rand_index(part, rigid_clusters(tracks, visible, **rule).numpy()))
    return found


def table(noises_mm: Sequence[float] = NOISES_MM) -> str:
    """Return the least agreement over seeds, in Markdown."""
    shares = (1.0, 0.7)
    columns = [(rule, share) for rule in RULES for share in shares]
    names = [rule if share == 1 else f"{rule}, {share:.0%} seen" for rule, share in columns]
    lines = ["| cm per frame | noise, mm | " + " | ".join(names) + " |", "|---|--:|" + "--:|" * len(names)]
    for name, speeds in scenes():
        for noise in noises_mm:
            worst = [min(agreements(speeds, noise, share, RULES[rule])) for rule, share in columns]
            # never -0.00
            lines.append(f"| {name} | {noise:g} | " + " | ".join(f"{w + 0.0:.2f}" for w in worst) + " |")
    return "\n".join(lines)


def draw(tracks: Tensor, visible: Tensor, person: NDArray[np.int64], out: Path) -> None:
    """Draw parts of joint tracks from above and the front: a colour for each part, a marker each person."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, grid = pyplot.subplots(2, 2, figsize=(9, 7.6), layout="constrained")
    rules = (("max_gap=math.inf", math.inf), ("by default", None))
    for column, (title, max_gap) in enumerate(rules):
        found = rigid_clusters(tracks, visible, min_size=2, max_gap=max_gap).numpy()
        for axes, (across, up, view) in zip(grid[:, column], ((0, 2, "above"), (0, 1, "front")), strict=True):
            _scatter(axes, tracks.numpy()[:, :, (across, up)], visible.numpy(), found, person)
            axes.set(title=f"{title}, from {view}", xlabel="x, m", ylabel=f"{'xyz'[up]}, m", aspect="equal")
        grid[1, column].invert_yaxis()  # y is down
    figure.savefig(out, dpi=72, pil_kwargs={"optimize": True})


def _scatter(
    axes: Any,
    places: NDArray[np.float32],
    visible: NDArray[np.bool_],
    found: NDArray[np.int64],
    person: NDArray[np.int64],
) -> None:
    for joint in np.flatnonzero(visible.any(0)):
        path = places[visible[:, joint], joint]
        colour = "#bbbbbb" if found[joint] < 0 else f"C{found[joint]}"
        axes.plot(*path.T, color=colour, linewidth=1)
        axes.plot(*path[-1], "os^"[person[joint]], color=colour, markersize=6)
        axes.annotate(str(joint), path[-1], xytext=(3, 3), textcoords="offset points", fontsize=6)


def main() -> int:
    """Print the table, and draw the parts of three people if asked; return 0."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.rigid_parts", description=__doc__)
    parser.add_argument("--noise-mm", nargs="+", type=float, metavar="MM", default=NOISES_MM)
    parser.add_argument("--draw", type=Path, metavar="FILE.npz", help="joint tracks of three people")
    parser.add_argument("--out", type=Path, metavar="FILE.png", default=Path("rigid_parts.png"))
    asked = parser.parse_args()
    if asked.draw is None:
        print(table(asked.noise_mm))
        return 0
    if importlib.util.find_spec("matplotlib") is None:
        parser.error("to draw needs matplotlib: pip install matplotlib")
    with np.load(asked.draw) as data:
        tracks, visible = torch.from_numpy(data["tracks_XYZ"]), torch.from_numpy(data["visibility"])
    draw(tracks, visible, np.repeat(np.arange(3), PEOPLE), asked.out)
    return 0


if __name__ == "__main__":
    sys.exit(main())
