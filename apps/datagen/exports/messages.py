"""Chat messages with typed content, as TRL and chat templates of transformers take them, in JSON lines."""

from typing import Any

from spatialgeom.apps.datagen.exports._format import Format, Sample
from spatialgeom.apps.prompts import IMAGE


def _record(sample: Sample) -> dict[str, Any]:
    content: list[dict[str, str]] = []
    for number, piece in enumerate(sample.prompt().split(IMAGE, len(sample.images))):
        content += [{"type": "image"}] if number else []
        content += [{"type": "text", "text": piece}] if piece else []
    answer = [{"type": "text", "text": sample.answer}]
    return {
        "id": sample.id,
        "images": [image.path for image in sample.images],
        "messages": [{"role": "user", "content": content}, {"role": "assistant", "content": answer}],
    }


FORMAT = Format("annotations.jsonl", _record)
