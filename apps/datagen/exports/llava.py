"""LLaVA's conversations, as one JSON list."""

from typing import Any

from spatialgeom.apps.datagen.exports._format import Format, Sample


def _record(sample: Sample) -> dict[str, Any]:
    paths = [image.path for image in sample.images]
    turns = [{"from": "human", "value": sample.prompt()}, {"from": "gpt", "value": sample.answer}]
    return {"id": sample.id, "image": paths[0] if len(paths) == 1 else paths, "conversations": turns}


FORMAT = Format("annotations.json", _record, as_list=True)
