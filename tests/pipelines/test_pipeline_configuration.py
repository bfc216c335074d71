"""Pipeline files: what they mean, and all their faults at once, with line, column and cure."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from mediakeep import path_text
from mediakeep.errors import (
    InvalidPipelineError,
    InvalidYAMLError,
    MissingParameterError,
    UnknownProcessorError,
    UsageError,
)
from mediakeep.pipelines import configuration
from tests.pipelines.pipeline_home import SCRIPTS

HEAD = "name: test\ninput: {path: ./in}\n"
STEPS = "steps:\n  - {name: quiet, processor: halve}\n"

# A document, and what the text of each of its faults begins with and contains: "line:column ...".
BROKEN = [
    ("", ["1:1 it is empty. Write name, input and steps."]),
    ("[1, 2", ["1:6 ", "Check quotes, brackets"]),
    ("name: 'a\n", ["2:1 ", "end of stream"]),
    ("name: a\n\tb: 1\n", ["2:1 ", "cannot start any token"]),
    ("a: 1\nb: 2: 3\n", ["2:5 mapping values are not allowed here."]),
    ("name: a\x01b\n", ["1:1 it has a control character. Remove it."]),
    ("- a\n", ["1:1 the pipeline is not a mapping."]),
    ("42", ["1:1 the pipeline is not a mapping."]),
    (
        "{}\n",
        ['1:1 the pipeline has no "name". Add it: a text.', "Add it: a mapping. ", "it: a list. "],
    ),
    (HEAD + "steps: []\n", ["3:8 no steps. Add one"]),
    (HEAD + "steps: none\n", ["3:8 no steps."]),
    (
        HEAD + STEPS + "  - {name: Quiet, processor: halve}\n",
        ['5:5 step "Quiet" occurs twice. Rename one of them.'],
    ),
    (
        HEAD + "steps:\n  - {name: q, processor: halv}\n  - {name: r, processor: cut}\n",
        [
            '4:26 There is no processor "halv". Did you mean halve?',
            '5:5 params of cut has no "length". Add it: a whole number from 1 (samples). Samples',
        ],
    ),
    (
        HEAD + "steps:\n  - name: q\n    processor: halve\n    params: {times: 9, sufix: a}\n",
        [
            '6:21 "times" is not valid. Use a whole number',
            '6:24 unknown key "sufix" in params of halve. Did you mean suffix?',
        ],
    ),
    (
        HEAD + "steps:\n  - {name: q, processor: halve, params: {times: 2.5}}\n",
        ['4:49 "times" is not valid. Use a whole number from 1 to 8.'],
    ),
    (
        HEAD + "steps:\n  - {name: q, processor: halve, params: {suffix: -quite}}\n",
        ['4:50 "suffix" is not valid. Use one of none, -quiet, -soft. Did you mean -quiet?'],
    ),
    (
        HEAD + "steps:\n  - {name: q, processor: halve, params: [2]}\n",
        ["4:41 params of halve is not a mapping."],
    ),
    (
        HEAD + STEPS + "settings: {checkpoint_interval: 0, continue_on_eror: true}\n",
        ['5:33 "checkpoint_interval" is not valid', '5:36 unknown key "continue_on_eror"'],
    ),
    (HEAD + STEPS + "settings: {continue_on_error: maybe}\n", ["5:31 ", "Use yes or no."]),
    ("name: test\ninput: {path: ./in, formats: wav}\n" + STEPS, ["2:30 ", "Use a list"]),
    ("name: test\ninput: {path: ./in, formats: []}\n" + STEPS, ['2:30 "formats" is not valid']),
    ("name: test\ninput: {}\n" + STEPS, ['2:8 "input" has no "path".']),
    ("name: test\ninput: {path: }\n" + STEPS, ['2:14 "path" is not valid. Use a text.']),
    (
        HEAD + "steps:\n  - {name: ../up, processor: halve, needs: some}\n",
        [
            '4:12 the name "../up" cannot be that of a folder.',
            '4:44 "needs" is not valid. Use one of file, all.',
        ],
    ),
    (HEAD + STEPS + "steps: []\nname: twice\n", ['5:1 "steps" occurs twice.', '6:1 "name" occ']),
    (
        "name: &a [x]\ninput: {path: *a}\n" + STEPS,
        ["1:7 ", '2:15 the alias *a repeats a value. Write the value instead."'[:-1]],
    ),
    (
        "name: !!python/object/apply:os.system ['id']\ninput: {path: !x ./in}\n" + STEPS,
        ["1:7 the tag tag:yaml.org,2002:python/object/apply:os.system is not", "2:15 the tag !x"],
    ),
    (HEAD + STEPS + "{a: 1}: b\n? [x]\n: y\n", ["6:3 ", "5:1 ", 'unknown key "?"']),
    (HEAD + STEPS + "---\nname: b\n", ["5:1 a second document begins. Remove it."]),
    ("[" * 1000, ["1:21 values are nested too deeply."]),
    (HEAD + STEPS + "description: 2024-99-99\nversion: [1]\n", ["6:10 ", "Use a text."]),
]


@pytest.fixture(autouse=True)
def _find_processors(monkeypatch: pytest.MonkeyPatch) -> None:
    from mediakeep.processors import registry

    monkeypatch.syspath_prepend(SCRIPTS)
    monkeypatch.setattr(registry, "load_plugins", registry.load_plugins.__wrapped__)


@pytest.mark.parametrize(("text", "expected"), BROKEN)
def test_all_faults_are_named_at_once(text: str, expected: list[str], tmp_path: Path) -> None:
    path = tmp_path / "pipeline.yaml"
    path.write_text(text)
    faults = configuration.validate_file(path)
    found = [re.sub(r"line (\d+), column (\d+):", r"\1:\2", fault) for fault in faults]
    positions = [text for text in expected if re.match(r"\d+:", text)]
    assert len(found) >= len(positions)
    for start in expected:
        assert any(start in fault for fault in found), (start, found)
    for fault in found:
        assert any(fault.startswith(start) or start in fault for start in expected), fault
        assert fault.rstrip().endswith((".", "?")), fault
    with pytest.raises(InvalidPipelineError) as error:
        configuration.load_file(path)
    assert all(fault in str(error.value) for fault in faults)


def test_there_are_enough_broken_files() -> None:
    assert len(BROKEN) >= 25


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("[", InvalidYAMLError),
        (HEAD + "steps: [{name: a, processor: b}]", UnknownProcessorError),
        (HEAD + "steps: [{name: a, processor: cut}]", MissingParameterError),
        (HEAD + "steps: []", InvalidPipelineError),
    ],
)
def test_loading_raises_the_class_of_the_first_fault(
    text: str, kind: type[UsageError], tmp_path: Path
) -> None:
    path = tmp_path / "pipeline.yaml"
    path.write_text(text)
    with pytest.raises(kind) as error:
        configuration.load_file(path)
    assert type(error.value) is kind
    assert error.value.exit_code == 2


def test_a_pipeline_is_complete_and_its_paths_are_absolute(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    text = """
        name: 2024-01-01
        version: 1.5
        input: {path: ./in\\way, formats: [WAV]}
        steps:
          - {name: cut it, processor: cut, params: {length: 30, labels: labels.txt}}
          - {name: "3", processor: halve, needs: all}
    """
    Path("p.yaml").write_text(text)
    assert configuration.validate_file(Path("p.yaml")) == []
    found = configuration.load_file(Path("p.yaml"))
    assert (found.name, found.version) == ("2024-01-01", "1.5")
    assert path_text.to_path(found.input.path) == tmp_path / "in\\way"
    assert found.output_dir == tmp_path / "data/output"
    assert found.settings.checkpoint_interval == 100
    cut, halve = found.steps
    assert cut.params == {"length": 30, "labels": path_text.escape_path(tmp_path / "labels.txt")}
    assert halve.params == {"times": 1, "suffix": "none"}
    assert found.describe_steps() == ["Step 1: cut it (cut)", "Step 2: 3 (halve)"]


def test_aliases_that_multiply_are_refused_at_once(tmp_path: Path) -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 30)]
    path = tmp_path / "bomb.yaml"
    path.write_text("\n".join(lines))
    faults = configuration.validate_file(path)
    assert sum("repeats a value" in fault for fault in faults) == 29 * 9


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    for path in (tmp_path / "missing.yaml", tmp_path):
        with pytest.raises(UsageError, match=re.escape(str(path))):
            configuration.validate_file(path)
    large = tmp_path / "large.yaml"
    large.write_bytes(b"#" * (1 << 19))
    with pytest.raises(UsageError, match="larger than"):
        configuration.validate_file(large)
    binary = tmp_path / "binary.yaml"
    binary.write_bytes(b"name: \xff\n")
    assert configuration.validate_file(binary) == [
        "line 1, column 1: the text is not UTF-8. Save the file as UTF-8."
    ]


def test_steps_of_commands_are_checked_alike() -> None:
    (step,) = configuration.build_steps([{"processor": "halve", "params": {"times": 3}}])
    assert (step.name, step.params) == ("halve", {"times": 3, "suffix": "none"})
    with pytest.raises(MissingParameterError, match='has no "length"'):
        configuration.build_steps([{"processor": "cut"}])
    with pytest.raises(InvalidPipelineError, match="Use a whole number from 1"):
        configuration.build_steps([{"processor": "cut", "params": {"length": -5}}])
