"""What the processes of test_resume.py and test_processes.py do; each function is started by its name."""

import os
import shutil
import signal
from pathlib import Path

import accelerate
import safetensors.torch
from accelerate.utils import DistributedType, FullyShardedDataParallelPlugin

from spatialgeom.apps.train import checkpoint, loop, run
from spatialgeom.apps.train.report import Report


def straight(config):
    run.train(config)


def stopped(config, step, mark):
    """Train until a step is told of, say so, and wait for the end."""
    tell = Report.step

    def told(self, done, metrics):
        tell(self, done, metrics)
        if done == step:
            Path(mark).touch()
            signal.pause()

    Report.step = told
    run.train(config)


def killed_in_a_file(config, name):
    """Die when half of the next checkpoint's file of this name is written."""
    write = safetensors.torch.save_file

    def half(tensors, path):
        write(tensors, path)
        if path.name == name:
            os.truncate(path, path.stat().st_size // 2)
            os.kill(os.getpid(), signal.SIGKILL)

    safetensors.torch.save_file = half
    run.train(config)


def killed_before_renaming(config):
    """Die when the next checkpoint is whole, but not yet in its place."""
    Path.rename = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
    run.train(config)


def killed_while_pruning(config):
    """Die when a file of a checkpoint that is removed is gone, and the others are not."""
    remove = shutil.rmtree

    def some(path, *arguments, **options):
        if Path(path).is_dir():
            (Path(path) / "adapter_model.safetensors").unlink()
            os.kill(os.getpid(), signal.SIGKILL)
        remove(path, *arguments, **options)

    checkpoint.shutil.rmtree = some
    run.train(config)


def keeping_adapters(config):
    """Train, and write what each process holds at the end."""

    class Kept(loop.Loop):
        def run(self, batches):
            state = super().run(batches)
            held = checkpoint.trained_tensors(self.vlm)
            safetensors.torch.save_file(held, f"{config.out}-{self.accelerator.process_index}.safetensors")
            return state

    run.Loop = Kept
    run.train(config)


def sharded(call, *arguments, reshard=True):
    """Do something where accelerate shards as it does on GPUs: on CPUs it ignores that it was asked to."""
    accelerator_of = accelerate.Accelerator

    def spread(**options):
        made = accelerator_of(**options)
        plugin = FullyShardedDataParallelPlugin(
            fsdp_version=2, auto_wrap_policy="transformer_based_wrap", reshard_after_forward=reshard
        )
        plugin.cpu_ram_efficient_loading = False
        if made.mixed_precision != "no":
            plugin.set_mixed_precision(made.mixed_precision)
        made.state.fsdp_plugin = plugin
        made.state.distributed_type = DistributedType.FSDP
        return made

    accelerate.Accelerator = spread
    globals()[call](*arguments)


def sharded_until_the_end(call, *arguments):
    """Do it where whole weights stay in each process after they were needed."""
    sharded(call, *arguments, reshard=False)
