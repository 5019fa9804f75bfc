"""Checks of decoded depth: files, readings, range, and whether frames agree with one another."""

from collections.abc import Iterator

import numpy as np

from spatialgeom.apps.datagen.doctor.agreement import POSES, Change, agreement
from spatialgeom.apps.datagen.doctor.findings import Finding
from spatialgeom.apps.datagen.doctor.sample import Sample
from spatialgeom.apps.datagen.doctor.words import count, length

_REFUSED_M = (0.05, 100.0)  # median depth beyond which a run refuses a scene
_USUAL_M = (0.3, 10.0)
_FEW_READINGS = 0.3
_ONE_VALUE = 0.2  # of the readings, of all images, that one value may be
_AGREE_WELL, _AGREE_BADLY = 0.9, 0.4
_BETTER_BY, _BETTER_TIMES = 0.15, 1.3
_SCALES = (0.001, 0.01, 0.1, 0.2, 0.25, 0.5, 2.0, 4.0, 5.0, 10.0, 100.0, 1000.0)
_FOCALS = (0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 1.1, 1.15, 1.2, 1.3, 1.5, 2.0)
_NO_PARALLAX = 0.1  # by which agreement must fall with depth ten times as large


def check_depth(sample: Sample) -> Iterator[Finding]:
    """Judge the sampled depth images."""
    yield _files(sample)
    if not len(sample.frames):
        return
    read = sample.read
    if not read.any():
        yield Finding("depth_readings", "error", "no sampled depth image has a reading", {"share": 0.0})
        return
    yield _readings(sample, read)
    yield _range(sample, read)
    if len(sample.pairs):
        yield _consistency(sample)


def _files(sample: Sample) -> Finding:
    found = f"{len(sample.frames)} of {sample.asked} sampled depth images decode"
    reasons = "; ".join(f"{lost} x {reason}" for reason, lost in sample.faults.items())
    level = "error" if not len(sample.frames) else "warning" if sample.faults else "ok"
    figures = {"decoded": len(sample.frames), "sampled": sample.asked, "faults": sample.faults}
    return Finding("depth_files", level, found + (f" ({reasons})" if reasons else ""), figures)  # type: ignore[arg-type]


def _readings(sample: Sample, read: np.ndarray) -> Finding:
    values, counts = np.unique(sample.depth[read], return_counts=True)
    top = int(np.argmax(counts))
    one, share = float(counts[top] / counts.sum()), float(read.mean())
    empty = int((~read.any(axis=(1, 2))).sum())
    figures = {"share": share, "empty_frames": empty, "usual_value": int(values[top]), "usual_share": one}
    if one > _ONE_VALUE:
        found = f"{one:.0%} of the readings are the one value {values[top]}: it may stand for no reading"
    elif share < _FEW_READINGS or empty:
        found = f"{share:.0%} of the pixels have a reading; {empty} sampled images have none"
    else:
        return Finding("depth_readings", "ok", f"{share:.0%} of the pixels have a reading", figures)
    return Finding("depth_readings", "warning", found, figures)


def _range(sample: Sample, read: np.ndarray) -> Finding:
    low, median, high = np.percentile(sample.depth[read], (5, 50, 95)) * sample.scene.depth_scale
    found = f"median depth {length(median)}, 5 to 95 % from {length(low)} to {length(high)}"
    usual = _USUAL_M[0] <= median <= _USUAL_M[1]
    refused = not _REFUSED_M[0] <= median <= _REFUSED_M[1]
    level = "error" if refused else "ok" if usual else "warning"
    figures = {"median_m": float(median), "low_m": float(low), "high_m": float(high)}
    return Finding("depth_range", level, found, figures)  # type: ignore[arg-type]


def _consistency(sample: Sample) -> Finding:
    given = agreement(sample, Change())
    told = given - agreement(sample, Change(scale=10.0)) > _NO_PARALLAX
    figures: dict[str, object] = {"agree": given, "pairs": len(sample.pairs), "scale_told": told}
    found = f"{given:.0%} of readings agree within 3 % between {count(len(sample.pairs), 'pair')} of frames"
    if given >= _AGREE_WELL:
        note = "" if told else "; the camera moves too little between them to tell scale and focal length"
        return Finding("depth_consistency", "ok", found + note, figures)
    change, best = _best(sample)
    figures |= {"best": best, "poses": change.poses, "scale": change.scale, "focal": change.focal}
    if best >= max(given + _BETTER_BY, _BETTER_TIMES * given):
        found += f", and {best:.0%} {_in_words(change)}"
    elif given >= _AGREE_BADLY:
        return Finding("depth_consistency", "ok", found, figures)
    else:
        found += "; no simple change of poses, scale or focal length makes it better"
    return Finding("depth_consistency", "warning", found, figures)


def _best(sample: Sample) -> tuple[Change, float]:
    """Return the change of poses, scale or focal length under which frames agree most."""
    single = [Change(poses) for poses in POSES[1:]]
    single += [Change(scale=scale) for scale in _SCALES]
    single += [Change(focal=focal) for focal in _FOCALS]
    scored = [(agreement(sample, change), change) for change in single]
    best, change = max(scored, key=lambda pair: pair[0])
    if best < _AGREE_BADLY:
        both = [Change(poses, scale) for poses in POSES[1:] for scale in (0.001, 0.2, 5.0, 1000.0)]
        scored += [(agreement(sample, change), change) for change in both]
        best, change = max(scored, key=lambda pair: pair[0])
    return change, best


def _in_words(change: Change) -> str:
    words = {
        "given": "",
        "inverse": "with inverted poses: they may map world to camera",
        "opengl": "with y and z of the camera axes reversed: they may be OpenGL's",
        "opengl inverse": "with inverted poses of reversed y and z: they may be OpenGL's, world to camera",
        "transposed": "with transposed rotations: matrices may be by columns",
    }
    said = [words[change.poses]] if words[change.poses] else []
    if change.scale != 1:
        said.append(
            f"with depth times {change.scale:g}: depth scale or the unit of the poses may be off by that"
        )
    if change.focal != 1:
        said.append(f"with the depth camera's focal length times {change.focal:g}: it may be wrong")
    return " and ".join(said)
