"""From entries of a configuration to sources, each prepared once and found again by its fingerprint."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from spatialgeom.apps.errors import InputError, UsageError
from spatialgeom.apps.progress import Progress
from spatialgeom.apps.provenance import fingerprint
from spatialgeom.apps.train.data.entry import SourceConfig
from spatialgeom.apps.train.data.source import ConversationSource, share_samples
from spatialgeom.apps.train.data.sources import Format, choose_format
from spatialgeom.apps.train.data.store import VERSION, StoreWriter, make_store


def prepare_all(
    configs: Sequence[SourceConfig], cache: Path, progress: Progress, seed: int = 0
) -> list[ConversationSource]:
    """Return the sources of all entries, those of a mix file each on its own.

    Raises:
        UsageError: An entry asks for what does not exist, or two sources have one name.
        InputError: A file cannot be used.
    """
    found: list[ConversationSource] = []
    for config in configs:
        some = [prepare(entry, cache, progress, seed) for entry in expand(config)]
        if config.samples is not None:
            for source, samples in zip(some, share_samples(some, config.samples), strict=True):
                source.samples = samples
        found += some
    names = Counter(source.name for source in found)
    if twice := [name for name, count in names.items() if count > 1]:
        raise UsageError(f"two sources are called {twice[0]!r}; give each a name of its own")
    if "all" in names:
        raise UsageError("no source may be called 'all', which stands for all tasks in figures; rename it")
    if not found:
        raise UsageError("there must be at least one source to train on; name a dataset's folder")
    return found


def expand(config: SourceConfig) -> list[SourceConfig]:
    """Return the entry under its name, or those of the mix file that it names.

    Raises:
        UsageError: The format does not exist.
        InputError: The path does not exist, is of no known format, or is a mix file that cannot be used.
    """
    form, path = choose_format(config.path, config.format)
    return form.expand(config, path)


def prepare(config: SourceConfig, cache: Path, progress: Progress, seed: int = 0) -> ConversationSource:
    """Return one source, read and checked now unless that was done before.

    Args:
        config: An entry that is no mix file.
        cache: The folder of prepared sources; it may be shared by runs and processes.
        progress: Tells how far it is.
        seed: Of the order in which questions share conversations.

    Raises:
        UsageError: The entry asks for what its format or dataset does not have.
        InputError: A file cannot be used, holds nothing that can, or the cache cannot be written.
    """
    form, path = choose_format(config.path, config.format)
    (entry, *more) = form.expand(config, path)
    if more or entry.path != config.path:
        raise UsageError(f"{config.path} is a mix file; name the files in it")
    config = entry
    _check_options(form, config)
    key = fingerprint({"version": VERSION, "format": form.name, "files": form.identity(config, path)})
    name = config.name or path.name

    def fill(writer: StoreWriter) -> Mapping[str, Any]:
        note = form.fill(config, path, writer, progress)
        if not writer.rows:
            raise InputError(f"{path} must hold a conversation that can be used, but {_why(writer.dropped)}")
        return note

    safe = re.sub(r"[^A-Za-z0-9._-]", "_", name).lstrip(".")[:40] or "source"
    store = make_store(cache / f"{safe}-{key[:24]}", fill)
    return ConversationSource(name, store, config, seed, config.samples)


def _check_options(form: Format, config: SourceConfig) -> None:
    if form.is_dataset:
        if config.root is not None:
            raise UsageError(f"root is for annotation files, but {config.path} is a dataset; give roots")
        return
    given = [name for name in ("roots", "tasks") if getattr(config, name)]
    if config.questions > 1:
        given.append("questions")
    if given:
        raise UsageError(f"{given[0]} is for datasets, but {config.path} has the format {form.name}; drop it")


def _why(dropped: Counter[str]) -> str:
    reasons = ", ".join(f"{count:,} x {reason}" for reason, count in dropped.most_common(3))
    return f"all are dropped ({reasons})" if reasons else "has none"
