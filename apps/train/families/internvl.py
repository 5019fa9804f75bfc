"""InternVL 2.5, 3 and 3.5 in their native form: square tiles and a thumbnail."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from PIL.Image import Image
from torch import Tensor
from transformers.models.got_ocr2.image_processing_pil_got_ocr2 import (
    GotOcr2ImageProcessorPil,
    get_optimal_tiled_canvas,
)

from spatialgeom.apps.train.families._family import Family, ImageBudget, ImagePlan, Parts
from spatialgeom.apps.train.families._images import (
    BetweenTokens,
    check_tokens,
)

MODEL_TYPES = ("internvl",)
EXAMPLE = "OpenGVLab/InternVL3-8B-hf"
_PARTS = Parts(vision=("vision_tower", "multi_modal_projector"))


@dataclass(frozen=True)
class InternVL(BetweenTokens):
    """Images cut into a grid of tiles, each seen with the same number of tokens.

    Args:
        processor: Its image processor.
        image_token: Token that is replaced by image features.
        around: Tokens before and after those of one image.
        tile_tokens: Tokens of one tile.
        tile_patches: Patches of one tile.
    """

    processor: Any
    image_token: str
    around: tuple[str, str]
    tile_tokens: int
    tile_patches: int
    name: str = "internvl"
    parts: Parts = _PARTS

    def pixels(self, pictures: Sequence[Image], plans: Sequence[ImagePlan]) -> dict[str, Tensor]:
        seen = [self._cut(picture, plan.tiles) for picture, plan in zip(pictures, plans, strict=True)]
        check_tokens([2 + len(tiles) * self.tile_tokens for tiles in seen], plans)
        return {"pixel_values": torch.cat(seen)}

    def token_inputs(self, input_ids: Tensor) -> dict[str, Tensor]:
        return {}

    def configure(self, config: Any, budget: ImageBudget) -> None:
        """Do nothing: the model takes any number of tiles."""

    def plan_one(self, height: int, width: int, most: int) -> ImagePlan:
        crops = {"crop_to_patches": True, "min_patches": 1, "max_patches": most}
        tiles = self.processor.get_number_of_image_patches(height, width, crops)
        columns, _ = self._grid(height, width, most)
        return ImagePlan(
            tokens=2 + tiles * self.tile_tokens,
            patches=tiles * self.tile_patches,
            tiles=most,
            shown_width=columns * self.processor.size["width"],
        )

    def tiles(self, height: int, width: int, most: int) -> int:
        columns, rows = self._grid(height, width, most)
        return columns * rows

    def _grid(self, height: int, width: int, most: int) -> tuple[int, int]:
        size = self.processor.size
        columns, rows = get_optimal_tiled_canvas((height, width), (size["height"], size["width"]), 1, most)
        return columns, rows

    def _cut(self, picture: Image, most: int) -> Tensor:
        options = {"crop_to_patches": True, "min_patches": 1, "max_patches": most}
        return self.processor(
            [picture], **options, input_data_format="channels_last", return_tensors="pt"
        ).pixel_values


def load(folder: str, config: Any, tokenizer: Any) -> Family:
    """Return the family of one checkpoint."""
    vision = config.vision_config
    rows, columns = (size // patch for size, patch in zip(vision.image_size, vision.patch_size, strict=True))
    begin = getattr(tokenizer, "start_image_token", None) or "<img>"
    end = getattr(tokenizer, "end_image_token", None) or "</img>"
    return InternVL(
        processor=GotOcr2ImageProcessorPil.from_pretrained(folder),
        image_token=tokenizer.convert_ids_to_tokens(config.image_token_id),
        around=(begin, end),
        tile_tokens=int(rows * config.downsample_ratio) * int(columns * config.downsample_ratio),
        tile_patches=rows * columns,
    )
