"""What tells runs apart, what may be called what, and clocks that tell of steps alone."""

import json
import time
from dataclasses import replace

import pytest

from spatialgeom.apps.errors import InputError, UsageError
from spatialgeom.apps.train.checkpoint import RunState
from spatialgeom.apps.train.config import DataConfig, ImageOptions, ModelConfig, TrainConfig
from spatialgeom.apps.train.data.plan import Share
from spatialgeom.apps.train.evaluate import Evaluator
from spatialgeom.apps.train.inputs import load_inputs
from spatialgeom.apps.train.merge import _trained_on
from spatialgeom.apps.train.run import _check_same, train
from spatialgeom.apps.train.testing.questions import write_questions


@pytest.fixture(scope="module")
def sources(tmp_path_factory):
    folder = tmp_path_factory.mktemp("sources")
    return {name: str(write_questions(folder / name, 8, seed=len(name))) for name in ("one", "three")}


def configuration(model, out, sources, **data):
    return TrainConfig(
        out=str(out),
        model=ModelConfig(path=str(model), dtype="float32"),
        images=ImageOptions(max_tiles=1),
        data=DataConfig(
            sources=sources, batch=4, workers=0, **{"max_length": 300, "micro_batch_tokens": 600, **data}
        ),
        tracker="none",
        quiet=True,
    )


def entries(sources, **repeats):
    return [{"path": path, "name": name, "repeat": repeats.get(name, 1.0)} for name, path in sources.items()]


def identity(model, out, entries):
    return load_inputs(configuration(model, out, entries), tells=False).identity


def test_a_run_is_another_one_where_its_plan_is(tiny_internvl, sources, tmp_path):
    first = identity(tiny_internvl, tmp_path, entries(sources))
    assert identity(tiny_internvl, tmp_path, entries(sources)) == first
    assert identity(tiny_internvl, tmp_path, entries(sources)[::-1]) != first


def test_a_mix_file_that_changes_its_shares_makes_another_run(tiny_internvl, sources, tmp_path):
    def mixed(*names, **repeats):
        mix = {
            name: {"root": "/", "annotation": sources[name], "repeat_time": repeats.get(name, 1)}
            for name in names
        }
        path = tmp_path / "mix.json"
        path.write_text(json.dumps(mix))
        for name in names:
            mix[name]["root"] = sources[name].rpartition("/")[0]
        path.write_text(json.dumps(mix))
        return identity(tiny_internvl, tmp_path, [str(path)])

    first = mixed("one", "three")
    assert mixed("one", "three") == first
    assert mixed("one", "three", three=3) != first
    assert mixed("three", "one") != first


def test_processes_at_different_places_of_a_run_are_refused(tmp_path, monkeypatch):
    here, there = RunState(2, "a"), RunState(0, "a")
    monkeypatch.setattr("accelerate.utils.gather_object", lambda own: [*own, here])
    _check_same(None, tmp_path, here)
    for other in (there, RunState(2, "b")):
        with pytest.raises(InputError, match="must see one folder"):
            _check_same(None, tmp_path, other)


def test_no_source_is_called_as_all_of_them_are(tiny_internvl, sources, tmp_path):
    named = [{"path": sources["one"], "name": "all"}]
    with pytest.raises(UsageError, match="may be called 'all'"):
        load_inputs(configuration(tiny_internvl, tmp_path, named), tells=False)


def test_a_source_is_never_reduced_to_nothing():
    assert Share.of("few", 16, repeat=0.01).draws == 1


def test_the_first_step_is_not_charged_with_the_evaluation_before_it(
    tiny_internvl, sources, tmp_path, monkeypatch
):
    def slow(self, step):
        time.sleep(2.0 if step == 0 else 0.0)
        return 1.0

    monkeypatch.setattr(Evaluator, "__call__", slow)
    config = configuration(tiny_internvl, tmp_path / "run", [sources["one"]])
    evaluation = replace(config.evaluation, sources=[{"path": sources["three"], "name": "held"}])
    train(replace(config, evaluation=evaluation))
    first = json.loads((tmp_path / "run" / "log.jsonl").read_text().splitlines()[0])
    assert first["step"] == 1
    assert first["seconds"] < 2.0


def test_an_adapter_tells_its_base_and_which_revision(tiny_internvl, sources, tmp_path):
    config = configuration(tiny_internvl, tmp_path / "run", [sources["one"]])
    config = replace(config, model=replace(config.model, revision="v2"))
    train(config)
    assert _trained_on(tmp_path / "run" / "step-0000002") == (str(tiny_internvl), "v2")
