"""What a run is told: the same dataclass serves the command line, config files and Python."""

from dataclasses import asdict, dataclass, field, is_dataclass
from pathlib import Path
from typing import Any

from spatialgeom.apps.datagen.readers import choose_reader
from spatialgeom.apps.datagen.rules import RULES
from spatialgeom.apps.datagen.task import Task
from spatialgeom.apps.datagen.tasks import load_tasks
from spatialgeom.apps.errors import UsageError
from spatialgeom.apps.provenance import fingerprint
from spatialgeom.apps.records import SCHEMA_VERSION
from spatialgeom.apps.splits import SPLITS

PAPER_TASKS = "paper"


@dataclass(frozen=True)
class RunConfig:
    """One run of the data engine.

    Args:
        sources: Folders to read, or ``synthetic``.
        out: The dataset's folder.
        reader: Name of the reader; None: the one that recognises each source.
        options: Options of each reader, by its name; None: its defaults.
        tasks: Names of tasks or families, or ``paper`` for those of the paper; empty: all.
        rules: ``default`` or ``paper``.
        seed: Everything random follows from it.
        max_per_task: Most questions per subtask, over all scenes: per task, for object motion per source.
        max_per_space: Most questions per subtask and space where there are spaces enough; 0: as it comes.
        split: ``train``, ``val`` or ``test`` for the scenes of that split of their source; ``all``.
        hold_out: Lists, manifests or recipes; a run with a scene of theirs is refused.
        scenes: Names of the scenes to take, all of which must be there; empty: all.
        repeats: Fingerprint of a run that is to be made again, from sources that may lie elsewhere.
        workers: Processes; 0: as many as cores. On the CPU each works on a scene, so at most one per scene;
            for another device they decode depth images.
        device: Where geometry is computed. Devices agree up to rounding: each has its own geometry cache.
        cache: Folder of the geometry cache; None: inside ``out``.
        strict: Stop at the first scene or frame that would be skipped.
        quiet: No progress.
    """

    sources: tuple[str, ...]
    out: str
    reader: str | None = None
    options: dict[str, Any] = field(default_factory=dict)
    tasks: tuple[str, ...] = ()
    rules: str = "default"
    seed: int = 0
    max_per_task: int = 1000
    max_per_space: int = 0
    split: str = "all"
    hold_out: tuple[str, ...] = ()
    scenes: tuple[str, ...] = ()
    repeats: str = ""
    workers: int = 0
    device: str = "cpu"
    cache: str | None = None
    strict: bool = False
    quiet: bool = False

    def __post_init__(self) -> None:
        if self.rules not in RULES:
            raise UsageError(f"there are no rules {self.rules!r}; there are {', '.join(RULES)}")
        if self.max_per_task < 1:
            raise UsageError(f"max_per_task must be at least 1, got {self.max_per_task}")
        if self.seed < 0:
            raise UsageError(f"seed must be at least 0, got {self.seed}")
        if self.max_per_space < 0:
            raise UsageError(f"max_per_space must be at least 0 (no limit), got {self.max_per_space}")
        if self.split not in SPLITS:
            raise UsageError(f"there is no split {self.split!r}; there are {', '.join(SPLITS)}")
        if self.workers < 0:
            raise UsageError(f"workers must be at least 0 (as many as cores), got {self.workers}")
        if not self.sources:
            raise UsageError(
                "name at least one source, before --tasks and --hold-out: a scene folder, or 'synthetic'"
            )
        self.chosen_tasks()
        self._check_device()

    def _check_device(self) -> None:
        import torch

        if self.device.partition(":")[0] not in ("cpu", "cuda"):
            raise UsageError(f"device must be 'cpu', 'cuda' or 'cuda:N', got {self.device!r}")
        try:
            torch.empty(0, device=self.device)
        except (RuntimeError, AssertionError) as fault:
            reason = str(fault).splitlines()[0].rstrip(".")
            raise UsageError(
                f"device {self.device!r} cannot be used: {reason}; --device cpu always can"
            ) from None

    def chosen_tasks(self) -> list[Task]:
        """Return the tasks to make, by name.

        Raises:
            UsageError: A name is unknown.
        """
        tasks = load_tasks()
        families = {task.family for task in tasks.values()}
        unknown = sorted(set(self.tasks) - {*tasks, *families, PAPER_TASKS})
        if unknown:
            raise UsageError(
                f"there is no task {unknown[0]!r}; there are {', '.join(tasks)}; "
                f"{', '.join(sorted(families))} for whole families, and {PAPER_TASKS} for the paper's"
            )
        wanted = set(self.tasks or tasks)
        return [
            task
            for name, task in tasks.items()
            if {name, task.family} & wanted or (task.in_paper and PAPER_TASKS in wanted)
        ]

    def reader_options(self, reader: str, options: type | None) -> Any:
        """Return the given options of a reader, or its defaults."""
        return self.options.get(reader, options() if options else None)

    def identity(self) -> dict[str, Any]:
        """Return what tells this run from another one, as JSON values."""
        chosen = [(source, *choose_reader(source, self.reader)) for source in self.sources]
        # scenes are taken by name, in whatever order their sources are given
        chosen.sort(key=lambda each: (each[1].name, str(each[2])))
        return {
            "schema_version": SCHEMA_VERSION,
            "sources": [
                source if source == reader.name else str(path.resolve()) for source, reader, path in chosen
            ],
            "readers": [
                {"name": reader.name, "options": _plain(self.reader_options(reader.name, reader.options))}
                for _, reader, _ in chosen
            ],
            "tasks": [task.name for task in self.chosen_tasks()],
            "rules": self.rules,
            "seed": self.seed,
            "max_per_task": self.max_per_task,
            "max_per_space": self.max_per_space,
            "split": self.split,
            **({"scenes": list(self.scenes)} if self.scenes else {}),
        }

    def fingerprint(self) -> str:
        """Return the run's fingerprint; it does not depend on where the sources lie."""
        if self.repeats:
            return self.repeats
        identity = self.identity()
        return fingerprint({**identity, "sources": [Path(source).name for source in identity["sources"]]})


def _plain(options: Any) -> Any:
    if not is_dataclass(options) or isinstance(options, type):
        return options
    return {
        name: list(value) if isinstance(value, tuple) else value for name, value in asdict(options).items()
    }
