"""The model with its loss: logits are computed where something is learnt, and nowhere else."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from spatialgeom.apps.train.data.batch import IGNORED
from spatialgeom.apps.train.families import packed_inputs


class LabelLoss(NamedTuple):
    """What a micro-batch's label tokens cost, row by row.

    Args:
        nll: (L,) float32 negative log-likelihood of each label token, nats.
        exact: (L,) bool: is the label the likeliest token?
        rows: (L,) conversation of the batch that each belongs to.
    """

    nll: Tensor
    exact: Tensor
    rows: Tensor


class ModelWithLoss(nn.Module):
    """A vision-language model whose forward pass ends in the loss of its label tokens.

    The language-modelling head runs at the positions that predict a label: for a conversation of two images
    that is one position in a hundred, and the logits of the others would be most of a step's memory.

    Args:
        vlm: The model, with its adapters: ``vlm.get_base_model()`` has ``model`` and ``lm_head``.
        blank: Image inputs that the tower sees where a batch has none, to no effect. Where the weights are
            sharded, every process must run every layer, or the others wait for it for ever.
    """

    def __init__(self, vlm: Any, blank: Mapping[str, Tensor] | None = None) -> None:
        super().__init__()
        self.vlm = vlm
        self.blank = blank

    def forward(self, inputs: Mapping[str, Tensor], labels: Tensor, lengths: Sequence[int] = ()) -> LabelLoss:
        """Return the loss of each label token, not summed.

        Args:
            inputs: What the headless model takes.
            labels: (B, T) int64, ``IGNORED`` where nothing is learnt; not shifted.
            lengths: Tokens of each conversation where they lie in one row (B = 1), packed.
        """
        base = self.vlm.get_base_model()
        if lengths:
            inputs = packed_inputs(base.model, inputs, lengths)
        else:
            # padding stands on the right, where causal attention does not look; a mask would keep attention
            # from its fastest kernels
            inputs = {name: value for name, value in inputs.items() if name != "attention_mask"}
        with self._seeing_blank() if "pixel_values" not in inputs else nullcontext():
            hidden = base.model(**{**inputs, "use_cache": False}).last_hidden_state  # (B, T, D)
        # the first token of a conversation is no label, so that a packed one does not predict the next
        following = labels[:, 1:]
        rows, places = torch.nonzero(following != IGNORED, as_tuple=True)
        logits = base.lm_head(hidden[rows, places]).float()  # (L, V)
        wanted = following[rows, places]
        nll = functional.cross_entropy(logits, wanted, reduction="none")
        if lengths:
            ends = torch.tensor(lengths, device=places.device).cumsum(0)
            rows = torch.bucketize(places, ends, right=True)
        return LabelLoss(nll, logits.detach().argmax(-1) == wanted, rows)

    @contextmanager
    def _seeing_blank(self) -> Iterator[None]:
        """Run the tower on the blank image where a batch with images runs it: after the embeddings.

        Sharded weights are gathered in the order of the layers, which must be the same in every process.
        """
        base, blank = self.vlm.get_base_model(), self.blank
        if blank is None:
            yield
            return

        def look(*_: Any) -> None:
            base.model.get_image_features(**blank)

        # registered here, it runs after the hook that gives the embeddings' weights back
        hook = base.get_input_embeddings().register_forward_hook(look)
        try:
            yield
        finally:
            hook.remove()

    # what accelerate asks of a model that it shards
    @property
    def _no_split_modules(self) -> list[str]:
        base = self.vlm.get_base_model()
        present = {type(module).__name__ for module in base.modules()}
        layer = type(base.model.language_model.layers[0]).__name__
        return sorted({layer, *(base._no_split_modules or ())} & present)

    def get_input_embeddings(self) -> nn.Module:
        """Return the token embeddings."""
        module: nn.Module = self.vlm.get_base_model().get_input_embeddings()
        return module

    def get_output_embeddings(self) -> nn.Module:
        """Return the language-modelling head."""
        module: nn.Module = self.vlm.get_base_model().get_output_embeddings()
        return module

    def tie_weights(self) -> None:
        """Tie the head to the embeddings again where they are one tensor."""
        self.vlm.get_base_model().tie_weights()
