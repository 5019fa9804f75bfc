"""A training run, put together: data, model, loop."""

import importlib.util
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from PIL import Image
from torch import Tensor

from spatialgeom.apps.errors import InputError, UsageError
from spatialgeom.apps.provenance import versions
from spatialgeom.apps.train.checkpoint import RunState, checkpoints, load_adapter, load_optimizer
from spatialgeom.apps.train.config import TrainConfig
from spatialgeom.apps.train.data.loader import worker_fault
from spatialgeom.apps.train.evaluate import Evaluator
from spatialgeom.apps.train.families import Family, ImageBudget
from spatialgeom.apps.train.folder import claim
from spatialgeom.apps.train.inputs import image_budget, load_inputs
from spatialgeom.apps.train.loop import Loop, adamw
from spatialgeom.apps.train.loss import ModelWithLoss
from spatialgeom.apps.train.meter import Cost, Meter
from spatialgeom.apps.train.model import add_adapters, freeze_vision, load_model, save_memory
from spatialgeom.apps.train.packing import check_packing
from spatialgeom.apps.train.report import Report


def train(config: TrainConfig) -> RunState:
    """Train, or go on with an interrupted run, and return where it ended.

    Raises:
        UsageError: The configuration contradicts itself, or the folder is another run's.
        InputError: Data, model or machine cannot do what is asked.
    """
    accelerator = make_accelerator(config)
    _hush()
    with accelerator.local_main_process_first():
        inputs = load_inputs(config, tells=accelerator.is_main_process)
    out = Path(config.out)
    with accelerator.main_process_first():
        about = {"versions": versions("transformers", "peft", "accelerate")}
        state = claim(out, inputs.identity, about, writes=accelerator.is_main_process)
    _check_same(accelerator, out, state)
    state = replace(state, unusable=inputs.unusable())
    steps = inputs.plan.steps
    report = Report(accelerator, out, steps=steps, done=state.step, quiet=config.quiet)
    if state.step >= steps:
        report.say(f"{out} is done: {steps} steps")
        report.close()
        return state
    report.say(inputs.summary(accelerator.num_processes))
    last = checkpoints(out)[-1] if state.step else None
    vlm = make_model(config, inputs.family, accelerator.device, last, sharded=accelerator.is_fsdp2)
    blank = blank_image(config, inputs.family, accelerator.device) if accelerator.is_fsdp2 else None
    model, optimizer = accelerator.prepare(ModelWithLoss(vlm, blank), adamw(vlm, config.optimizer))
    if config.data.packing:
        check_packing(model, vlm, accelerator.device)
    if last is not None:
        load_optimizer(last, vlm, optimizer)
        report.say(f"going on after step {state.step}")
    _start_trackers(accelerator, config, state.step)
    rank, world = accelerator.process_index, accelerator.num_processes
    held_out = inputs.evaluation_batches(rank, world)
    loop = Loop(
        accelerator=accelerator,
        model=model,
        vlm=vlm,
        optimizer=optimizer,
        config=config,
        sizes=[inputs.plan.size(step) for step in range(steps)],
        state=state,
        report=report,
        meter=Meter(Cost.of(vlm, inputs.family.parts.vision), accelerator.device, world),
        evaluate=Evaluator(accelerator, model, held_out, report) if held_out is not None else None,
    )
    failed = True
    try:
        state = loop.run(inputs.batches(rank, world, start=state.step))
        failed = False
    except RuntimeError as fault:  # torch tells of a worker's end wherever the main thread is
        raise worker_fault(fault) from None
    finally:
        report.close(failed=failed)
    return state


def make_accelerator(config: TrainConfig) -> Any:
    """Return accelerate's view of this process among the others.

    Raises:
        InputError: Processes were started that do not know of one another.
    """
    if config.tracker != "none" and importlib.util.find_spec(config.tracker) is None:
        raise UsageError(
            f"tracker {config.tracker} needs the package {config.tracker}; install it, or take none"
        )
    from accelerate import Accelerator
    from accelerate.utils import DistributedDataParallelKwargs

    accelerator = Accelerator(
        mixed_precision="bf16" if config.model.dtype == "bfloat16" else "no",
        log_with=None if config.tracker == "none" else config.tracker,
        project_dir=config.out,
        kwargs_handlers=[DistributedDataParallelKwargs(gradient_as_bucket_view=True)],
    )
    started = int(os.environ.get("WORLD_SIZE", "1"))
    if accelerator.num_processes != started:
        raise InputError(
            f"{started} processes must train together, but accelerate sees {accelerator.num_processes}; "
            "on CPUs start them with ACCELERATE_USE_CPU=true torchrun --nproc_per_node N "
            "-m spatialgeom.apps.train"
        )
    if accelerator.is_fsdp2:
        from torch.distributed.fsdp import MixedPrecisionPolicy

        # accelerate would also round losses, and sums of gradients, to the type of the weights
        accelerator.state.fsdp_plugin.mixed_precision_policy = MixedPrecisionPolicy(
            param_dtype=getattr(torch, config.model.dtype), reduce_dtype=torch.float32
        )
    return accelerator


def _check_same(accelerator: Any, out: Path, state: RunState) -> None:
    """Refuse processes that are not at one place of one run, as where a node lacks the shared folder."""
    from accelerate.utils import gather_object

    if len({(each.step, each.fingerprint) for each in gather_object([state])}) > 1:
        raise InputError(
            f"all processes must see one folder {out} and the same sources, but some do not; "
            "put them where every node sees them"
        )


def make_model(
    config: TrainConfig,
    family: Family,
    device: torch.device,
    checkpoint: Path | None = None,
    *,
    sharded: bool = False,
) -> Any:
    """Return the pretrained model, ready to be trained."""
    return adapt(load_model(config.model, device, sharded=sharded), config, family, checkpoint)


def adapt(model: Any, config: TrainConfig, family: Family, checkpoint: Path | None = None) -> Any:
    """Return a model with its adapters, those of a checkpoint or new ones, the same in every process."""
    family.configure(model.config, image_budget(config))
    torch.manual_seed(config.seed)
    vlm = add_adapters(model, config.lora, config.model.revision)
    if checkpoint is not None:
        load_adapter(checkpoint, vlm)
    freeze_vision(vlm, family.parts.vision)
    if config.model.gradient_checkpointing:
        save_memory(vlm)
    return vlm


def blank_image(config: TrainConfig, family: Family, device: torch.device) -> dict[str, Tensor]:
    """Return the image inputs of one small black picture."""
    side = 32
    plans = family.plan([(side, side)], ImageBudget(1, 1))
    inputs = family.join([family.pixels([Image.new("RGB", (side, side))], plans)])
    dtype = getattr(torch, config.model.dtype)
    return {
        name: value.to(device, dtype if value.is_floating_point() else None) for name, value in inputs.items()
    }


def _hush() -> None:
    """Leave progress to this program: transformers' bars and notices would be one per process."""
    from transformers.utils import logging

    logging.set_verbosity_error()  # type: ignore[no-untyped-call]
    logging.disable_progress_bar()  # type: ignore[no-untyped-call]


def _start_trackers(accelerator: Any, config: TrainConfig, done: int) -> None:
    if config.tracker != "none":
        options = {"tensorboard": {"purge_step": done + 1}} if config.tracker == "tensorboard" else {}
        accelerator.init_trackers(config.tracker, init_kwargs=options)
