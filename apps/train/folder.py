"""A run's folder: it belongs to one run, which any number of processes may go on with."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from spatialgeom.apps.errors import InputError, UsageError
from spatialgeom.apps.provenance import fingerprint
from spatialgeom.apps.train.checkpoint import RunState, checkpoints, read_state, write_json

SOURCES = "sources"  # the prepared sources, which are there before the run is
RUN = "run.json"  # what the run is: its configuration and the fingerprints of its sources
_BEFORE = (SOURCES, f".{RUN}.tmp")  # what a run leaves that was killed before it was one


def claim(folder: Path, identity: Mapping[str, Any], about: Mapping[str, Any], *, writes: bool) -> RunState:
    """Make the folder this run's own and return where the run is.

    Args:
        folder: New, or of this run.
        identity: What tells this run from another one.
        about: What else is worth keeping, such as versions.
        writes: Does this process write?

    Raises:
        UsageError: The folder holds another run or foreign files.
        InputError: A checkpoint is damaged.
    """
    identity = json.loads(json.dumps(identity))  # as it is read back
    own = fingerprint(identity)
    note = folder / RUN
    if note.is_file():
        before = _read(note).get("identity")
        if before is None:
            raise UsageError(f"--out {folder} must be a new folder or a training run's, but is a dataset's")
        # of a run without a checkpoint nothing is lost when it begins again with other options
        if before != identity and checkpoints(folder):
            raise UsageError(
                f"--out {folder} holds another run, which differs in "
                f"{_difference(before, identity)}; choose a new folder, or repeat that run's options"
            )
        if before == identity:
            return _last(folder, own)
    elif folder.exists() and (not folder.is_dir() or any(p.name not in _BEFORE for p in folder.iterdir())):
        raise UsageError(f"--out {folder} must be a new folder or a run's, but is neither; choose another")
    if writes:
        folder.mkdir(parents=True, exist_ok=True)
        write_json(note, {"identity": identity, **about})
    return RunState(0, own)


def _last(folder: Path, own: str) -> RunState:
    found = checkpoints(folder)
    if not found:
        return RunState(0, own)
    state = read_state(found[-1])
    if state.fingerprint != own:
        raise InputError(f"{found[-1]} must be a checkpoint of this run, but is another's; remove its folder")
    return state


def _read(path: Path) -> dict[str, Any]:
    try:
        return dict(json.loads(path.read_text(encoding="utf-8")))
    except (ValueError, TypeError) as fault:
        raise InputError(f"{path} must be JSON, but {fault}; choose a new folder for --out") from None


def _difference(before: Mapping[str, Any], now: Mapping[str, Any]) -> str:
    old, new = dict(_flat(before)), dict(_flat(now))
    names = [name for name in {**old, **new} if old.get(name) != new.get(name)]
    return ", ".join(f"{name} ({old.get(name)}, now {new.get(name)})" for name in names[:3])


def _flat(value: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, Any]]:
    for name, item in value.items():
        if isinstance(item, Mapping):
            yield from _flat(item, f"{above}{name}.")
        else:
            yield f"{above}{name}", item
