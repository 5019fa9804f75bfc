"""Scenes in foreign layouts that the tests of several files read or damage."""

import shutil
import tracemalloc
from contextlib import contextmanager

import pytest

from spatialgeom.apps.datagen.readers import arkitscenes, tum_rgbd
from spatialgeom.apps.datagen.synthetic import build_room
from spatialgeom.apps.datagen.testing.arkitscenes import (
    VIDEO,
    annotation,
    write_annotation,
    write_arkitscenes,
)
from spatialgeom.apps.datagen.testing.scannet import EXPORTS, record, write_small_scan
from spatialgeom.apps.datagen.testing.tapvid3d import render_clip
from spatialgeom.apps.datagen.testing.tum_rgbd import write_tum_rgbd
from spatialgeom.apps.datagen.testing.views import FRAMES, room_views
from spatialgeom.apps.errors import InputError

BREATHING = 0.05  # of the focal length, to either side


@pytest.fixture
def little_memory():
    """Limit what Python allocates inside a block."""

    @contextmanager
    def limited(limit=48 << 20):
        tracemalloc.start()
        try:
            yield
            assert tracemalloc.get_traced_memory()[1] < limit
        finally:
            tracemalloc.stop()

    return limited


@pytest.fixture(scope="session")
def arkit_room():
    return build_room(0, 0)


@pytest.fixture(scope="session")
def arkit_views(arkit_room):
    return room_views(arkit_room, FRAMES, (96, 128), breathing=BREATHING)


@pytest.fixture(scope="session")
def arkit_whole(arkit_room, arkit_views, tmp_path_factory):
    """A sound video of the 3dod part."""
    video = tmp_path_factory.mktemp("arkit") / "3dod" / "Training" / VIDEO
    write_arkitscenes(video, arkit_views)
    write_annotation(video, annotation(arkit_room))
    return video


@pytest.fixture(scope="session")
def arkit_large(arkit_room):
    """The same views in larger images."""
    return room_views(arkit_room, FRAMES, (192, 256), breathing=BREATHING)


@pytest.fixture(scope="session")
def arkit_raw(arkit_room, arkit_views, arkit_large, tmp_path_factory):
    """A sound video of the raw part, with larger images."""
    video = tmp_path_factory.mktemp("arkit") / "raw" / "Validation" / VIDEO
    write_arkitscenes(video, arkit_views, "raw", arkit_large)
    write_annotation(video, annotation(arkit_room))
    return video


@pytest.fixture
def arkit_video(arkit_whole, tmp_path):
    """A sound video to damage."""
    return shutil.copytree(arkit_whole, tmp_path / VIDEO)


@pytest.fixture
def load_arkit(tmp_path):
    def run(path, **options):
        (handle,) = arkitscenes.READER.scenes(path, arkitscenes.ArkitscenesOptions(**options))
        return arkitscenes.READER.load(handle, tmp_path)

    return run


@pytest.fixture(scope="session")
def tum_views():
    return room_views(build_room(0, 0), FRAMES, (144, 192))


@pytest.fixture(scope="session")
def tum_whole(tum_views, tmp_path_factory):
    """A sound sequence whose name tells no camera."""
    folder = tmp_path_factory.mktemp("tum") / "rgbd_dataset_made_up"
    write_tum_rgbd(folder, tum_views)
    return folder


@pytest.fixture
def tum_folder(tum_whole, tmp_path):
    """A sound sequence to damage."""
    return shutil.copytree(tum_whole, tmp_path / tum_whole.name)


@pytest.fixture
def tum_options(tum_views):
    def build(**more):
        matrix = tum_views[0].matrix[[0, 1, 0, 1], [0, 1, 2, 2]].tolist()
        return tum_rgbd.TumRgbdOptions(**{"intrinsics": matrix, **more})

    return build


@pytest.fixture
def load_tum(tum_options, tmp_path):
    def run(folder, **more):
        (handle,) = tum_rgbd.READER.scenes(folder, tum_options(**more))
        return tum_rgbd.READER.load(handle, tmp_path)

    return run


@pytest.fixture(scope="session")
def clip():
    return render_clip()


@pytest.fixture(scope="session")
def still():
    """A clip whose camera stands still."""
    return render_clip(moving_camera=False)


@pytest.fixture
def refused(little_memory):
    """Require one sentence that says ``said`` of a call, with little memory."""

    def require(call, *arguments, said=""):
        with little_memory(), pytest.raises(InputError) as fault:
            call(*arguments)
        assert said in str(fault.value)
        assert len(str(fault.value)) < 1500
        assert "\n" not in str(fault.value)

    return require


@pytest.fixture(scope="session")
def scannet_recording():
    return record(40)


@pytest.fixture(scope="session")
def scannet_short(scannet_recording):
    return scannet_recording.first(4)


@pytest.fixture(scope="session")
def scannet_exports(tmp_path_factory, scannet_short):
    """Four frames in each layout; do not damage them."""
    root = tmp_path_factory.mktemp("exports")
    for layout, write in EXPORTS.items():
        write(root / layout, scannet_short)
    return root


@pytest.fixture(params=EXPORTS)
def export_layout(request):
    return request.param


@pytest.fixture
def scannet_export(tmp_path, export_layout, scannet_exports):
    """Four frames in a layout, without the scan's other files, to damage."""
    return shutil.copytree(
        scannet_exports / export_layout, tmp_path / "scene0007_01", copy_function=shutil.copyfile
    )


@pytest.fixture
def small_scan(tmp_path):
    """A scan's mesh and objects without frames, to damage."""
    write_small_scan(tmp_path)
    return tmp_path


@pytest.fixture
def sens_path(tmp_path):
    """Where a scan's file would lie in a download; nothing is written there."""
    folder = tmp_path / "scans" / "scene0011_01"
    folder.mkdir(parents=True)
    return folder / f"{folder.name}.sens"
