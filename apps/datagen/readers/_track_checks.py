"""Do a clip's tracks, camera matrix and poses belong together? Measures on plain arrays."""

import numpy as np

from spatialgeom.apps.errors import InputError

_QUERY_PX = 5.0  # farther off, a camera matrix or the tracks belong to other images
_PATH_M, _TURN_DEG = 0.05, 5.0  # a camera that moves less tells nothing of its poses
_NOISE_M = 0.001
_SHIFT_RATIO = 3.0  # how much stiller points are where a shift of the poses by one frame is taken back


def to_world(points: np.ndarray, world_from_camera: np.ndarray) -> np.ndarray:
    """Return tracks in the world from tracks in camera axes; frames without a pose are NaN."""
    with np.errstate(all="ignore"):
        rotation, centre = world_from_camera[:, :3, :3], world_from_camera[:, None, :3, 3]
        return points @ rotation.swapaxes(1, 2) + centre


def project(points: np.ndarray, intrinsics: np.ndarray) -> np.ndarray:
    """Return pixels (..., 2) of points in camera axes; NaN or infinite where they have none."""
    focal, centre = intrinsics[[0, 1], [0, 1]], intrinsics[:2, 2]
    with np.errstate(all="ignore"):
        return focal * points[..., :2] / points[..., 2:] + centre


def static_residual(tracks: np.ndarray, visible: np.ndarray) -> float:
    """Return how far the stiller points move from frame to frame, metres.

    Of each point the median step over consecutive frames in which it is visible, of those the lower quartile
    over points: in world axes next to nothing for most clips, if the poses are true.

    Args:
        tracks: (T, N, 3) in any axes, metres.
        visible: (T, N) bool.

    Returns:
        The lower quartile, NaN where no point is visible in two consecutive frames.
    """
    with np.errstate(all="ignore"):
        steps = np.linalg.norm(np.diff(tracks, axis=0), axis=-1)
    joint = visible[1:] & visible[:-1] & np.isfinite(steps)
    seen = joint.any(axis=0)
    if not seen.any():
        return float("nan")
    medians = np.nanmedian(np.where(joint, steps, np.nan)[:, seen], axis=0)
    return float(np.percentile(medians, 25))


def check_poses(clip: str, points: np.ndarray, visible: np.ndarray, world_from_camera: np.ndarray) -> None:
    """Refuse poses under which points that ought to be still move.

    Args:
        clip: Its name, for the message.
        points: (T, N, 3) in camera axes, metres.
        visible: (T, N) bool.
        world_from_camera: (T, 4, 4), NaN where a frame has no pose.

    Raises:
        InputError: Points move as much in the world as in camera axes although the camera moves, or they
            are far stiller with the poses of the frames before or after.
    """
    if not _camera_moves(world_from_camera):
        return
    still = static_residual(to_world(points, world_from_camera), visible)
    seen = static_residual(points, visible)
    if still >= seen:
        raise InputError(
            f"{clip}: tracked points move {still * 100:.2g} cm a frame with extrinsics_w2c and "
            f"{seen * 100:.2g} cm without, so it is inverted or wrong; it must map world to camera"
        )
    if still <= _NOISE_M:
        return
    for shift, which in ((1, "before"), (-1, "after")):
        poses = np.full_like(world_from_camera, np.nan)
        here, there = (slice(1, None), slice(None, -1))[::shift]
        poses[here] = world_from_camera[there]
        shifted = static_residual(to_world(points, poses), visible)
        if still > _SHIFT_RATIO * shifted:
            raise InputError(
                f"{clip}: extrinsics_w2c is shifted in time: tracked points move {still * 100:.2g} cm a "
                f"frame, and {shifted * 100:.2g} cm with the pose of the frame {which}; "
                "make the clip again with the poses of its own frames"
            )


def _camera_moves(world_from_camera: np.ndarray) -> bool:
    poses = world_from_camera[np.isfinite(world_from_camera).all(axis=(1, 2))]
    if len(poses) < 2:
        return False
    path = float(np.linalg.norm(np.diff(poses[:, :3, 3], axis=0), axis=-1).sum())
    cosine = (np.einsum("ij,tij->t", poses[0, :3, :3], poses[:, :3, :3]) - 1) / 2
    turn = float(np.degrees(np.arccos(np.clip(cosine, -1, 1))).max())
    return path > _PATH_M or turn > _TURN_DEG


def query_errors(
    points: np.ndarray, visible: np.ndarray, intrinsics: np.ndarray, queries_xyt: np.ndarray
) -> tuple[float, float]:
    """Return how far the queries are from their tracks' projections, median pixels.

    Args:
        points: (T, N, 3) in camera axes, metres.
        visible: (T, N) bool; only queries that are visible in their own frame count.
        intrinsics: (3, 3) as the file has it.
        queries_xyt: (N, 3) pixel and frame of each track's query.

    Returns:
        The error with the principal point as it is, and with half a pixel less; NaN where no query tells.
    """
    frame, track = queries_xyt[:, 2], np.arange(len(queries_xyt))
    known = np.isfinite(queries_xyt).all(axis=1) & (frame >= 0) & (frame < len(points))
    frame = np.where(known, frame, 0).astype(int)
    known &= visible[frame, track]
    if not known.any():
        return float("nan"), float("nan")
    off = (project(points[frame, track], intrinsics) - queries_xyt[:, :2])[known]
    with np.errstate(all="ignore"):
        raw, half = (float(np.median(np.linalg.norm(off - less, axis=1))) for less in (0.0, 0.5))
    return raw, half


def check_queries(clip: str, errors: tuple[float, float]) -> None:
    """Refuse tracks that do not project to where their queries are.

    Raises:
        InputError: Both medians exceed 5 pixels.
    """
    if min(errors) > _QUERY_PX:
        raise InputError(
            f"{clip}: tracks project {min(errors):.3g} px (median) away from queries_xyt; camera matrix or "
            "tracks do not belong to the images"
        )


def first_centre(intrinsics: np.ndarray, size: tuple[int, int] | None, errors: tuple[float, float]) -> float:
    """Return where the file's pixel coordinates have the centre of the first pixel: 0 or 0.5.

    The clips' own convention is 0.5 (256 is the middle of 512 pixels). A principal point in the middle of the
    pixels' centres (399.5 of 800) tells the other one, unless the queries, as pixels, contradict.
    """
    raw, half = errors
    if size is None or half < raw:
        return 0.5
    height, width = size
    middle = np.array([(width - 1) / 2, (height - 1) / 2])
    return 0.0 if np.abs(intrinsics[:2, 2] - middle).max() < 0.01 else 0.5
