"""Small made-up questions on random pictures, in InternVL's JSON lines."""

import json
from pathlib import Path

import numpy as np
from PIL import Image

from spatialgeom.apps.prompts import prompt


def write_questions(
    folder: Path, count: int, *, size: tuple[int, int] = (48, 64), pictures: int = 8, seed: int = 0
) -> Path:
    """Write questions on pairs of pictures, with answers of unequal lengths, and return the annotation file.

    Args:
        folder: Where; made if it does not exist.
        count: Questions, no two alike.
        size: Height and width of the pictures.
        pictures: Different pictures.
        seed: Everything random follows from it.
    """
    rng = np.random.default_rng(seed)
    folder.mkdir(parents=True, exist_ok=True)
    height, width = size
    for number in range(pictures):
        coarse = rng.integers(0, 256, (6, 8, 3), dtype=np.uint8)
        Image.fromarray(coarse).resize((width, height), Image.Resampling.BICUBIC).save(
            folder / f"{number}.png"
        )
    with (folder / "annotations.jsonl").open("w", encoding="utf-8") as file:
        for number in range(count):
            pair = rng.choice(pictures, 2, replace=False).tolist()
            question = f"How far is point {number} from the first camera, in mm?"
            words = "which is near " * int(rng.integers(0, 4))
            answer = f"It is `{rng.integers(10 ** int(rng.integers(1, 5)))}` mm away {words}".strip()
            record = {
                "id": f"q{number}",
                "image": [f"{k}.png" for k in pair],
                "width_list": [width] * 2,
                "height_list": [height] * 2,
                "conversations": [
                    {"from": "human", "value": prompt(2, question)},
                    {"from": "gpt", "value": answer},
                ],
            }
            file.write(json.dumps(record) + "\n")
    return folder / "annotations.jsonl"
