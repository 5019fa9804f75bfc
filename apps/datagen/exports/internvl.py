"""InternVL's JSON lines, and the mix file that its trainer takes."""

from pathlib import Path
from typing import Any

from spatialgeom.apps.datagen.exports._format import Format, Sample

_ANNOTATIONS = "annotations.jsonl"


def _record(sample: Sample) -> dict[str, Any]:
    paths = [image.path for image in sample.images]
    widths = [image.width for image in sample.images]
    heights = [image.height for image in sample.images]
    if len(paths) == 1:
        images = {"image": paths[0], "width": widths[0], "height": heights[0]}
    else:
        images = {"image": paths, "width_list": widths, "height_list": heights}
    turns = [{"from": "human", "value": sample.prompt()}, {"from": "gpt", "value": sample.answer}]
    return {"id": sample.id, **images, "conversations": turns}


def _mix(folder: Path, name: str, rows: int) -> dict[str, Any]:
    # the trainer resolves both paths from where it is started, so they are absolute
    entry = {
        "root": str(folder),
        "annotation": str(folder / _ANNOTATIONS),
        "data_augment": False,
        "repeat_time": 1,
        "length": rows,
    }
    return {"mix.json": {name: entry}}


FORMAT = Format(_ANNOTATIONS, _record, beside=_mix)
