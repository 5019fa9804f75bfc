"""The scene pass: decoding ahead, copies to a device, and the same geometry whatever way depth maps take."""

import os
import time
import tracemalloc
from concurrent.futures import Future
from concurrent.futures.process import BrokenProcessPool
from dataclasses import replace
from functools import partial

import kornia_rs.io
import numpy as np
import pytest
import torch

import spatialgeom as sg
from spatialgeom.apps.datagen import cache, config, decoding, device_pass, engine, jobs, scene_pass
from spatialgeom.apps.datagen.decoding import Decoders
from spatialgeom.apps.datagen.geometry import compute_geometry, derive
from spatialgeom.apps.datagen.readers import rgbd_folder
from spatialgeom.apps.datagen.readers._frames import read_depth_png
from spatialgeom.apps.datagen.rules import DEFAULT, PAPER
from spatialgeom.apps.datagen.scene_pass import ScenePass
from spatialgeom.apps.datagen.upload import Uploader
from spatialgeom.apps.errors import InputError
from spatialgeom.apps.progress import Progress

QUIET = Progress(quiet=True)
POISON = 0xDEAD


class HostCopies:
    """A device on the host; it notices memory that changes while a copy from it may still run."""

    free = 1 << 40

    def __init__(self, memory):
        self.memory = memory
        self.copied, self.closed = 0, False

    def free_bytes(self):
        return self.free

    def empty(self, shape):
        return torch.full(shape, POISON, dtype=torch.int32).to(torch.uint16)

    def mark(self):
        return object()

    def start(self, source, target, after):
        assert after is not None
        assert np.may_share_memory(source, self.memory)
        target.copy_(torch.from_numpy(source))
        self.copied += 1
        return source, source.copy()

    def wait(self, event):
        source, then = event
        assert np.array_equal(source, then), "given back before it was copied"

    def close(self):
        self.closed = True


@pytest.fixture(scope="module")
def scene(whole_folder, tmp_path_factory):
    options = rgbd_folder.RgbdFolderOptions(up=[0.0, 0.0, 1.0], colour_from_depth=[0.02, 0.0, 0.0])
    (handle,) = rgbd_folder.READER.scenes(whole_folder.path, options)
    loaded = rgbd_folder.READER.load(handle, tmp_path_factory.mktemp("unused"))
    maps = np.stack([loaded.depth(i) for i in range(len(loaded.frames))])
    return replace(loaded, depth=maps.__getitem__)  # it travels to other processes


@pytest.fixture(scope="module")
def maps(scene):
    return np.stack([scene.depth(i) for i in range(len(scene.frames))])


@pytest.fixture(scope="module")
def geometry(scene):
    return compute_geometry(scene, DEFAULT, "key", QUIET, "cpu")


@pytest.fixture
def small_blocks(monkeypatch):
    monkeypatch.setattr(decoding, "_MOST_FRAMES", 5)


def arrays(geometry):
    return {name: value for name, value in vars(geometry).items() if isinstance(value, np.ndarray)}


def assert_same(actual, expected):
    assert actual.frames == expected.frames
    assert actual.dropped == expected.dropped
    for name, value in arrays(expected).items():
        assert np.array_equal(getattr(actual, name), value), name
        assert getattr(actual, name).dtype == value.dtype


def numbered_files(folder, maps, without=()):
    """Write maps to files named 0, 1, ...; one that is left out cannot be decoded."""
    for frame, depth in enumerate(maps):
        if frame not in without:
            kornia_rs.io.write_image_png_u16(
                str(folder / "x.png"), np.ascontiguousarray(depth[..., None]), "mono"
            )
            (folder / "x.png").rename(folder / str(frame))


@pytest.mark.parametrize("processes", [False, True])
def test_blocks_are_whole_in_order_and_keep_until_released(scene, maps, small_blocks, processes):
    held, seen = [], 0
    with Decoders(3, processes) as decoders:
        for _ in range(2):  # the ring does not begin anew with a scene
            for block in decoders.submit(scene):
                assert block.first == seen % 48
                assert len(block.depth) == min(5, 48 - block.first)
                held.append(block)
                seen += len(block.depth)
                if len(held) > 2:
                    time.sleep(0.002)  # decoders go on if anything lets them
                    for old in held:
                        assert np.array_equal(old.depth, maps[old.first : old.first + len(old.depth)])
                    held[0].depth[:] = POISON
                    held.pop(0).release()
            while held:
                held.pop().release()
    assert seen == 96


def test_the_next_scene_is_decoded_while_one_is_used(scene, maps, small_blocks):
    called = []
    counted = replace(scene, depth=lambda i: called.append(i) or maps[i])
    with Decoders(2, processes=False) as decoders:
        first, second = decoders.submit(scene), decoders.submit(counted)
        with pytest.raises(RuntimeError, match="in the order"):
            next(second)
        second = None
        for block in first:
            block.release()
        for _ in range(500):
            if len(called) == 20:
                break
            time.sleep(0.01)
    assert sorted(called) == list(range(20))  # four blocks of five, and no more


@pytest.mark.parametrize("processes", [False, True])
def test_frames_that_do_not_decode_are_named(scene, maps, small_blocks, processes, tmp_path, monkeypatch):
    numbered_files(tmp_path, maps, without=(0, 7, 8, 47))
    monkeypatch.chdir(tmp_path)
    damaged = replace(scene, depth=partial(read_depth_png, invalid=()))
    lost, kept = {}, []
    with Decoders(2, processes) as decoders:
        for block in decoders.submit(damaged):
            lost |= block.lost
            kept += block.kept.tolist()
            for frame in block.kept:
                assert np.array_equal(block.depth[frame - block.first], maps[frame])
            block.release()
    assert sorted(lost) == [0, 7, 8, 47]
    assert all("cannot be decoded" in fault for fault in lost.values())
    assert kept == sorted(set(range(48)) - {0, 7, 8, 47})


@pytest.mark.parametrize("processes", [False, True])
def test_a_fault_of_another_kind_is_raised(scene, processes):
    with Decoders(2, processes) as decoders, pytest.raises(KeyError):
        list(decoders.submit(replace(scene, depth={0: scene.depth(0)}.__getitem__)))


def test_a_decoder_that_dies_is_said(scene):
    with Decoders(2, processes=True) as decoders, pytest.raises(BrokenProcessPool, match="decoder ended"):
        list(decoders.submit(replace(scene, depth=os._exit)))


def test_what_cannot_be_sent_and_what_is_too_large_is_refused(scene):
    large = replace(scene, depth_camera=replace(scene.depth_camera, size=(4000, 4000)))
    with Decoders(1, processes=True) as decoders:
        with pytest.raises(TypeError, match="box must be picklable"):
            decoders.submit(replace(scene, depth=lambda i: None))
        with pytest.raises(InputError, match="4000x4000, too large"):
            decoders.submit(large)


@pytest.mark.parametrize("processes", [False, True])
def test_leaving_in_the_middle_leaves_no_worker(scene, small_blocks, processes):
    decoders = Decoders(2, processes)
    runners = [worker.runner for worker in decoders._workers]
    with decoders:
        next(decoders.submit(scene))
    assert not any(runner.is_alive() for runner in runners)


@pytest.mark.parametrize("rules", [DEFAULT, PAPER], ids=lambda rules: rules.name)
def test_seeing_block_by_block_is_seeing_at_once(scene, maps, geometry, small_blocks, rules):
    meshed = replace(scene, points=geometry.points)
    made = compute_geometry(meshed, rules, "key", QUIET, "cpu")
    assert np.array_equal(made.points, geometry.points[sg.morton_order(torch.from_numpy(geometry.points))])
    dtype = torch.float64 if rules.one_camera else torch.float32
    camera = scene.colour_camera if rules.one_camera else scene.depth_camera
    at_once = sg.visible_points(
        torch.from_numpy(made.points).to(dtype),
        sg.invert_poses(torch.from_numpy(scene.world_from_depth)).to(dtype),
        torch.from_numpy(camera.intrinsics).to(dtype),
        torch.from_numpy(maps),
        depth_scale=scene.depth_scale,
        rule=rules.visible,
    )
    assert np.array_equal(made.visible, at_once)
    if rules is PAPER:
        assert np.array_equal(made.askable, made.visible)


@pytest.mark.parametrize("way", ["mesh", "device", "host", "file"])
def test_a_device_gives_the_geometry_of_the_cpu(
    scene, maps, geometry, small_blocks, way, tmp_path, monkeypatch
):
    """Lost frames included, the first of a block and whole blocks among them."""
    without = (0, 10, 11, 12, 13, 14, 46)
    numbered_files(tmp_path, maps, without)
    monkeypatch.chdir(tmp_path)
    points = geometry.points if way == "mesh" else None
    damaged = replace(scene, points=points, depth=partial(read_depth_png, invalid=()))
    keep = np.isin(np.arange(48), without, invert=True)
    whole = replace(scene, points=points).keep_frames(keep, "depth file cannot be decoded")
    expected = compute_geometry(whole, DEFAULT, "key", QUIET, "cpu")
    monkeypatch.setattr(HostCopies, "free", 0 if way in ("host", "file") else 1 << 30)
    monkeypatch.setattr(scene_pass, "_IN_MEMORY_BYTES", 0 if way == "file" else 1 << 30)
    made = []
    with ScenePass(
        "cpu", 2, tmp_path / "spool", lambda memory: made.append(HostCopies(memory)) or made[0]
    ) as scenes:
        received = scenes.receive(scenes.begin(damaged), DEFAULT, QUIET)
        assert_same(derive(received, DEFAULT, "key", "cpu"), expected)
    assert (made[0].copied > 0) == (way in ("mesh", "device"))
    assert made[0].closed
    assert not [*tmp_path.glob("spool/*")]
    assert_same(compute_geometry(damaged, DEFAULT, "key", QUIET, "cpu", tmp_path / "spool"), expected)


def test_depth_maps_beyond_memory_lie_in_a_file_without_a_name(scene, geometry, tmp_path, monkeypatch):
    monkeypatch.setattr(scene_pass, "_IN_MEMORY_BYTES", 1 << 20)
    store = scene_pass._host_store(scene, tmp_path / "spool")
    assert isinstance(store, np.memmap)
    assert (tmp_path / "spool").is_dir()
    assert_same(compute_geometry(scene, DEFAULT, "key", QUIET, "cpu", tmp_path / "spool"), geometry)
    assert not [*(tmp_path / "spool").iterdir()]


def test_a_buffer_is_written_again_only_after_what_read_it(scene, small_blocks):
    order = []

    class Ordered(HostCopies):
        def mark(self):
            order.append("mark")
            return len(order)

        def start(self, source, target, after):
            order.append((target.data_ptr(), after))
            return super().start(source, target, after)

    with Decoders(2, processes=False) as decoders:
        uploader = Uploader(Ordered(decoders.memory))
        for _, depth in uploader.upload(decoders.submit(scene)):
            order.append(("used", depth.data_ptr()))
    last_use = {}
    for place, entry in enumerate(order, 1):
        if entry[0] == "used":
            last_use[entry[1]] = place
        elif entry != "mark":
            assert entry[1] > last_use.get(entry[0], 0)
            assert order[entry[1] - 1] == "mark"
    assert len(last_use) == 2


def test_memory_does_not_grow_with_the_frames_of_a_mesh(scene, geometry, monkeypatch):
    monkeypatch.setattr(decoding, "_SLOT_BYTES", 1 << 20)
    frames, (height, width) = 2000, (60, 80)
    pose = np.repeat(scene.world_from_depth[:1], frames, axis=0)
    camera = replace(scene.depth_camera, size=(height, width))
    long = replace(
        scene,
        frames=("f",) * frames,
        images=scene.images[:1] * frames,
        world_from_depth=pose,
        depth_camera=camera,
        points=geometry.points[:640],
        depth=lambda i: np.full((height, width), 2000, np.uint16),
    )
    tracemalloc.start()
    try:
        with ScenePass("cpu") as scenes:
            received = scenes.receive(scenes.begin(long), DEFAULT, QUIET)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert received.depth is None
    assert received.sight.visible.shape == (frames, 10)
    assert peak < 8 << 20 < 2 * frames * height * width


def test_no_usable_image_and_a_wrong_scale_are_said(scene, maps, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match="no usable depth image: depth file cannot be decoded"):
        compute_geometry(
            replace(scene, depth=partial(read_depth_png, invalid=())), DEFAULT, "k", QUIET, "cpu"
        )
    for points in (None, np.zeros((1, 3))):
        with pytest.raises(InputError, match=r"median depth of .* check the reader's depth_scale"):
            compute_geometry(replace(scene, points=points, depth_scale=1.0), DEFAULT, "k", QUIET, "cpu")


def test_the_key_of_the_cache_follows_the_kind_of_device(scene):
    assert jobs._key(scene, DEFAULT, "cpu") == cache.cache_key(scene, DEFAULT)
    assert (
        jobs._key(scene, DEFAULT, "cuda:1")
        == jobs._key(scene, DEFAULT, "cuda")
        != jobs._key(scene, DEFAULT, "cpu")
    )


@pytest.mark.skipif(torch.cuda.is_available(), reason="needs a machine without CUDA")
def test_a_device_that_is_not_there_is_refused(cli, whole_folder, tmp_path):
    out = tmp_path / "o"
    code, said, fault = cli("datagen", "run", whole_folder.path, "--out", out, "--device", "cuda")
    assert (code, said) == (2, "")
    assert fault.startswith("spatialgeom: device 'cuda' cannot be used: ")
    assert fault.count("\n") == 1
    assert not out.exists()


@pytest.fixture
def host_device(monkeypatch):
    """Make --device cuda the host, with all that surrounds a device; depth travels to other processes."""
    opening = jobs.open_scene

    def open_scene(handle, wanted):
        opened = opening(handle, wanted)
        if not isinstance(opened, jobs.Opened):
            return opened
        decode = opened.scene.depth
        maps = np.stack([decode(i) for i in range(len(opened.scene.frames))])
        return replace(opened, scene=replace(opened.scene, depth=maps.__getitem__))

    def prepare(handles, wanted, workers, submit):
        return device_pass.prepare_on_device(handles, replace(wanted, device="cpu"), workers, submit)

    monkeypatch.setattr(jobs, "open_scene", open_scene)
    monkeypatch.setattr(device_pass, "ScenePass", partial(ScenePass, copies=HostCopies))
    monkeypatch.setattr(engine, "prepare_on_device", prepare)
    monkeypatch.setattr(config.RunConfig, "_check_device", lambda self: None)


def test_a_run_with_a_device_makes_the_same_dataset(cli, whole_folder, host_device, tmp_path):
    scans = tmp_path / "scans"
    for name in "abc":
        (scans / name).mkdir(parents=True)
        for file in whole_folder.path.iterdir():
            if name != "b" or not file.name.endswith("depth.png"):
                (scans / name / file.name).hardlink_to(file)
    command = (scans, "--max-per-task", 12, "--quiet", "--rgbd_folder.up", "[0, 0, 1]", "--workers", 1)
    files = {}
    for device in ("cpu", "cuda", "cuda"):
        code, said, _ = cli("datagen", "run", *command, "--out", tmp_path / device, "--device", device)
        assert code == 3
        assert "skipped scene scans_b" in said
        shards = sorted((tmp_path / device / "data").iterdir())
        files[device] = [(shard.name, shard.read_bytes()) for shard in shards]
        (tmp_path / device / "manifest.json").unlink()
    assert files["cpu"] == files["cuda"]
    assert len(files["cpu"]) == 2


def test_scenes_in_the_cache_start_no_decoder(cli, whole_folder, host_device, tmp_path, monkeypatch):
    cached = ("--cache", tmp_path / "cache", "--max-per-task", 5, "--quiet", "--rgbd_folder.up", "[0, 0, 1]")
    assert cli("datagen", "run", whole_folder.path, "--out", tmp_path / "a", *cached)[0] == 0
    monkeypatch.setattr(device_pass, "ScenePass", None)
    assert (
        cli("datagen", "run", whole_folder.path, "--out", tmp_path / "b", "--device", "cuda", *cached)[0] == 0
    )


def test_scenes_are_opened_a_few_ahead_and_results_keep_their_order():
    opened = []

    def submit(job, handle, wanted):
        opened.append(handle)
        done = Future()
        done.set_result(jobs.Skipped(str(handle), "why"))
        return done

    wanted = jobs.Wanted("default", (), "out", "cache", "cpu", True)
    results = device_pass.prepare_on_device(range(40), wanted, 1, submit)
    assert next(results).name == "0"
    assert len(opened) < 16
    assert [result.name for result in results] == [str(k) for k in range(1, 40)]
