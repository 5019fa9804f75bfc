"""A dataset as a recipe: how to make it again from the same data, and how to tell that it is the same."""

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields
from functools import cache
from pathlib import Path
from typing import Any

from spatialgeom.apps.datagen.config import RunConfig
from spatialgeom.apps.datagen.readers import load_readers
from spatialgeom.apps.datagen.writer import write_atomically
from spatialgeom.apps.errors import InputError
from spatialgeom.apps.images import ImageRef, read_bytes
from spatialgeom.apps.progress import Progress
from spatialgeom.apps.provenance import versions
from spatialgeom.apps.records import Dataset
from spatialgeom.apps.splits import LARGEST_FILE

RECIPE_VERSION = 1
_KIND = "recipe"
_SHOWN = 3
_SCENE = {"source": str, "space": str}
_CONFIG = {
    "readers": list,
    "tasks": list,
    "rules": str,
    "seed": int,
    "max_per_task": int,
    "max_per_space": int,
    "split": str,
}


def write_recipe(dataset: Dataset, path: Path, progress: Progress) -> dict[str, Any]:
    """Write a dataset's recipe: its configuration, scenes, and fingerprints of every item; no pixels.

    Raises:
        InputError: An image of the dataset cannot be read.
    """
    if path.exists():
        read_recipe(path)  # nothing but a recipe is overwritten
    manifest = dataset.manifest
    total = sum(shard["rows"] for shard in manifest["shards"])
    recipe = {
        "kind": _KIND,
        "recipe_version": RECIPE_VERSION,
        "schema_version": manifest["schema_version"],
        "run": manifest["run"],
        "versions": manifest["versions"],
        "config": {name: value for name, value in manifest["config"].items() if name != "sources"},
        "scenes": {
            name: {key: scene[key] for key in ("source", "space", "licence", "geometry")}
            for name, scene in manifest["scenes"].items()
        },
        "items": list(progress.track(_items(dataset), total, "items")),
    }
    content = _encode(recipe)
    if len(content) > LARGEST_FILE:
        raise InputError(
            f"a recipe of {total:,} items is larger than 1 GiB; make one of fewer with --max-per-task"
        )
    write_atomically(path, content)
    return recipe


def _encode(recipe: Mapping[str, Any]) -> bytes:
    """Return JSON with an item a line."""
    head = json.dumps({name: value for name, value in recipe.items() if name != "items"}, sort_keys=True)
    items = ",\n".join(json.dumps(item, sort_keys=True) for item in recipe["items"])
    return f'{head[:-1]}, "items": [\n{items}\n]}}\n'.encode()


def _items(dataset: Dataset) -> Iterator[dict[str, Any]]:
    digest = _image_digest()
    for row in dataset.rows():
        images = [dataset.image(row, k) for k in range(len(row["images"]))]
        yield {
            "id": row["id"],
            "task": row["task"],
            "source": row["source"],
            "scene": row["scene"],
            "question": _digest(row["question"]),
            "answer": _digest(row["answer"]),
            "truth": _digest(row["truth"]),
            "marks": _digest(json.dumps(row["marks"], sort_keys=True)),
            "images": [digest(image) for image in images],
        }


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _image_digest() -> Any:
    @cache
    def digest(image: ImageRef) -> str:
        try:
            return hashlib.sha256(read_bytes(image)).hexdigest()
        except OSError as fault:
            raise InputError(f"{image.path} cannot be read ({fault}); name where it is with --root") from None

    return digest


def read_recipe(path: Path) -> dict[str, Any]:
    """Return a recipe.

    Raises:
        InputError: The file is none, or of another version.
    """
    try:
        if path.stat().st_size > LARGEST_FILE:
            raise InputError(f"{path} must be a recipe, but is larger than 1 GiB; name another file")
        recipe = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as fault:
        raise InputError(f"{path} must be a recipe in JSON, but {fault}; name another file") from None
    if not isinstance(recipe, dict) or recipe.get("kind") != _KIND:
        raise InputError(f"{path} is not a recipe; write one with datagen recipe")
    if recipe.get("recipe_version") != RECIPE_VERSION:
        raise InputError(
            f"{path} has recipe version {recipe.get('recipe_version')}, expected {RECIPE_VERSION}; "
            "take the spatialgeom that wrote it"
        )
    _check_parts(recipe, path)
    return recipe


def _check_parts(recipe: Mapping[str, Any], path: Path) -> None:
    whole = (
        isinstance(recipe.get("run"), str)
        and _is(recipe.get("scenes"), dict, _SCENE)
        and _is(recipe.get("items"), list, {"id": str})
        and isinstance(recipe.get("config"), dict)
        and all(type(recipe["config"].get(name)) is kind for name, kind in _CONFIG.items())
        and _is(recipe["config"]["readers"], list, {"name": str})
        and all(isinstance(task, str) for task in recipe["config"]["tasks"])
    )
    if not whole:
        raise InputError(
            f"{path} lacks a part, or has it in another form; write it again with datagen recipe"
        )


def _is(found: Any, kind: type, fields: Mapping[str, type]) -> bool:
    """Is something a list or dictionary of dictionaries with these fields?"""
    values = found.values() if isinstance(found, dict) else found
    return isinstance(found, kind) and all(
        isinstance(value, dict) and all(isinstance(value.get(name), each) for name, each in fields.items())
        for value in values
    )


def reader_options(recipe: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the options of each reader that the recipe's run used, those that readers have today."""
    readers, found = load_readers(), {}
    for used in recipe["config"]["readers"]:
        reader = readers.get(used["name"])
        if reader is None:
            raise InputError(f"the recipe needs the reader {used['name']!r}; there are {', '.join(readers)}")
        if reader.options is not None and isinstance(used.get("options"), dict):
            known = {option.name for option in fields(reader.options)}
            found[reader.name] = {name: value for name, value in used["options"].items() if name in known}
    return found


def config_of(recipe: Mapping[str, Any], sources: Iterable[str], out: str, **others: Any) -> RunConfig:
    """Return the configuration that makes the recipe's dataset again.

    Args:
        recipe: From :func:`read_recipe`.
        sources: Where the data lies here.
        out: The folder to write.
        others: What does not change the dataset: options of readers, workers, cache, device, quiet.
    """
    config = recipe["config"]
    return RunConfig(
        sources=tuple(sources),
        out=out,
        tasks=tuple(config["tasks"]),
        **{name: config[name] for name in ("rules", "seed", "max_per_task", "max_per_space", "split")},
        scenes=tuple(sorted(recipe["scenes"])),
        repeats=recipe["run"],
        **others,
    )


def other_versions(recipe: Mapping[str, Any]) -> list[str]:
    """Return what the recipe was written with in another version than what is here."""
    written, here = recipe.get("versions"), versions()
    if not isinstance(written, dict):
        return []
    return [
        f"{name} {written[name]} (here {here[name]})"
        for name in here
        if written.get(name, here[name]) != here[name]
    ]


@dataclass
class Comparison:
    """How a dataset agrees with a recipe."""

    same: int = 0
    total: int = 0
    differing: Counter[str] = field(default_factory=Counter)  # part -> items
    examples: dict[str, list[str]] = field(default_factory=dict)  # part -> a few ids

    @property
    def agrees(self) -> bool:
        return not self.differing

    def note(self, part: str, name: str) -> None:
        self.differing[part] += 1
        self.examples.setdefault(part, [])
        if len(self.examples[part]) < _SHOWN:
            self.examples[part].append(name)

    def __str__(self) -> str:
        """Return lines for people."""
        lines = [f"{self.same:,} of {self.total:,} items are the same, bit for bit"]
        for part, count in self.differing.most_common():
            lines.append(f"{count:,} differ in {part}: {', '.join(self.examples[part])}")
        return "\n".join(lines)


def compare(recipe: Mapping[str, Any], dataset: Dataset, progress: Progress) -> Comparison:
    """Compare every item of a dataset with the recipe's fingerprints."""
    wanted = {item["id"]: item for item in recipe["items"]}
    result = Comparison(total=len(wanted))
    for item in progress.track(_items(dataset), len(wanted), "items compared"):
        expected = wanted.pop(item["id"], None)
        if expected is None:
            result.note("being there: the recipe lacks them", item["id"])
            continue
        parts = [name for name, value in item.items() if expected.get(name) != value]
        for part in parts:
            result.note(part, item["id"])
        result.same += not parts
    for name in wanted:
        result.note("being there: the dataset lacks them", name)
    return result
