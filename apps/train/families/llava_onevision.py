"""LLaVA-OneVision: one image in tiles on the grid that fits it best, or several images of one tile each."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from PIL.Image import Image
from torch import Tensor
from transformers.image_processing_utils import select_best_resolution
from transformers.models.llava_onevision.image_processing_pil_llava_onevision import (
    LlavaOnevisionImageProcessorPil,
)

from spatialgeom.apps.train.families._family import Family, ImageBudget, ImagePlan, Parts
from spatialgeom.apps.train.families._images import (
    check_tokens,
    join_rows,
    share,
)

MODEL_TYPES = ("llava_onevision",)
EXAMPLE = "llava-hf/llava-onevision-qwen2-7b-ov-hf"
_PARTS = Parts(vision=("vision_tower", "multi_modal_projector"))


@dataclass(frozen=True)
class LlavaOnevision:
    """One image in tiles and a thumbnail; each of several images padded to a square of one tile.

    The model chooses a grid from its configuration, not from its inputs: the budget holds for grids that are
    left in it by ``configure``.

    Args:
        processor: Its image processor.
        image_token: Token that is replaced by image features.
        side: Pixels along one side of a tile.
        side_patches: Patches, and tokens, along one side of a tile.
        grids: (height, width) in pixels of what one image may be resized to.
        densest: Tokens of one image beside its thumbnail, in tiles: more are reduced to about so many.
    """

    processor: Any
    image_token: str
    side: int
    side_patches: int
    grids: tuple[tuple[int, int], ...]
    densest: int
    name: str = "llava_onevision"
    parts: Parts = _PARTS

    def plan(self, sizes: Sequence[tuple[int, int]], budget: ImageBudget) -> list[ImagePlan]:
        if len(sizes) == 1:
            return [self._one(*sizes[0], _most(budget))]
        share(sizes, lambda height, width, most: 1, budget)
        return [self._of_several(height, width) for height, width in sizes]

    def expansion(self, plan: ImagePlan) -> str:
        return self.image_token * plan.tokens

    def pixels(self, pictures: Sequence[Image], plans: Sequence[ImagePlan]) -> dict[str, Tensor]:
        grids = [list(grid) for grid in self._grids(plans[0].tiles)]
        made = dict(
            self.processor(
                [list(pictures)],
                image_grid_pinpoints=grids,
                input_data_format="channels_last",
                return_tensors="pt",
            )
        )
        check_tokens(self._made(made, plans), plans)
        return {**made, "pixel_values": made["pixel_values"].flatten(0, 1)}

    def join(self, parts: Sequence[Mapping[str, Tensor]]) -> dict[str, Tensor]:
        return join_rows(parts)

    def token_inputs(self, input_ids: Tensor) -> dict[str, Tensor]:
        return {}

    def configure(self, config: Any, budget: ImageBudget) -> None:
        """Leave only grids within the budget; a model that is saved after training keeps all of them."""
        config.image_grid_pinpoints = [list(grid) for grid in self._grids(_most(budget))]

    def _grids(self, most: int) -> list[tuple[int, int]]:
        """Return grids of so many tiles at most; the smallest if there is none."""
        tiles = {grid: grid[0] * grid[1] // self.side**2 for grid in self.grids}
        least = max(most, min(tiles.values()))
        return [grid for grid, count in tiles.items() if count <= least]

    def _one(self, height: int, width: int, most: int) -> ImagePlan:
        rows, columns = select_best_resolution((height, width), self._grids(most))
        tiles = 1 + rows * columns // self.side**2
        return ImagePlan(
            tokens=self._tokens(height, width, rows // self.side, columns // self.side),
            patches=tiles * self.side_patches**2,
            tiles=most,
            shown_width=min(columns, math.ceil(width * rows / height)),
        )

    def _of_several(self, height: int, width: int) -> ImagePlan:
        patches = self.side_patches**2
        shown = max(1, round(self.side * width / max(height, width)))
        return ImagePlan(tokens=patches + 1, patches=patches, tiles=1, shown_width=shown)

    def _tokens(self, height: int, width: int, rows: int, columns: int) -> int:
        """Return tokens on a grid: the thumbnail, tiles without their padding, an end to each row."""
        rows, columns = rows * self.side_patches, columns * self.side_patches
        if width / height > columns / rows:
            rows -= (rows - int(round(height * (columns / width), 7))) // 2 * 2
        else:
            columns -= (columns - int(round(width * (rows / height), 7))) // 2 * 2
        reduction = math.sqrt(rows * columns / (self.densest * self.side_patches**2))
        if reduction > 1.1:  # the model's own threshold
            rows, columns = int(rows // reduction), int(columns // reduction)
        return self.side_patches**2 + rows * (columns + 1)

    def _made(self, made: Mapping[str, Tensor], plans: Sequence[ImagePlan]) -> list[int]:
        """Return the tokens that the model will make of its inputs."""
        tiles, sizes = made["pixel_values"].shape[1], made["image_sizes"].tolist()
        if len(sizes) == 1:
            height, width = sizes[0]
            plan = self._one(height, width, plans[0].tiles)
            return [plan.tokens if plan.patches == tiles * self.side_patches**2 else 0]
        return [tiles * self.side_patches**2 + 1 for _ in sizes]


def _most(budget: ImageBudget) -> int:
    return min(budget.max_tiles, budget.max_total_tiles)


def load(folder: str, config: Any, tokenizer: Any) -> Family:
    """Return the family of one checkpoint."""
    vision = config.vision_config
    return LlavaOnevision(
        processor=LlavaOnevisionImageProcessorPil.from_pretrained(folder),
        image_token=tokenizer.convert_ids_to_tokens(config.image_token_id),
        side=vision.image_size,
        side_patches=vision.image_size // vision.patch_size,
        grids=tuple((height, width) for height, width in config.image_grid_pinpoints),
        densest=int(config.vision_aspect_ratio.removeprefix("anyres_max_")),
    )
