"""``spatialgeom info``: what runs here, and why something does not."""

import argparse
from collections.abc import Sequence

import torch

import spatialgeom
from spatialgeom.apps.provenance import versions


def main(arguments: Sequence[str]) -> int:
    """Print versions, devices and backends."""
    argparse.ArgumentParser(prog="spatialgeom info", description=__doc__).parse_args(arguments)
    print("\n".join(report()))
    return 0


def report() -> list[str]:
    """Return the lines."""
    lines = [f"{name} {found}" for name, found in versions().items()]
    devices = ["cpu"] + [f"cuda:{k}" for k in range(torch.cuda.device_count())]
    lines.append(
        f"devices: {', '.join(devices)}" + ("" if len(devices) > 1 else " (torch sees no CUDA device)")
    )
    for device in dict.fromkeys(name.partition(":")[0] for name in devices):
        for backend in spatialgeom.BACKENDS:
            reason = spatialgeom.why_unavailable(backend, device)
            lines.append(
                f"backend {backend} on {device}: {'runs' if reason is None else f'does not run: {reason}'}"
            )
    return lines
