"""A recipe makes the same dataset again elsewhere; a packed dataset needs no other folder."""

import hashlib
import json
import shutil

import pytest

from spatialgeom.apps.datagen.pack import may_be_passed_on
from spatialgeom.apps.images import open_image
from spatialgeom.apps.records import Dataset

UP = ("--rgbd_folder.up", "[0, 0, 1]")


@pytest.fixture(scope="module")
def recipe(dataset, tmp_path_factory):
    from spatialgeom.apps.cli import main

    path = tmp_path_factory.mktemp("recipe") / "recipe.json"
    assert main(["datagen", "recipe", str(dataset), "--out", str(path), "--quiet"]) == 0
    return path


@pytest.fixture
def moved(whole_folder, tmp_path):
    """The same scan in another place."""
    return shutil.copytree(whole_folder.path, tmp_path / "elsewhere" / "box")


def regenerate(cli, recipe, source, out):
    return cli("datagen", "regenerate", recipe, source, "--out", out, "--quiet", "--workers", 1)


def test_a_recipe_holds_fingerprints_and_no_text(recipe, dataset):
    content = json.loads(recipe.read_text())
    rows = {row["id"]: row for row in Dataset.open(dataset).rows()}
    assert {item["id"] for item in content["items"]} == set(rows)
    for item in content["items"]:
        row = rows[item["id"]]
        assert item["question"] == hashlib.sha256(row["question"].encode()).hexdigest()
        assert len(item["images"]) == len(row["images"])
    assert not any(row["question"] in recipe.read_text() for row in list(rows.values())[:20])
    assert content["config"]["seed"] == 0
    assert content["scenes"]["box"]["space"] == "box"


def test_whoever_has_the_data_makes_the_same_set(cli, recipe, dataset, moved, tmp_path):
    code, said, _ = regenerate(cli, recipe, moved, tmp_path / "again")
    assert code == 0
    total = len(list(Dataset.open(dataset).rows()))
    assert f"{total:,} of {total:,} items are the same, bit for bit" in said
    for one, other in zip(Dataset.open(dataset).shards, Dataset.open(tmp_path / "again").shards, strict=True):
        assert [r["question"] for r in rows_of(one)] == [r["question"] for r in rows_of(other)]


def rows_of(shard):
    import pyarrow.parquet as pq

    return pq.read_table(shard).to_pylist()


def test_other_bytes_of_an_image_are_told(cli, recipe, moved, tmp_path):
    image = moved / "frame-000003.color.jpg"
    image.write_bytes(image.read_bytes() + b"\0")
    code, said, _ = regenerate(cli, recipe, moved, tmp_path / "again")
    assert code == 3
    assert "differ in images" in said
    assert "differ in question" not in said


def test_other_labels_are_told(cli, recipe, moved, tmp_path):
    pose = moved / "frame-000003.pose.txt"
    pose.write_text((moved / "frame-000004.pose.txt").read_text())
    code, said, _ = regenerate(cli, recipe, moved, tmp_path / "again")
    assert code == 3
    assert "differ in answer" in said or "being there" in said


def test_missing_scenes_are_named(cli, recipe, moved, tmp_path):
    other = moved.rename(moved.with_name("attic"))
    code, _, said = regenerate(cli, recipe, other, tmp_path / "again")
    assert code == 1
    assert "1 of 1 scenes are not in the sources: box" in said
    assert not (tmp_path / "again").exists()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "must be a recipe in JSON"),
        ("[" * 100_000, "must be a recipe in JSON"),
        ("[]", "is not a recipe"),
        ('{"kind": "recipe", "recipe_version": 99}', "has recipe version 99, expected 1"),
        ('{"kind": "recipe", "recipe_version": 1}', "lacks a part, or has it in another form"),
    ],
)
def test_what_is_no_recipe_is_refused(cli, moved, tmp_path, content, said):
    path = tmp_path / "recipe.json"
    path.write_text(content)
    code, _, stderr = regenerate(cli, path, moved, tmp_path / "o")
    assert code == 1
    assert said in stderr
    assert stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("tasks", None),
        ("max_per_space", None),
        ("readers", ["rgbd_folder"]),
        ("readers", [{"name": "scannot", "options": {}}]),
        ("readers", [{"name": "rgbd_folder", "options": {"stride": "many"}}]),
        ("tasks", ["depth_valu"]),
        ("rules", "mine"),
        ("seed", "one"),
        ("seed", -1),
        ("max_per_task", None),
        ("max_per_task", True),
    ],
)
def test_a_damaged_configuration_is_refused_in_words(cli, recipe, moved, tmp_path, name, value):
    content = json.loads(recipe.read_text())
    content["config"][name] = value
    damaged = tmp_path / "damaged.json"
    damaged.write_text(json.dumps(content))
    code, _, said = regenerate(cli, damaged, moved, tmp_path / "o")
    assert code in (1, 2)
    assert said.rstrip()
    assert "Traceback" not in said
    assert not (tmp_path / "o").exists()


def test_other_versions_are_told_where_items_differ(cli, recipe, moved, tmp_path):
    content = json.loads(recipe.read_text())
    content["versions"]["spatialgeom"] = "0.0.1"
    content["items"][0]["question"] = "0" * 64
    other = tmp_path / "other.json"
    other.write_text(json.dumps(content))
    code, said, _ = regenerate(cli, other, moved, tmp_path / "again")
    assert code == 3
    assert "1 differ in question" in said
    assert "was written with other versions: spatialgeom 0.0.1 (here" in said


def test_a_recipe_is_held_out_from_training_data(cli, recipe, moved, tmp_path):
    code, _, said = cli(
        "datagen", "run", moved, "--out", tmp_path / "o", "--hold-out", recipe, "--quiet", *UP
    )
    assert code == 1
    assert "holds out 1 scene (box)" in said
    assert not (tmp_path / "o").exists()


def test_images_whose_licence_forbids_it_stay_where_they_are(cli, dataset, tmp_path):
    code, said, _ = cli("datagen", "pack", dataset, "--out", tmp_path / "packed", "--quiet")
    assert code == 0
    assert "1 scenes may not be passed on" in said
    assert not (tmp_path / "packed" / "images").exists()
    row = next(Dataset.open(tmp_path / "packed").rows())
    assert open_image(Dataset.open(tmp_path / "packed").image(row, 0)).size == (192, 144)


def test_a_packed_dataset_needs_no_other_folder(cli, moved, tmp_path):
    made = tmp_path / "made"
    free = ("--rgbd_folder.licence", "CC BY 4.0", "--tasks", "camera_distance", "depth_value_dot")
    assert cli("datagen", "run", moved, "--out", made, "--max-per-task", 8, "--quiet", *UP, *free)[0] == 0
    assert cli("datagen", "pack", made, "--out", tmp_path / "packed", "--quiet")[0] == 0
    before = list(Dataset.open(made).rows())
    pixels = [open_image(Dataset.open(made).image(row, 0)).tobytes() for row in before]
    shutil.rmtree(moved)
    shutil.rmtree(made)
    card = (tmp_path / "packed" / "README.md").read_text()
    assert "Images are in `images/`." in card
    assert "run.json" not in card
    packed = Dataset.open((tmp_path / "packed").rename(tmp_path / "given"))
    after = list(packed.rows())
    assert [{**row, "images": 0} for row in after] == [{**row, "images": 0} for row in before]
    assert [open_image(packed.image(row, 0)).tobytes() for row in after] == pixels
    for shard in packed.manifest["shards"]:
        assert hashlib.sha256((packed.folder / shard["path"]).read_bytes()).hexdigest() == shard["sha256"]


@pytest.mark.parametrize(
    ("licence", "free"),
    [
        ("Apache-2.0", True),
        ("CC BY 4.0", True),
        ("ARKitScenes (CC BY-NC-SA 4.0)", True),
        ("CC0", True),
        ("unknown", False),
        ("", False),
        ("ScanNet Terms of Use", False),
        ("Aria Digital Twin Dataset licence (research)", False),
        ("permitted by nobody", False),
        ("MIT-licensed code, images for research only", False),
        ("CC BY 4.0 labels; images not to be redistributed", False),
        ("Terms (MIT Media Lab, research only)", False),
        ("cc-by-nc-nd-4.0", True),
    ],
)
def test_which_licences_allow_it(licence, free):
    assert may_be_passed_on(licence) == free
