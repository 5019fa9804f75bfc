"""``spatialgeom train`` as users give it: help, config files, checks before a run, and what is wrong."""

import json
import os
import re
import shutil
import subprocess
import sys

import pytest

from spatialgeom.apps.cli import main
from spatialgeom.apps.train.testing.questions import write_questions

COUNT, BATCH, STEPS = 8, 4, 2


@pytest.fixture(scope="module")
def questions(tmp_path_factory):
    return write_questions(tmp_path_factory.mktemp("made") / "questions", COUNT)


@pytest.fixture
def options(tiny_internvl, questions, tmp_path, monkeypatch):
    """Options of a run that would succeed; the working folder is empty."""
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    return {
        "--model.path": str(tiny_internvl),
        "--model.dtype": "float32",
        "--data.sources": f"['{questions}']",
        "--data.batch": str(BATCH),
        "--data.max_length": "300",
        "--data.micro_batch_tokens": "600",
        "--data.workers": "0",
        "--data.cache": str(tmp_path / "cache"),
        "--images.max_tiles": "1",
        "--lora.rank": "2",
        "--tracker": "none",
        "--out": "run",
    }


def words(options, *more):
    return [str(word) for pair in options.items() for word in pair] + [str(word) for word in more]


def run(*arguments):
    try:
        return main(["train", *arguments])
    except SystemExit as stop:
        return stop.code


def logged(folder):
    return [json.loads(line) for line in (folder / "log.jsonl").read_text().splitlines()]


@pytest.mark.parametrize("command", [[], ["run"], ["check"], ["merge"]])
def test_help_has_examples_and_needs_no_torch(command):
    code = (
        "import sys\nfrom spatialgeom.apps.cli import main\n"
        f"try: main(['train', *{command!r}, '--help'])\nexcept SystemExit: pass\n"
        "print(*sorted({'torch', 'transformers', 'peft', 'accelerate', 'numba'} & set(sys.modules)), 'end')"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "end"
    assert re.search(r"examples:\n  spatialgeom train .*--out run|examples:\n.*train merge run", done.stdout)


def test_a_run_trains_says_what_comes_next_and_is_done_when_repeated(options, capsys, tmp_path):
    assert run(*words(options)) == 0
    said = capsys.readouterr()
    assert said.out.splitlines() == [
        f"{STEPS} steps, {COUNT} conversations -> run",
        "next: spatialgeom train merge run --out MERGED",
    ]
    assert [line["step"] for line in logged(tmp_path / "here" / "run")] == [1, 2]
    assert run("run", *words(options)) == 0
    assert len(logged(tmp_path / "here" / "run")) == 2
    assert run(*words(options | {"--lora.rank": "3"})) == 2
    assert "holds another run, which differs in lora.rank (2, now 3)" in capsys.readouterr().err


def test_quiet_leaves_the_summary_alone(options, capsys):
    assert run(*words(options, "--quiet")) == 0
    said = capsys.readouterr()
    assert said.err == ""
    assert len(said.out.splitlines()) == 2


def test_dropped_conversations_are_told_by_the_exit_code(options, questions, capsys):
    broken = questions.parent / "3.png"
    before = broken.read_bytes()
    broken.write_bytes(before[: len(before) // 2])
    try:
        assert run(*words(options | {"--data.max_dropped": "1"})) == 3
    finally:
        broken.write_bytes(before)
    assert re.search(r"8 conversations; .*an image cannot be read: \d", capsys.readouterr().out)


def test_check_tells_lengths_and_padding_and_writes_prepared_sources_alone(options, capsys, tmp_path):
    assert run("check", *words(options, "--processes", "2")) == 0
    out = capsys.readouterr().out.splitlines()
    assert out[0] == f"8 conversations per epoch (questions 8 of 8); {STEPS} steps of {BATCH} on 2 processes"
    assert out[1] == "looked at 8 conversations: 0 cannot be used (0.00%)"
    lengths = re.fullmatch(r"tokens: median (\d+), longest (\d+); label tokens: mean (\d+\.\d)", out[2])
    assert 50 < int(lengths[1]) <= int(lengths[2]) <= 300
    assert 5 < float(lengths[3]) < 60
    assert re.fullmatch(r"on 2 processes: 1\.0 micro-batches per step and process, padding .*%", out[3])
    assert not (tmp_path / "here" / "run").exists()
    assert len(list((tmp_path / "cache").iterdir())) == 1


def test_check_counts_what_cannot_be_used(options, capsys):
    assert run("check", *words(options, "--steps", "1")) == 0
    found = int(re.search(r"median (\d+)", capsys.readouterr().out)[1])
    assert run("check", *words(options | {"--data.max_length": str(found)})) == 3
    out = capsys.readouterr().out
    lost = int(re.search(r"8 conversations: (\d) cannot be used", out)[1])
    assert 0 < lost < 8
    assert f"  longer than max_length: {lost}" in out


def test_the_command_line_overrides_config_files_wherever_it_names_them(options, capsys, tmp_path):
    path = tmp_path / "my.yaml"
    path.write_text(
        f"model:\n  path: {options.pop('--model.path')}\ndata:\n  batch: 3\n"
        f"  sources:\n    - path: {options.pop('--data.sources')[2:-2]}\n      repeat: 2\n      name: twice\n"
    )
    del options["--data.batch"]
    assert run("check", *words(options, "--config", path)) == 0
    assert "16 conversations per epoch (twice 16 of 8); 6 steps of 3" in capsys.readouterr().out
    assert run("check", "--data.batch", "5", *words(options, "--config", path)) == 0
    assert "4 steps of 5 on 1 process\n" in capsys.readouterr().out


FILES = {
    "broken.yaml": "data: [unclosed\n  x: 1",
    "typo.yaml": "data:\n  bacth: 3\n",
    "list.yaml": "- 1\n",
    "number.yaml": "lora: 3\n",
    "plain.txt": "x",
    "empty.jsonl": "",
    "cut.jsonl": '{"id": 1',
    "own/config.json": '{"model_type": "internvl_chat"}',
    "bert/config.json": '{"model_type": "bert"}',
    "no_config/x": "",
}
BEFORE_SOURCES = [
    ({"--model.path": "/gone"}, 1, "/gone must be a model's folder or its name on the hub, but"),
    ({"--model.path": ""}, 2, "name the model with --model.path"),
    ({"--model.path": "no_config"}, 1, "no_config must be a model's folder, but has no config.json"),
    ({"--model.path": "own"}, 1, "own is in InternVL's own format, .* such as OpenGVLab/InternVL3-8B-hf"),
    ({"--model.path": "bert"}, 1, "bert has model type 'bert'; supported are internvl, llava_onevision, "),
    ({"--model.path": "no_template"}, 1, "no_template must have a chat template, but it has none"),
    ({"--model.path": "no_tokenizer"}, 1, "no_tokenizer must hold its tokenizer, with the token of an image"),
    ({"--model.path": "no_processor"}, 1, "no_processor.*preprocessor_config.json"),
    ({"--model.dtype": "float16"}, 2, "model.dtype must be one of bfloat16, float32, got 'float16'"),
    ({"--model.attention": "flash"}, 2, "model.attention must be one of auto, sdpa, "),
    ({"--model.attention": "flash_attention_2"}, 2, "flash_attention_2 needs the package flash-attn"),
    ({"--model.quantization": "8bit"}, 2, "model.quantization must be one of none, 4bit"),
    ({"--model.quantization": "4bit"}, 2, "4bit needs the package bitsandbytes"),
    ({"--data.sources": "[]"}, 2, "name at least one source under data.sources"),
    ({"--data.sources": "rooms"}, 2, "data.sources.* list"),
    (
        {"--data.sources": "[3]"},
        2,
        "each of data.sources must be a path, or an entry with .*, got 3",
    ),
    ({"--data.sources": "[{repeat: 2}]"}, 2, "an entry with the key path"),
    ({"--data.sources": "[{path: a, repeats: 2}]"}, 2, "has no key 'repeats'; there are path, "),
    ({"--data.sources": "[{path: a, repeat: -2}]"}, 2, "repeat of the source a must be a positive number"),
    ({"--data.sources": "[gone]"}, 1, "gone does not exist; name a dataset's folder"),
    ({"--data.sources": "[plain.txt]"}, 1, "plain.txt is not training data in a format that is known"),
    ({"--data.sources": "[empty.jsonl]"}, 1, "empty.jsonl is not training data"),
    ({"--data.sources": "[cut.jsonl]"}, 1, "cut.jsonl is not training data"),
    ({"--data.batch": "0"}, 2, "data.batch must be at least 1, got 0"),
    ({"--data.batch": "many"}, 2, "--data.batch: Expected a int. Got value: many"),
    ({"--data.max_length": "0"}, 2, "data.max_length must be at least 1, got 0"),
    ({"--data.max_length": "5"}, 1, "data.max_length must hold two short questions and answers, got 5"),
    ({"--data.micro_batch_tokens": "299"}, 2, "must hold the longest conversation, data.max_length = 300"),
    ({"--data.workers": "-1"}, 2, "data.workers must be at least 0, got -1"),
    ({"--data.epochs": "0"}, 2, "data.epochs must be above 0"),
    ({"--data.epochs": ".inf"}, 2, "data.epochs"),
    ({"--data.max_steps": "0"}, 2, "data.max_steps must be at least 1, got 0"),
    ({"--data.max_dropped": "1.1"}, 2, "data.max_dropped must be a share from 0 to 1"),
    ({"--optimizer.lr": "0"}, 2, "optimizer.lr must be above 0"),
    ({"--optimizer.warmup": "1"}, 2, r"optimizer.warmup must be a share in \[0, 1\)"),
    ({"--optimizer.beta1": "-0.1"}, 2, r"optimizer.beta1 must be in \[0, 1\)"),
    ({"--optimizer.beta2": "1"}, 2, r"optimizer.beta2 must be in \[0, 1\)"),
    ({"--optimizer.eps": "-1"}, 2, "optimizer.eps must be at least 0"),
    ({"--optimizer.weight_decay": "-1"}, 2, "optimizer.weight_decay must be at least 0"),
    ({"--optimizer.max_grad_norm": "-1"}, 2, "optimizer.max_grad_norm must be at least 0"),
    ({"--lora.rank": "0"}, 2, "lora.rank must be at least 1, got 0"),
    ({"--lora.alpha": "0"}, 2, "lora.alpha must be at least 1, got 0"),
    ({"--lora.dropout": "1"}, 2, r"lora.dropout must be in \[0, 1\)"),
    ({"--images.max_tiles": "0"}, 2, "images.max_tiles must be at least 1"),
    ({"--images.max_total_tiles": "0"}, 2, "images.max_total_tiles must be at least 1"),
    ({"--evaluation.every": "0"}, 2, "evaluation.every must be at least 1"),
    ({"--evaluation.per_task": "0"}, 2, "evaluation.per_task must be at least 1"),
    ({"--checkpoint.every": "0"}, 2, "checkpoint.every must be at least 1"),
    ({"--checkpoint.keep": "0"}, 2, "checkpoint.keep must be at least 1"),
    ({"--seed": "-1"}, 2, "seed must be at least 0, got -1"),
    ({"--tracker": "paper"}, 2, "tracker must be one of tensorboard, wandb, none, got 'paper'"),
    ({"--out": ""}, 2, "name the run's folder with --out"),
    ({"--config": "gone.yaml"}, 2, "gone.yaml"),
    ({"--config": "broken.yaml"}, 2, "Problems parsing config: .* line 2"),
    ({"--config": "typo.yaml"}, 2, "does not accept option 'bacth'"),
    ({"--config": "list.yaml"}, 2, "Unexpected config: - 1"),
    ({"--data.bacth": "3"}, 2, r"unrecognized arguments: --data.bacth 3 \(did you mean --data.batch\?\)"),
]
AFTER_SOURCES = [
    ({"--data.sources": "['QUESTIONS', 'QUESTIONS']"}, 2, "two sources are called 'questions'"),
    ({"--evaluation.sources": "[gone]"}, 1, "gone does not exist"),
    (
        {"--data.hold_out": "[gone.txt]"},
        2,
        "gone.txt is neither a file nor a list; the lists are ",
    ),
    ({"--out": "no_config"}, 2, "--out no_config must be a new folder or a run's, but is neither"),
]


def copy_without(model, folder, pattern):
    shutil.copytree(model, folder, ignore=shutil.ignore_patterns(pattern))


@pytest.mark.parametrize(("wrong", "code", "said"), [*BEFORE_SOURCES, *AFTER_SOURCES])
def test_what_is_wrong_is_one_sentence_and_nothing_is_left(
    options, questions, tiny_internvl, tmp_path, capsys, wrong, code, said
):
    for name, content in FILES.items():
        path = tmp_path / "here" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(content)
    copy_without(tiny_internvl, "no_template", "chat_template.*")
    copy_without(tiny_internvl, "no_tokenizer", "tokenizer*")
    copy_without(tiny_internvl, "no_processor", "preprocessor_config.json")
    before = {path.name for path in (tmp_path / "here").iterdir()}
    wrong = {name: value.replace("QUESTIONS", str(questions)) for name, value in wrong.items()}
    assert run(*words(options | wrong, "--quiet")) == code
    lines = [line for line in capsys.readouterr().err.splitlines() if not line.startswith("Loading")]
    assert len(lines) == 1
    assert lines[0].startswith("spatialgeom: ")
    assert re.search(said, lines[0])
    assert {path.name for path in (tmp_path / "here").iterdir()} == before
    assert (wrong, code, said) in BEFORE_SOURCES or (tmp_path / "cache").exists()


@pytest.mark.parametrize("option", ["--processes", "--steps"])
@pytest.mark.parametrize("value", ["0", "-1", "x"])
def test_check_refuses_counts_below_one(options, capsys, option, value):
    assert run("check", *words(options, option, value)) == 2
    assert option in (said := capsys.readouterr().err)
    assert len(said.splitlines()) == 1


def test_a_file_in_place_of_the_run_folder_is_refused(options, tmp_path, capsys):
    del options["--data.cache"]
    (tmp_path / "here" / "run").write_text("mine")
    assert run(*words(options, "--quiet")) in (1, 2)
    assert len(capsys.readouterr().err.splitlines()) == 1
    assert (tmp_path / "here" / "run").read_text() == "mine"


@pytest.mark.slow
def test_accelerate_starts_it(options, tmp_path):
    launcher = [sys.executable, "-m", "accelerate.commands.launch", "--cpu", "--num_processes", "1"]
    launcher += ["--num_machines", "1", "--mixed_precision", "no", "--dynamo_backend", "no"]
    done = subprocess.run(
        [*launcher, "-m", "spatialgeom.apps.train", *words(options)],
        capture_output=True,
        text=True,
        cwd=tmp_path / "here",
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[0] == f"{STEPS} steps, {COUNT} conversations -> run"
    assert f"step {STEPS} of {STEPS}: loss " in done.stderr
    assert "Traceback" not in done.stderr
    adapter = tmp_path / "here" / "run" / f"step-{STEPS:07d}" / "adapter_model.safetensors"
    assert adapter.is_file()
