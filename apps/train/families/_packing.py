"""Several conversations in one row: positions that keep them from seeing one another."""

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence


def packed_inputs(model: Any, inputs: Mapping[str, Tensor], lengths: Sequence[int]) -> dict[str, Any]:
    """Return the model's inputs for conversations that lie in one row.

    The model masks each from the others where positions begin again, but only if there is neither an
    attention mask nor a cache; models that count image positions in three dimensions want the text's as well.

    Args:
        model: The headless model.
        inputs: ``input_ids`` (1, T), joined image inputs, token types.
        lengths: Tokens of each conversation; they sum to T.

    Returns:
        The inputs with ``position_ids``, without ``attention_mask``, and with ``use_cache`` off.
    """
    ids = inputs["input_ids"]
    device = ids.device
    positions = torch.cat([torch.arange(length, device=device) for length in lengths])[None]
    if hasattr(model, "get_rope_index"):
        positions = torch.cat([positions[None], _spatial(model, inputs, lengths)])
    kept = {name: value for name, value in inputs.items() if name != "attention_mask"}
    return {**kept, "position_ids": positions, "use_cache": False}


def _spatial(model: Any, inputs: Mapping[str, Tensor], lengths: Sequence[int]) -> Tensor:
    """Return (3, 1, T) positions along time, rows and columns, counted in each conversation alone."""
    ids, types = (
        pad_sequence(list(torch.split(inputs[name][0], list(lengths))), batch_first=True)
        for name in ("input_ids", "mm_token_type_ids")
    )
    real = torch.arange(ids.shape[1], device=ids.device) < torch.tensor(lengths, device=ids.device)[:, None]
    positions, _ = model.get_rope_index(
        ids, mm_token_type_ids=types, image_grid_thw=inputs.get("image_grid_thw"), attention_mask=real.long()
    )
    return positions[:, real][:, None]
