"""``spatialgeom train``: train, or go on with an interrupted run."""

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING

from spatialgeom.apps.train.commands._parser import config_parser, read_config

if TYPE_CHECKING:
    from spatialgeom.apps.train.checkpoint import RunState

_EXAMPLES = """examples:
  spatialgeom train --model.path InternVL3-2B-hf --data.sources '[rooms]' --out run
  accelerate launch --config_file configs/accelerate/ddp.yaml -m spatialgeom.apps.train --config my.yaml
  torchrun --nproc_per_node 8 -m spatialgeom.apps.train --config my.yaml --optimizer.lr 2e-5
  spatialgeom train check --config my.yaml --out run  lengths, batches and padding, before a run
  spatialgeom train merge run --out merged            one plain checkpoint of base and adapter

The same command on the same folder goes on after an interruption, on any number of processes. Exit codes:
0 all done; 3 done, but conversations were dropped, as the last line says; 1 stopped; 2 usage. Of several
processes each exits 0 when done: launchers take anything else for a failure.
"""


def main(arguments: Sequence[str]) -> int:
    """Train."""
    parser = config_parser("train", "Fine-tune a vision-language model with LoRA.", _EXAMPLES)
    config, _ = read_config(parser, arguments)

    from spatialgeom.apps.cli import DONE, SKIPPED
    from spatialgeom.apps.train.run import train

    state = train(config)
    if int(os.environ.get("RANK", "0")) == 0:
        print(_summary(state, config.out))
    alone = int(os.environ.get("WORLD_SIZE", "1")) == 1
    return SKIPPED if alone and (state.dropped or state.unusable) else DONE


def _summary(state: "RunState", out: str) -> str:
    reasons = sorted({**state.unusable, **state.dropped}.items())
    lost = ", ".join(f"{reason}: {count:,}" for reason, count in reasons)
    told = f"; dropped ({lost})" if lost else ""
    return (
        f"{state.step:,} steps, {state.seen:,} conversations{told} -> {out}\n"
        f"next: spatialgeom train merge {out} --out MERGED"
    )
