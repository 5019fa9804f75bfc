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
        max_tiles: Most tiles of the model's own size (InternVL: 448x448 pixels, 256 tokens) per image, its
            thumbnail not counted.
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


@dataclass(frozen=True)
class Parts:
    """Names of a family's modules inside ``model``, the headless model: frozen ones, and the LLM."""

    vision: tuple[str, ...]  # tower and projector: neither trained nor differentiated
    llm: str = "language_model"


class Family(Protocol):
    """How one family of vision-language models takes images.

    Implementations are frozen and picklable: workers get a copy.
    """

    @property
    def name(self) -> str:
        """Its model type."""

    @property
    def parts(self) -> Parts:
        """Where its modules are."""

    @property
    def image_token(self) -> str:
        """The token that is replaced by image features; one alone stands for an image in the text."""

    def plan(self, sizes: Sequence[tuple[int, int]], budget: ImageBudget) -> list[ImagePlan]:
        """Return how a conversation's images of these (height, width) will be seen together.

        Raises:
            DroppedError: They cannot be seen within the budget, or one cannot be seen at all.
        """

    def expansion(self, plan: ImagePlan) -> str:
        """Return the text that replaces ``image_token``; it tokenises to ``plan.tokens`` tokens."""

    def pixels(self, pictures: Sequence[Image], plans: Sequence[ImagePlan]) -> dict[str, Tensor]:
        """Return the model's image inputs for one conversation of at least one image.

        Raises:
            ValueError: They make another number of tokens than was planned.
        """

    def join(self, parts: Sequence[Mapping[str, Tensor]]) -> dict[str, Tensor]:
        """Return the image inputs of several conversations, in order, as one batch's.

        A part is empty where a conversation has no image; the result is empty if none has any.
        """

    def token_inputs(self, input_ids: Tensor) -> dict[str, Tensor]:
        """Return further inputs that follow from the (B, T) ids, such as token types."""

    def configure(self, config: Any, budget: ImageBudget) -> None:
        """Set what a model must know of the budget in its configuration: call it before training."""


class FamilyModule(Protocol):
    """What a module of this folder offers."""

    MODEL_TYPES: tuple[str, ...]
    EXAMPLE: str  # a checkpoint, to name where another is refused

    def load(self, folder: str, config: Any, tokenizer: Any) -> Family:
        """Return the family of the model whose configuration and tokenizer are given."""
