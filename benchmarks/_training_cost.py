"""What fine-tuning costs: operations per conversation, and conversations per second at a share of a peak."""

import tempfile
from pathlib import Path

import torch

from benchmarks._training_data import HEIGHT, WIDTH
from benchmarks._training_model import SIZES, make_base, write_checkpoint
from benchmarks._training_steps import Bare
from spatialgeom.apps.train.data.batch import IGNORED, MicroBatch
from spatialgeom.apps.train.families import ImageBudget, load_family
from spatialgeom.apps.train.meter import Cost

TEXT_TOKENS = 96  # of a question with what stands around it; prompts of the data engine have 60 to 130
LABELS = 16
PAPER_SAMPLES = 3_060_000  # section 5.1: 3M of its own and 60K general ones, in 50 hours
PAPER_HOURS = 50.0
# dense products of 16-bit numbers, TFLOP/s, from the data sheets
MACHINES = (("1 x H100", 1, 989.0), ("8 x H100", 8, 989.0), ("24 x 8 V100", 192, 125.0))
SHARES = (0.2, 0.3, 0.4, 0.5)


def flops_per_conversation(name: str, *, tiles: int = 6, images: int = 2) -> tuple[int, dict[str, float]]:
    """Return tokens, and the operations of each part of the model, of one conversation.

    Args:
        name: A member of ``SIZES``.
        tiles: Most tiles of an image, its thumbnail not counted.
        images: How many there are, 1296x968 each.
    """
    with tempfile.TemporaryDirectory() as folder:
        checkpoint = write_checkpoint(SIZES[name], Path(folder), [])
        family = load_family(checkpoint)
        base = make_base(checkpoint, "bfloat16", "meta", "sdpa")
    cost = Cost.of(Bare(base), family.parts.vision)
    plans = family.plan([(HEIGHT, WIDTH)] * images, ImageBudget(tiles, tiles * images))
    tokens = TEXT_TOKENS + sum(plan.tokens for plan in plans)
    patches = sum(plan.patches for plan in plans)
    labels = torch.full((1, tokens), IGNORED)
    labels[:, -LABELS:] = 0
    batch = MicroBatch(
        step=0,
        last=True,
        inputs={
            "attention_mask": torch.ones(1, tokens, dtype=torch.long),
            "pixel_values": torch.empty(patches, 3 * cost.patch**2, device="meta"),
        },
        labels=labels,
        ids=("0",),
        tasks=("pair",),
        tokens=tokens,
    )
    parts = {
        "layers": 4.0 * cost.llm * tokens,
        "attention": 6.0 * cost.width * tokens**2,
        "head": 4.0 * cost.head * LABELS,
        "tower": 2.0 * cost.vision * patches,
    }
    total = cost.flops(batch)
    if abs(sum(parts.values()) - total) > 1e-6 * total:
        raise AssertionError(f"the parts sum to {sum(parts.values()):.4g}, but a step costs {total:.4g}")
    return tokens, parts


def cost_page(name: str, tiles: int) -> str:
    """Return the formula, and a table of conversations per second and of hours, as text."""
    tokens, parts = flops_per_conversation(name, tiles=tiles)
    total = sum(parts.values())
    told = ", ".join(f"{part} {value / 1e12:.1f}" for part, value in parts.items())
    lines = [
        f"{SIZES[name].name}, two images of {WIDTH}x{HEIGHT} at {tiles} tiles and their thumbnails:",
        f"{tokens:,} tokens, {LABELS} of them labels",
        "operations = 4 x weights of the layers x tokens + 6 x layers x width x tokens^2"
        " + 4 x weights of the head x label tokens + 2 x weights of tower and projector x patches",
        f"           = {total / 1e12:.1f} T per conversation ({told})",
        "conversations per second = devices x peak x utilisation / operations",
        "what is computed twice to save memory is no work: so a step that does it stays below two thirds",
        "",
        f"{'machine':12} {'peak':>12}" + "".join(f"{share:>18.0%}" for share in SHARES),
    ]
    for machine, devices, peak in MACHINES:
        rates = [devices * peak * 1e12 * share / total for share in SHARES]
        cells = "".join(f"{f'{rate:.1f}/s, {PAPER_SAMPLES / rate / 3600:.0f} h':>18}" for rate in rates)
        lines.append(f"{machine:12} {devices * peak:>6,.0f} TFLOP/s{cells}")
    rate = PAPER_SAMPLES / PAPER_HOURS / 3600
    share = rate * total / (192 * 125e12)
    lines += [
        "",
        f"hours are those of {PAPER_SAMPLES / 1e6:.2f} M conversations, one epoch of the paper",
        f"its {PAPER_HOURS:.0f} hours on 24 x 8 V100 are {rate:.0f}/s: {share:.0%} of their peak",
    ]
    return "\n".join(lines)
