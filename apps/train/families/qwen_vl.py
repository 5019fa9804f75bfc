"""Qwen2.5-VL and Qwen3-VL: images at their own shape, resized to whole patches within a number of pixels."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from PIL.Image import Image
from torch import Tensor
from transformers.models.qwen2_vl.image_processing_pil_qwen2_vl import Qwen2VLImageProcessorPil, smart_resize

from spatialgeom.apps.train.encoding import DroppedError
from spatialgeom.apps.train.families._family import TILE_TOKENS, Family, ImageBudget, ImagePlan, Parts
from spatialgeom.apps.train.families._images import (
    BetweenTokens,
    check_tokens,
    join_rows,
)

MODEL_TYPES = ("qwen2_5_vl", "qwen3_vl")
EXAMPLE = "Qwen/Qwen2.5-VL-7B-Instruct"
_PARTS = Parts(vision=("visual",))


@dataclass(frozen=True)
class QwenVL(BetweenTokens):
    """Images of any shape; a tile is as many pixels as make ``tile_tokens`` tokens.

    Args:
        name: Model type.
        processor: Its image processor.
        image_token: Token that is replaced by image features.
        image_id: Its id.
        around: Tokens before and after those of one image.
        tile_tokens: Tokens of one tile.
        parts: Where its modules are.
    """

    name: str
    processor: Any
    image_token: str
    image_id: int
    around: tuple[str, str]
    tile_tokens: int = TILE_TOKENS
    parts: Parts = _PARTS

    def pixels(self, pictures: Sequence[Image], plans: Sequence[ImagePlan]) -> dict[str, Tensor]:
        seen = [self._patches(picture, plan.tiles) for picture, plan in zip(pictures, plans, strict=True)]
        merged = self.processor.merge_size**2
        check_tokens([2 + int(part["image_grid_thw"].prod()) // merged for part in seen], plans)
        return join_rows(seen)

    def token_inputs(self, input_ids: Tensor) -> dict[str, Tensor]:
        # 0 is text, 1 an image: the model counts positions along rows and columns of each run of ones
        return {"mm_token_type_ids": (input_ids == self.image_id).to(torch.int32)}

    def configure(self, config: Any, budget: ImageBudget) -> None:
        """Do nothing: the model takes any shape."""

    @property
    def _factor(self) -> int:
        """Pixels along one side of a token."""
        factor: int = self.processor.patch_size * self.processor.merge_size
        return factor

    def _pixels_within(self, most: int) -> tuple[int, int]:
        """Return the fewest and most pixels of an image of so many tiles at most."""
        size = self.processor.size
        highest = min(most * self.tile_tokens * self._factor**2, size["longest_edge"])
        return min(size["shortest_edge"], highest), highest

    def _resized(self, height: int, width: int, most: int) -> tuple[int, int]:
        try:
            rows, columns = smart_resize(height, width, self._factor, *self._pixels_within(most))
        except ValueError:
            raise DroppedError("an image is more than 200 times longer than wide") from None
        return rows, columns

    def tiles(self, height: int, width: int, most: int) -> int:
        rows, columns = self._resized(height, width, most)
        return math.ceil(rows * columns / (self.tile_tokens * self._factor**2))

    def plan_one(self, height: int, width: int, most: int) -> ImagePlan:
        rows, columns = self._resized(height, width, most)
        return ImagePlan(
            tokens=2 + rows * columns // self._factor**2,
            patches=rows * columns // self.processor.patch_size**2,
            tiles=most,
            shown_width=columns,
        )

    def _patches(self, picture: Image, most: int) -> dict[str, Tensor]:
        lowest, highest = self._pixels_within(most)
        size = {"shortest_edge": lowest, "longest_edge": highest}
        return dict(
            self.processor([picture], size=size, input_data_format="channels_last", return_tensors="pt")
        )


def load(folder: str, config: Any, tokenizer: Any) -> Family:
    """Return the family of one checkpoint."""
    token = tokenizer.convert_ids_to_tokens
    return QwenVL(
        name=config.model_type,
        processor=Qwen2VLImageProcessorPil.from_pretrained(folder),
        image_id=config.image_token_id,
        image_token=token(config.image_token_id),
        around=(token(config.vision_start_token_id), token(config.vision_end_token_id)),
    )
