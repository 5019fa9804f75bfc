"""What the command line says to slips: one line, what is wrong, what was meant."""

import os
import subprocess
import sys

import pytest

from spatialgeom.apps.datagen.testing.tapvid3d import render_clip, write_adt

UP = ("--rgbd_folder.up", "[0, 0, 1]")


@pytest.fixture
def run(cli, whole_folder, tmp_path):
    """Run the engine on a sound scene."""

    def command(*more, out="o"):
        asked = ("datagen", "run", whole_folder.path, "--out", tmp_path / out, "--max-per-task", 2)
        return cli(*asked, "--quiet", *UP, *more)

    return command


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (("--taskss", "x"), "unrecognized arguments: --taskss x (did you mean --tasks?)"),
        (("--max-per-spac", "3"), "(did you mean --max-per-space?)"),
        (("--synthetic.scene", "3"), "(did you mean --synthetic.scenes?)"),
        (("--max-per-task", "many"), "--max_per_task: Expected a int. Got value: many"),
        (("--rgbd_folder.up", "0,0,1"), "--rgbd_folder.up: "),
        (("--config", "nowhere.yaml"), "--config: File does not exist: "),
    ],
)
def test_a_slip_is_told_in_one_line_with_what_was_meant(run, more, said):
    code, _, stderr = run(*more)
    assert code == 2
    assert stderr.startswith("spatialgeom: ")
    assert said in stderr
    assert "see spatialgeom datagen run --help" in stderr
    assert stderr.count("\n") == 1


def test_a_missing_option_is_named_as_it_is_typed(cli, whole_folder):
    code, _, stderr = cli("datagen", "run", whole_folder.path)
    assert code == 2
    assert "required: --out; see spatialgeom datagen run --help" in stderr


def test_options_may_be_spelt_as_in_config_files(run):
    assert run("--max_per_task=1", "--tasks", "camera_distance")[0] == 0


def test_a_command_of_datagen_is_found(cli):
    code, _, stderr = cli("doctor", "scans")
    assert code == 2
    assert stderr == "spatialgeom: there is no command 'doctor'; it is 'spatialgeom datagen doctor'\n"
    assert "there are datagen, train, info" in cli("dctor")[2]


def test_options_of_a_reader_that_reads_nothing_are_told(run):
    code, _, stderr = run("--scannet.stride", 5, "--tasks", "camera_distance")
    assert code == 0
    assert stderr == "note: options of scannet have no effect: no source is read by it\n"


def test_families_are_tasks_too(run):
    code, said, _ = run("--tasks", "depth")
    assert code == 0
    assert {line.split()[0] for line in said.splitlines() if "depth_" in line} == {
        f"depth_{what}_{how}" for what in ("value", "order") for how in ("dot", "coord")
    }


def test_another_run_is_told_by_what_differs(run):
    assert run()[0] == 0
    code, _, stderr = run("--max-per-task", 3)
    assert code == 2
    assert "holds another run, which differs in max_per_task (2, now 3); choose an empty folder" in stderr


def test_too_few_spaces_for_the_limit_are_told(run):
    code, said, _ = run("--max-per-space", 1, "--tasks", "camera_distance")
    assert code == 3
    assert (
        "note: too few spaces for 1 questions a space in 1 subtasks: camera_distance has 2 of one; "
        "add spaces, or lower --max-per-task"
    ) in said


def test_a_label_table_that_is_missing_is_told_once(cli, tmp_path):
    for number in range(5):
        scan = tmp_path / f"scene000{number}_00"
        scan.mkdir()
        (scan / f"{scan.name}.sens").write_bytes(b"")
    command = ("datagen", "run", tmp_path, "--out", tmp_path / "o", "--scannet.label_table", "no.tsv")
    code, _, stderr = cli(*command, "--quiet")
    assert code == 1
    assert stderr.count("no.tsv") == 1


def test_many_faults_are_not_all_listed(cli, tmp_path):
    for number in range(9):
        scan = tmp_path / f"scene000{number}_00"
        scan.mkdir()
        (scan / f"{scan.name}.sens").write_bytes(b"")
    code, _, stderr = cli("datagen", "run", tmp_path, "--out", tmp_path / "o", "--quiet")
    assert code == 1
    assert stderr.endswith("and 6 more scenes\n")


@pytest.mark.parametrize("command", ["recipe", "view"])
def test_a_file_that_is_not_ours_is_not_overwritten(cli, dataset, tmp_path, command):
    notes = tmp_path / "notes.txt"
    notes.write_text("mine")
    code, _, stderr = cli("datagen", command, dataset, "--out", notes)
    assert code in (1, 2)
    assert stderr.count("\n") == 1
    assert notes.read_text() == "mine"


def test_a_reader_that_has_seen_enough_ends_the_command_in_silence():
    command = [sys.executable, "-m", "spatialgeom.apps.cli", "datagen", "splits"]
    closed, out = os.pipe()
    os.close(closed)
    done = subprocess.run(command, stdout=out, stderr=subprocess.PIPE, check=False)
    os.close(out)
    assert done.stderr == b""


def test_folders_of_which_nothing_is_read_are_told(cli, tmp_path):
    disk = tmp_path / "disk"
    write_adt(disk / "clips", render_clip(frames=4))
    sequence = disk / "tum" / "rgbd_dataset_freiburg3_desk"
    sequence.mkdir(parents=True)
    for name in ("rgb.txt", "depth.txt", "groundtruth.txt"):
        (sequence / name).write_text("")
    command = ("datagen", "run", disk, "--out", tmp_path / "o", "--max-per-task", 2, "--quiet")
    code, said, _ = cli(*command)
    assert code == 3
    assert f"note: nothing was read of tum in {disk}; name these folders, too" in said
