"""What a task is: the units it asks about, how they are drawn and measured, its wordings and its score."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from spatialgeom.apps.datagen.geometry import SceneGeometry
from spatialgeom.apps.datagen.rules import Rules
from spatialgeom.apps.datagen.wording import Wording
from spatialgeom.apps.records import Scoring
from spatialgeom.sampling import generator

Columns = dict[str, np.ndarray]  # one entry per drawn unit along the first axis


@dataclass(frozen=True)
class Context:
    """What a task may look at while it draws and measures the units of one scene.

    Args:
        geometry: The scene.
        rules: Thresholds.
        task: Name of the task.
        seed: Of the run.
        slots: How many units the plan wants of this scene.
        offset: How many it wants of the scenes before.
    """

    geometry: SceneGeometry
    rules: Rules
    task: str
    seed: int
    slots: int = 0
    offset: int = 0

    def rng(self, purpose: str) -> np.random.Generator:
        """Return a generator that depends on seed, task, scene and purpose alone."""
        return generator(self.seed, self.task, self.geometry.name, purpose)

    def balanced(self, count: int, options: int, purpose: str) -> np.ndarray:
        """Return ``count`` integers below ``options``, shuffled, each as often; coins if not balanced."""
        rng = self.rng(purpose)
        if not self.rules.balanced:
            return rng.integers(options, size=count)
        # scenes take turns, so that what is left over in one is made up for in the next
        return rng.permutation((self.offset + np.arange(count)) % options)

    def balanced_slots(self, slots: np.ndarray, options: int, purpose: str) -> np.ndarray:
        """Return for each slot an integer below ``options``, each as often over all of the scene's slots.

        A slot keeps its integer when its unit fails and another takes its place.
        """
        turns = (self.offset + np.arange(self.slots)) % options
        return self.rng(purpose).permutation(turns)[slots]


@dataclass(frozen=True)
class Marks:
    """Dots of a row's images, the same number in each row."""

    image: Sequence[int]  # (m,) 0 for Image-1
    labels: Sequence[str]  # (m,), empty for a dot without a label
    pixels: np.ndarray  # (n, m, 2) int64: u, v


@dataclass(frozen=True)
class Description:
    """The measured rows of a task in one scene, columns of equal length.

    Args:
        frames: (n, k) frame of each image, -1 where a row has fewer.
        fields: What the wordings' placeholders are filled with; the scoring's field among them.
        truth: Text of the true value, as the answer words it.
        measured: The same quantities, unrounded, by name with unit.
        marks: Dots to draw, or None.
        options: Per row, where the choices differ from row to row.
        unmoved: Per row, where an answer says that nothing moved; None: nowhere.
    """

    frames: np.ndarray
    fields: Mapping[str, Sequence[str] | np.ndarray]
    truth: Sequence[str]
    measured: Mapping[str, np.ndarray]
    marks: Marks | None = None
    options: Sequence[Sequence[str]] | None = None
    unmoved: np.ndarray | None = None


Keep = Callable[[SceneGeometry, Rules], np.ndarray]
Draw = Callable[[Context, Columns, np.ndarray], tuple[Columns, np.ndarray]]
Describe = Callable[[Context, Columns], Description]


_LEAST_SPARE = 256


def _all_succeed(_: Context, units: Columns, slots: np.ndarray) -> tuple[Columns, np.ndarray]:
    return units, np.ones(len(slots), bool)


@dataclass(frozen=True)
class Task:
    """One subtask.

    Args:
        name: Unique; what ``--tasks`` takes.
        family: depth, correspondence, camera, size or motion.
        unit: What it asks about: a member of ``spatialgeom.apps.datagen.units.UNITS``.
        wording: Sentences with placeholders.
        scoring: How an answer is judged.
        describe: Measures the drawn units; also chooses what is balanced over all of them.
        keep: Mask of units that may be asked about, before the first pass: for pairs (Q, 2), by order.
        draw: The random part of a unit that may fail (room for a distractor): returns the columns and a
            mask of success. Its third argument holds slots: a unit that fails is replaced by another
            in the same slot, so what depends on the slot stays balanced.
        needs_up: The task speaks of gravity.
        in_coordinates: A note on coordinates follows the question.
        in_paper: It is one of the paper's.
        spare: Units that are held ready for each that is wanted, where the random part may fail.
    """

    name: str
    family: str
    unit: str
    wording: Wording
    scoring: Scoring
    describe: Describe
    keep: Keep | None = None
    draw: Draw = _all_succeed
    needs_up: bool = False
    in_coordinates: bool = False
    in_paper: bool = True
    spare: int = 4

    def tries(self, wanted: int) -> int:
        """Return how many units to hold ready for so many that are wanted."""
        return wanted if self.draw is _all_succeed or not wanted else self.spare * wanted + _LEAST_SPARE
