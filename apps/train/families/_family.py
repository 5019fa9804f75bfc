"""What a family of models is: how images become tokens and tensors, and where its parts are."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from PIL.Image import Image
from torch import Tensor

TILE_TOKENS = 256  # of one 448x448 tile of InternVL; families of native resolution get as many pixels


@dataclass(frozen=True)
class ImageBudget:
    """How finely images are seen.

    Args:
        max_tiles: Most tiles of 448x448 pixels (256 tokens) per image, its thumbnail not counted.
        max_total_tiles: Most tiles per conversation: where its images would have more, each is given fewer.
    """

    max_tiles: int = 6
    max_total_tiles: int = 24


@dataclass(frozen=True)
class ImagePlan:
    """How one image will be seen, known from its size alone.

    Args:
        tokens: Tokens in the text, with what stands around them.
        patches: Patches that the vision tower sees: its work.
        tiles: Its share of the budget, at most; pixels are made with the same number.
        shown_width: Width in pixels at which the whole image is seen at its finest.
    """

    tokens: int
    patches: int
    tiles: int
    shown_width: int


class Family(Protocol):
    """How one family of vision-language models takes images.

    Implementations are frozen and picklable: workers get a copy.
    """

    name: str
    placeholder: str  # what stands in rendered text for one image, before it is expanded
    image_token: str  # the token that is replaced by image features

    def plan(self, sizes: Sequence[tuple[int, int]], budget: ImageBudget) -> list[ImagePlan]:
        """Return how a conversation's images of these (height, width) will be seen together."""

    def expansion(self, plan: ImagePlan) -> str:
        """Return the text that replaces ``placeholder``; it tokenises to ``plan.tokens`` tokens."""

    def pixels(self, pictures: Sequence[Image], plans: Sequence[ImagePlan]) -> dict[str, Tensor]:
        """Return the model's image inputs for one conversation of at least one image."""

    def join(self, parts: Sequence[Mapping[str, Tensor]]) -> dict[str, Tensor]:
        """Return the image inputs of several conversations, in order, as one batch's.

        A part is empty where a conversation has no image; the result is empty if none has any.
        """

    def token_inputs(self, input_ids: Tensor) -> dict[str, Tensor]:
        """Return further inputs that follow from the (B, T) ids, such as token types."""

    def save(self, folder: str) -> None:
        """Write the image processor's configuration as transformers expects it."""


@dataclass(frozen=True)
class Parts:
    """Names of a family's modules inside ``model``, the headless model: frozen ones, and the LLM."""

    vision: tuple[str, ...]  # tower and projector: neither trained nor differentiated
    llm: str = "language_model"


FamilyMaker = Any  # families/*.py: MODEL_TYPES, PARTS, load(folder, config, tokenizer) -> Family
