"""Splits keep a space on one side, lists have the official counts, and the guard sees through other names."""

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spatialgeom.apps.errors import InputError, UsageError
from spatialgeom.apps.splits import (
    HeldOut,
    describe,
    in_split,
    named_list,
    named_lists,
    place_of,
    scenes_of,
    split_of,
)
from spatialgeom.apps.splits.arkitscenes import VISIT_OF_VIDEO

# the 215 recordings of TAPVid-3D's Aria Digital Twin clips
_ADT = {
    "Apartment_release_clean": "131 133-136 138 140-150",
    "Apartment_release_decoration": "131-140",
    "Apartment_release_decoration_skeleton": "131-140",
    "Apartment_release_golden_skeleton": "100",
    "Apartment_release_meal": "131-133 136 138-147 149 150",
    "Apartment_release_meal_skeleton": "131-137 139 140",
    "Apartment_release_multiskeleton_party": "101-104 106-108 114-117 119 121-123 126 127",
    "Apartment_release_multiuser_clean": "111-114 116-120",
    "Apartment_release_multiuser_cook": "111-120 141-150",
    "Apartment_release_multiuser_meal": "131-140",
    "Apartment_release_multiuser_party": "131-135 137-143 146 147 149 150",
    "Apartment_release_recognition": "133 136 138 140",
    "Apartment_release_work": "106-110 136 138-140",
    "Apartment_release_work_skeleton": "106-110 131-140",
}
_ADT_OFFICE = """
    BambooPlate 30-32; BirdHouseToy 30-33; BlackCeramicBowl 30-33; BlackCeramicDishSmall 31 32 34;
    BlackCeramicMug 30-32; BookDeepLearning 30-32; ChoppingBoard 31 33; DinoToy 30-33; Flask 30-33;
    GreenDecorationTall 30-33; Mug_2 30-32; RedClock 30-33; WoodenBowl 32; WoodenBoxSmall 30-33;
    WoodenFork 30-32; WoodenSpoon 33-35
"""


def adt_recordings():
    office = (entry.split(maxsplit=1) for entry in _ADT_OFFICE.split(";"))
    for name, ranges in [*_ADT.items(), *((f"Lite_release_recognition_{n}", r) for n, r in office)]:
        for part in ranges.split():
            first, _, last = part.partition("-")
            yield from (f"{name}_seq{number:03d}" for number in range(int(first), int(last or first) + 1))


def share(split, source, spaces):
    return [split_of(source, space) for space in spaces].count(split) / len(spaces)


# splits


def test_scannet_has_the_official_numbers_of_spaces():
    sides = [split_of("scannet", f"scene{number:04d}") for number in range(807)]
    assert {side: sides.count(side) for side in set(sides)} == {"train": 565, "val": 142, "test": 100}


@pytest.mark.parametrize(
    ("space", "side"),
    [
        ("scene0000", "train"),
        ("scene0011", "val"),
        ("scene0704", "val"),
        ("scene0705", "train"),
        ("scene0706", "train"),
        ("scene0707", "test"),
        ("scene0806", "test"),
    ],
)
@pytest.mark.parametrize("source", ["scannet", "scannet_export", "rgbd_folder"])
def test_a_space_of_scannet_is_on_its_official_side_whoever_read_it(source, space, side):
    assert split_of(source, space) == side
    assert split_of(source, f"{space}_02") == side


@pytest.mark.parametrize("space", ["scene0807", "scene9999", "scene011", "scene00111", "my_kitchen"])
def test_a_space_that_is_not_of_scannet_has_no_official_side(space):
    assert place_of("scannet", space) == ("scannet", space)
    assert split_of("scannet", space) in ("train", "val")


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("scannet", ["scene0011", "scene0011_00", "scans/scene0011_01", "scans_scene0011_00_color"]),
        ("adt", ["Lite_release_recognition_Mug_2_seq030", "Lite_release_recognition_Mug_2_seq030_61283_7"]),
        ("adt", ["Apartment_release_meal_seq131_M1292", "adt/Apartment_release_meal_seq131_71292"]),
        ("pstudio", ["juggle", "juggle_9"]),
        ("arkitscenes", ["381658", "41069021", "Validation/41069025"]),
        (
            "rgbd_folder",
            [
                "redkitchen",
                "redkitchen_seq-01",
                "7scenes_redkitchen_seq-12",
                "7-scenes-redkitchen",
                "7Scenes_RedKitchen",
            ],
        ),
        ("tum_rgbd", ["freiburg1", "rgbd_dataset_freiburg1_desk", "rgbd_dataset_freiburg1_desk2"]),
        ("drivetrack", ["tapvid3d_1022527355599519580_4866_960_4886_960"]),
    ],
)
def test_all_scans_of_a_space_are_one_place(source, names):
    assert len({place_of(source, name) for name in names}) == 1
    assert len({split_of(source, name) for name in names}) == 1


@pytest.mark.parametrize(
    ("source", "one", "other"),
    [
        ("scannet", "scene0011", "scene0012"),
        ("adt", "Apartment_release_meal_seq131", "Apartment_release_meal_skeleton_seq131"),
        ("adt", "Apartment_release_meal_seq131", "Apartment_release_meal_seq132"),
        ("rgbd_folder", "my_office", "office"),
        ("tum_rgbd", "freiburg1_room", "freiburg2_desk"),
        ("arkitscenes", "41069025", "41069042"),
        ("pstudio", "juggle_1", "tennis_1"),
        ("synthetic", "room0001", "room0002"),
    ],
)
def test_two_spaces_are_two_places(source, one, other):
    assert place_of(source, one) != place_of(source, other)


def test_the_same_name_in_two_families_is_two_places():
    assert place_of("rgbd_folder", "kitchen") != place_of("tum_rgbd", "kitchen")
    assert place_of("adt", "kitchen") == place_of("adt_views", "kitchen")
    assert place_of("scannet", "kitchen") == place_of("scannet_export", "kitchen")


def test_the_papers_activities_are_on_its_sides():
    train = {"boxes", "football", "juggle", "softball", "tennis"}
    assert {split_of("pstudio", activity) for activity in train} == {"train"}
    assert split_of("pstudio", "basketball_29") == "val"
    assert split_of("other", "basketball") == split_of("other", "basketball")


def test_recordings_of_aria_digital_twin_divide_about_as_in_the_paper():
    recordings = list(adt_recordings())
    assert len(recordings) == len(set(recordings)) == 215
    # 309 of 1956 clips are 34 of 215 recordings; the hash is not chosen to fit
    assert sum(split_of("adt", name) == "val" for name in recordings) == 37


def test_other_sources_give_15_percent_to_val():
    assert share("val", "synthetic", [f"room{number:05d}" for number in range(20_000)]) == pytest.approx(
        0.15, abs=0.0076
    )
    assert share("test", "synthetic", [f"room{number:05d}" for number in range(2000)]) == 0


def test_a_split_never_changes():
    val = [number for number in range(60) if split_of("synthetic", f"room{number:04d}") == "val"]
    assert val == [23, 26, 30, 42, 43, 45, 47, 48, 52, 54, 58, 59]


def test_arkitscenes_holds_out_whole_visits():
    assert len(VISIT_OF_VIDEO) == 549 + 2 + 9 + 2
    assert len(set(VISIT_OF_VIDEO.values())) == 183 + 3 + 2
    assert sum(map(int, VISIT_OF_VIDEO)) == 25_482_149_054  # no digit is lost
    # the official folds have 41159519 in Validation and 41159521, of the same visit, in Training
    assert {split_of("arkitscenes", name) for name in ("41159519", "41159521", "381879")} == {"val"}
    assert split_of("arkitscenes", "43896339") == "val"
    assert {split_of("arkitscenes", name) for name in ("40753679", "47333462", "369709")} == {"train"}


@given(st.text(min_size=1, max_size=40), st.text(min_size=1, max_size=40))
def test_any_names_have_a_side_and_no_other(source, space):
    side = split_of(source, space)
    assert [in_split(split, source, space) for split in ("train", "val", "test", "all")] == [
        *(side == split for split in ("train", "val", "test")),
        True,
    ]


@pytest.mark.parametrize(("source", "space"), [("", ""), ("scannet", ""), ("", "scene0000")])
def test_a_scene_that_does_not_say_its_place_is_neither_split_nor_guarded(source, space):
    assert in_split("all", source, space)
    with pytest.raises(InputError, match="a split needs source and space"):
        in_split("train", source, space)
    HeldOut.of([]).refuse({"a": (source, space)})
    with pytest.raises(InputError, match=r"lacks those of 1 scene \(a\)"):
        HeldOut.of(["scannet_val"]).refuse({"a": (source, space), "b": ("scannet", "scene0000")})


def test_an_unknown_split_is_refused():
    with pytest.raises(UsageError, match="there is no split 'dev'; there are train, val, test, all"):
        in_split("dev", "scannet", "scene0000")


# lists


@pytest.mark.parametrize(
    ("name", "counts"),
    [
        ("scannet_val", {"scannet": 142}),
        ("scannet_test", {"scannet": 100}),
        ("scannetpp_val", {"scannetpp": 50}),
        ("arkitscenes_val", {"arkitscenes": 188}),
        ("pstudio_val", {"pstudio": 1}),
        ("vsi_bench", {"arkitscenes": 188, "scannet": 88, "scannetpp": 50}),
        ("scanqa", {"scannet": 242}),
    ],
)
def test_a_list_has_its_number_of_places(name, counts):
    assert named_list(name).counts() == counts


@pytest.mark.parametrize("name", sorted(named_lists()))
def test_no_list_touches_the_training_side(name):
    places = named_list(name).places
    assert places
    assert {split_of(*place) for place in places} <= {"val", "test"}
    assert all(place_of(*place) == place for place in places)


def test_vsi_bench_is_within_the_validation_lists():
    within = [named_list(name).places for name in ("scannet_val", "scannetpp_val", "arkitscenes_val")]
    assert named_list("vsi_bench").places <= frozenset.union(*within)


def test_an_unknown_list_is_refused():
    with pytest.raises(
        UsageError, match=r"there is no list 'scannet_vla'; there are scannet_val, scannet_test"
    ):
        named_list("scannet_vla")


def test_the_description_has_each_list_its_counts_and_its_origin():
    lines = describe().splitlines()
    assert [line.split()[0] for line in lines] == list(named_lists())
    for line, entry in zip(lines, named_lists().values(), strict=True):
        assert entry.origin in line
        assert all(f"{count} {family}" in line for family, count in entry.counts().items())


# the guard

SCENES = {
    "scene0000_00": ("scannet", "scene0000"),
    "scene0011_00": ("scannet", "scene0011"),
    "scene0011_01": ("scannet_export", "scene0011"),
    "scene0707_00": ("scannet", "scene0707"),
    "basketball_3": ("pstudio", "basketball"),
    "juggle_3": ("pstudio", "juggle"),
    "Apartment_release_meal_seq131_4": ("adt", "Apartment_release_meal_seq131"),
    "41069025": ("arkitscenes", "41069025"),
    "redkitchen_seq-01": ("rgbd_folder", "redkitchen"),
    "kitchen": ("rgbd_folder", "kitchen"),
}


def held(*items):
    """Return the names of all scenes that the items hold out."""
    found = HeldOut.of(items).overlap(SCENES)
    return sorted({name for names in found.values() for name in names})


def write(folder, content, name="held.txt"):
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return str(path)


def manifest(**scenes):
    return json.dumps({"scenes": {name: {"source": s, "space": p} for name, (s, p) in scenes.items()}})


def test_nothing_is_held_out_by_nothing():
    HeldOut.of([]).refuse(SCENES)
    HeldOut.of(["scannet_val"]).refuse({})


def test_a_list_holds_out_every_scan_of_its_spaces():
    assert held("scannet_val") == ["scene0011_00", "scene0011_01"]
    assert held("pstudio_val", "scannet_test") == ["basketball_3", "scene0707_00"]
    assert held("arkitscenes_val") == ["41069025"]


def test_a_manifest_holds_out_spaces_within_a_family(tmp_path):
    scenes = {
        "scene0011_02": ("scannet_export", "scene0011"),
        "views": ("adt_views", "Apartment_release_meal_seq131_M1292"),
        "kitchen": ("tum_rgbd", "kitchen"),
        "nobody": ("pstudio", "tennis"),
    }
    expected = ["Apartment_release_meal_seq131_4", "scene0011_00", "scene0011_01"]
    assert held(write(tmp_path, manifest(**scenes), "recipe.json")) == expected
    write(tmp_path, "\ufeff\n " + manifest(**scenes), "manifest.json")
    assert held(str(tmp_path)) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("scene0011_02\n", ["scene0011_00", "scene0011_01"]),
        ("# comment\r\n\r\nscene0011   # a space\r\n", ["scene0011_00", "scene0011_01"]),
        ("scannet/scene0011_00.mp4\nC:\\clips\\juggle_7.npz", ["juggle_3", "scene0011_00", "scene0011_01"]),
        ("redkitchen", ["redkitchen_seq-01"]),
        ("redkitchen_seq-01/", ["redkitchen_seq-01"]),
        ("Apartment_release_meal_seq131_71292", ["Apartment_release_meal_seq131_4"]),
        ("381658", ["41069025"]),
        ("kitchen\nbasketball", ["basketball_3", "kitchen"]),
        ("scene001\nitchen", []),
    ],
)
def test_a_text_file_holds_out_names_and_spaces(tmp_path, text, expected):
    assert held(write(tmp_path, text)) == expected


def test_a_scene_is_known_by_its_name_where_its_space_is_odd():
    scenes = {"scans_scene0011_00": ("rgbd_folder", "elsewhere")}
    assert HeldOut.of(["scannet_val"]).overlap(scenes) == {
        "scannet_val (ScanNet v2 validation)": ["scans_scene0011_00"]
    }


def test_a_refusal_names_the_list_the_first_five_scenes_and_their_number(tmp_path):
    five = {f"scene0011_{scan:02d}": ("scannet", "scene0011") for scan in range(5)}
    six = {**five, "scene0015_00": ("scannet", "scene0015"), "scene0707_00": ("scannet", "scene0707")}
    names = "scene0011_00, scene0011_01, scene0011_02, scene0011_03, scene0011_04"
    with pytest.raises(InputError) as refused:
        HeldOut.of(["scannet_val"]).refuse(five)
    assert f"scannet_val (ScanNet v2 validation) holds out 5 scenes ({names});" in str(refused.value)
    path = write(tmp_path, "scene0707_00")
    with pytest.raises(InputError) as refused:
        HeldOut.of(["scannet_val", path]).refuse(six)
    assert f"holds out 6 scenes ({names}, ...); {path} holds out 1 scene (scene0707_00);" in str(
        refused.value
    )


@pytest.mark.parametrize("item", ["scannet_vall", "no/such/file.txt", "", "x" * 5000, "a\0b"])
def test_what_is_neither_a_list_nor_a_file_is_refused(tmp_path, monkeypatch, item):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError, match="is neither a file nor a list; the lists are scannet_val, "):
        HeldOut.of([item])


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "names none"),
        (b"# only a comment\n///\n", "names none"),
        (b"scene0011_00, scene0011_01\n", "line 1 is 'scene0011_00, scene0011_01'"),
        (b"scene0011\nscene 12\n", "line 2 is 'scene 12'"),
        (b"a;b", "line 1"),
        (b"\0" * 20, "line 1"),
        (b"x" * 256, "line 1"),
        (b"\xff\xfes\0c\0", "must be a text file in UTF-8"),
        (b"{", "must be JSON"),
        (b'{"scenes": {"a":', "must be JSON"),
        (b"[" * 200_000, "must be JSON"),
        (b'{"a": ' * 200_000, "must be JSON"),
        (b'["scene0011_00"]', 'must be a JSON object with "scenes"'),
        (b"{}", 'must have "scenes" with at least one scene'),
        (b'{"scenes": {}}', 'must have "scenes" with at least one scene'),
        (b'{"scenes": ["scene0011_00"]}', 'must have "scenes" with at least one scene'),
        (b'{"scenes": {"a": "scene0011"}}', 'must give "source" and "space"'),
        (b'{"scenes": {"a": {"source": "scannet"}}}', "does not for 'a'"),
        (b'{"scenes": {"a": {"source": "scannet", "space": ""}}}', "does not for 'a'"),
        (b'{"scenes": {"a": {"source": 7, "space": "b"}}}', "does not for 'a'"),
        (b'{"scenes": {"a": {"source": "b", "space": "' + b"c" * 256 + b'"}}}', "at most 255 characters"),
        (b'{"scenes": {"' + b"a" * 256 + b'": {"source": "b", "space": "c"}}}', "at most 255 characters"),
    ],
)
def test_a_file_that_holds_out_nothing_sure_is_refused(tmp_path, content, message):
    path = write(tmp_path, content, "held")
    with pytest.raises(InputError, match=re.escape(message)) as refused:
        HeldOut.of([path])
    assert path in str(refused.value)
    assert len(str(refused.value)) < 500 + len(path)


def test_a_huge_file_is_refused_unread(tmp_path):
    path = tmp_path / "huge.json"
    with path.open("wb") as file:
        file.truncate((1 << 30) + 1)
    with pytest.raises(InputError, match="larger than 1 GiB"):
        HeldOut.of([path])


def test_the_scenes_of_a_manifest_are_their_sources_and_spaces():
    scenes = {"a": {"source": "scannet", "space": "scene0011", "frames": 3}}
    assert scenes_of({"scenes": scenes}) == {"a": ("scannet", "scene0011")}
    with pytest.raises(InputError, match="the manifest must have"):
        scenes_of({})
