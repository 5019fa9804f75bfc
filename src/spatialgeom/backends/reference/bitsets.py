"""Reference operations on packed bits."""

import math

import torch
import torch.nn.functional
from torch import Tensor

_BLOCK_WORDS = 1 << 20  # words at once, to bound temporaries


def pack_bits(mask: Tensor) -> Tensor:
    width = -(-mask.shape[-1] // 64)
    padded = torch.nn.functional.pad(mask, (0, 64 * width - mask.shape[-1])).contiguous()
    eights = padded.view(torch.uint8).reshape(-1).view(torch.int64)  # eight bools in the bytes of a word
    # the product moves byte i's lowest bit to bit 56 + i; no two of its 64 terms meet
    octets = (eights * 0x0102040810204080) >> 56
    return octets.to(torch.uint8).view(torch.int64).reshape(*mask.shape[:-1], width)


def unpack_bits(words: Tensor, count: int) -> Tensor:
    octets = words.contiguous().reshape(-1).view(torch.uint8)
    bits = octets[:, None] >> torch.arange(8, dtype=torch.uint8, device=words.device) & 1
    shape = (*words.shape[:-1], 64 * words.shape[-1])
    return bits.bool().reshape(shape)[..., :count].contiguous()


def count_bits(words: Tensor) -> Tensor:
    rows = words.reshape(math.prod(words.shape[:-1]), words.shape[-1])
    counts = torch.zeros(rows.shape[0], dtype=torch.int64, device=words.device)
    step = max(1, _BLOCK_WORDS // max(1, rows.shape[1]))
    for start in range(0, rows.shape[0], step):
        counts[start : start + step] = popcount(rows[start : start + step]).sum(-1)
    return counts.reshape(words.shape[:-1])


def union_bits(words: Tensor, groups: Tensor, count: int) -> Tensor:
    order = groups.argsort(stable=True)
    order = order[groups[order] >= 0]
    rows, labels = words[order], groups[order]
    # neighbours of one group merge two by two: log2(F) rounds
    while (labels[1:] == labels[:-1]).any():
        first = torch.searchsorted(labels, labels)
        leads = (torch.arange(labels.shape[0], device=labels.device) - first) % 2 == 0
        follows = (~leads).nonzero().squeeze(1)
        rows[follows - 1] |= rows[follows]
        rows, labels = rows[leads], labels[leads]
    union = words.new_zeros((count, words.shape[1]))
    union[labels] = rows
    return union


def select_bits(words: Tensor, index: Tensor) -> Tensor:
    frames = words.shape[0]
    selected = words.new_zeros((frames, -(-index.shape[0] // 64)))
    step = max(1, _BLOCK_WORDS // (64 * max(1, frames)))  # words out at once
    for start in range(0, selected.shape[1], step):
        part = index[64 * start : 64 * (start + step)]
        bits = words[:, part >> 6] >> (part & 63) & 1
        selected[:, start : start + step] = pack_bits(bits.bool())
    return selected


def nth_bit(words: Tensor, k: Tensor, rows: Tensor) -> Tensor:
    found = torch.full_like(k, -1)
    step = max(1, _BLOCK_WORDS // max(1, words.shape[1]))
    for start in range(0, words.shape[0] if words.shape[1] else 0, step):
        part = words[start : start + step]
        draws = ((rows >= start) & (rows < start + part.shape[0])).nonzero().squeeze(1)
        found[draws] = _nth_bit_of_block(part.contiguous(), k[draws], rows[draws] - start)
    return found


def _nth_bit_of_block(words: Tensor, k: Tensor, rows: Tensor) -> Tensor:
    """Search the rows as one long row, in which the bits of earlier rows come first."""
    width = words.shape[1]
    upto = popcount(words).flatten().cumsum(0)
    ends = upto[width - 1 :: width]
    starts = torch.nn.functional.pad(ends, (1, 0))[:-1]
    exists = (k >= 0) & (k < (ends - starts)[rows])
    rank = torch.where(exists, k + starts[rows], 0)
    word = torch.searchsorted(upto, rank, right=True).clamp(max=upto.shape[0] - 1)
    bit = _nth_bit_of_word(words.flatten()[word], rank - torch.nn.functional.pad(upto, (1, 0))[word])
    return torch.where(exists, 64 * (word - width * rows) + bit, -1)


def _nth_bit_of_word(word: Tensor, k: Tensor) -> Tensor:
    """Halve the word six times; ``k`` must be below its count."""
    position = torch.zeros_like(word)
    for half in (32, 16, 8, 4, 2, 1):
        lower = popcount((word >> position) & ((1 << half) - 1))
        upper = k >= lower
        k = torch.where(upper, k - lower, k)
        position = torch.where(upper, position + half, position)
    return position


def popcount(words: Tensor) -> Tensor:
    """Return the number of set bits of each word, by sums within pairs, nibbles and bytes."""
    # the shifts copy the sign bit, so each is masked
    pairs = words - (words >> 1 & 0x5555555555555555)
    nibbles = (pairs & 0x3333333333333333) + (pairs >> 2 & 0x3333333333333333)
    octets = nibbles + (nibbles >> 4 & 0x0F0F0F0F0F0F0F0F) & 0x0F0F0F0F0F0F0F0F
    return octets * 0x0101010101010101 >> 56 & 0x7F
