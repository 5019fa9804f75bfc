"""Packing is taken only where the model at hand keeps conversations of one row from one another."""

from typing import Any

import torch

from spatialgeom.apps.errors import InputError
from spatialgeom.apps.train.data.batch import IGNORED

_LENGTHS = (7, 12, 5)


def check_packing(model: Any, vlm: Any, device: torch.device) -> None:
    """Refuse a model in which a conversation sees another one of its row.

    Two rows are alike but for their first conversation. Where it is masked, it adds zeros alone, so that the
    losses of the others are the same to the last bit, in training mode, on this device, with its attention.

    Args:
        model: The prepared ``ModelWithLoss``.
        vlm: The model with adapters inside it.
        device: Where it is.

    Raises:
        InputError: They differ.
    """
    generator = torch.Generator().manual_seed(0)
    base = vlm.get_base_model()
    inner, image = base.model, base.config.image_token_id
    vocabulary = base.config.get_text_config().vocab_size
    ids = torch.randint(min(1000, vocabulary - 1), (2, sum(_LENGTHS)), generator=generator)
    ids[ids == image] = image - 1
    ids[1, _LENGTHS[0] :] = ids[0, _LENGTHS[0] :]
    labels = ids.clone()
    labels[:, : _LENGTHS[0] + 1] = IGNORED
    labels[:, _LENGTHS[0] + _LENGTHS[1]] = IGNORED
    types = {"mm_token_type_ids": torch.zeros_like(ids[:1])} if hasattr(inner, "get_rope_index") else {}
    found = []
    for row in (0, 1):
        torch.manual_seed(0)  # the same dropout for both
        inputs = {
            name: value.to(device) for name, value in {"input_ids": ids[row : row + 1], **types}.items()
        }
        with torch.no_grad():
            found.append(model.train()(inputs, labels[row : row + 1].to(device), _LENGTHS).nll)
    one, other = found
    if not torch.equal(one, other):
        raise InputError(
            "data.packing needs a model that masks conversations of one row from one another, but "
            f"{type(base).__name__} lets them see each other (losses differ by "
            f"{float((one - other).abs().max()):.2g}); leave data.packing off"
        )
