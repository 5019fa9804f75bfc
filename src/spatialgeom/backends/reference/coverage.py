"""Reference extents of visible points, and minimal sets of images by trying all."""

import torch
from torch import Tensor

_BLOCK_PAIRS = 1 << 21


def axis_extents(
    points: Tensor, visible: Tensor, labels: Tensor | None, groups: int
) -> tuple[Tensor, Tensor]:
    frames, count = visible.shape[0], points.shape[0]
    low = points.new_full((frames, groups, 3), torch.inf)
    high = torch.full_like(low, -torch.inf)
    chosen = torch.arange(count, device=points.device) if labels is None else (labels >= 0).nonzero()[:, 0]
    for index in torch.split(chosen, max(1, _BLOCK_PAIRS // max(1, frames))):
        seen = (visible[:, index // 64] >> (index % 64)) & 1 == 1  # (F, P)
        group = (torch.zeros_like(index) if labels is None else labels[index]).expand(frames, -1)
        for axis in range(3):
            value = points[index, axis]
            usable = seen & ~value.isnan()
            low[..., axis].scatter_reduce_(1, group, value.where(usable, torch.inf), "amin")
            high[..., axis].scatter_reduce_(1, group, value.where(usable, -torch.inf), "amax")
    return low.transpose(0, 1).contiguous(), high.transpose(0, 1).contiguous()  # (K, F, 3)


def minimal_covers(
    low: Tensor, high: Tensor, target: Tensor, slack: Tensor, max_size: int, most: int
) -> Tensor:
    count = low.shape[0]

    def covers(sets: Tensor) -> Tensor:
        coverage = high[sets].amax(-2) - low[sets].amin(-2)  # (..., A)
        return ((coverage - target).abs() <= slack).all(-1)

    image = torch.arange(count, device=low.device)
    alone = covers(image[:, None])
    found = [torch.nn.functional.pad(image[alone, None], (0, max_size - 1), value=-1)]
    pairs = torch.combinations(image, 2)
    together = torch.zeros((count, count), dtype=torch.bool, device=low.device)
    together[pairs[:, 0], pairs[:, 1]] = covers(pairs)
    if max_size > 1:
        kept = pairs[together[pairs[:, 0], pairs[:, 1]] & ~alone[pairs].any(-1)]
        found.append(torch.nn.functional.pad(kept, (0, max_size - 2), value=-1))
    for first in range(count if max_size > 2 else 0):
        rest = pairs[pairs[:, 0] > first]
        smaller = alone[rest].any(-1) | together[rest[:, 0], rest[:, 1]] | together[first, rest].any(-1)
        triples = torch.cat((torch.full_like(rest[:, :1], first), rest), 1)
        found.append(triples[covers(triples) & ~smaller & ~alone[first]])
        if sum(map(len, found)) >= most:
            break
    sets = torch.cat(found)
    return sets[:most]
