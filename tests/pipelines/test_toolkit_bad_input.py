"""Bad input of the toolkit's commands: a sentence, an exit code, and nothing created."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from mediakeep.commands import audio_toolkit
from tests.sampling import each_row

HEAD = "name: x\ninput: {path: in}\n"
STEP = "steps: [{name: cut, processor: splitter-fixed, params: {duration: 5}}]\n"
FILES = {
    "good.yaml": HEAD + STEP,
    "negative.yaml": HEAD + STEP.replace("5", "-5"),
    "bomb.yaml": "a: &a [x,x]\nb: &b [*a,*a]\n" + HEAD + STEP,
    "tag.yaml": "name: !!python/object/apply:os.system ['touch owned']\n" + STEP,
    "same.yaml": HEAD + "settings: {output_dir: ./in}\n" + STEP,
    "in-file.yaml": HEAD + "settings: {output_dir: good.yaml/out}\n" + STEP,
    "no-wav.yaml": HEAD.replace("in}", "in, formats: [ogg]}") + STEP,
    "twice.yaml": HEAD + STEP.replace("]", ", {name: CUT, processor: converter}]"),
    "large.yaml": HEAD + "# " + "x" * 20_000_000,
    "in/a.wav": "",
}
FIXED = ("split", "fixed", "--input")
RUN, CHECK = ("pipeline", "run", "-c"), ("pipeline", "validate", "-c")


@pytest.mark.long
@each_row(
    ("words", "sentence"),
    [
        ((*CHECK, "negative.yaml"), 'line 3, column 67: "duration" is not valid. Use a number abo'),
        ((*RUN, "negative.yaml"), "negative.yaml is not a valid pipeline:\n  line 3, column 67:"),
        ((*RUN, "bomb.yaml"), "line 2, column 8: the alias *a repeats a value. Write the value"),
        ((*RUN, "tag.yaml"), "the tag tag:yaml.org,2002:python/object/apply:os.system is not all"),
        ((*RUN, "twice.yaml"), 'step "CUT" occurs twice. Rename one of them.'),
        ((*RUN, "large.yaml"), "large.yaml cannot be read: it is larger than"),
        ((*RUN, "missing.yaml"), "missing.yaml cannot be read: No such file or directory."),
        ((*RUN, "in"), "in cannot be read: it is not a regular file."),
        ((*RUN, "same.yaml"), "/in is input and output folder. Choose another output folder."),
        ((*RUN, "in-file.yaml"), "/good.yaml is not a folder. Choose another output folder."),
        ((*RUN, "no-wav.yaml"), "/in has no files that end with .ogg. Correct path or formats."),
        ((*RUN, "good.yaml", "--preset", "x"), 'No preset "x". Presets: podcast'),
        ((*RUN, "good.yaml", "--preset", "phone"), "Preset phone has no values for splitter-fixed"),
        (("pipeline", "list", "--input", "nowhere"), "nowhere is not a folder. Correct the path."),
        ((*FIXED, "in"), "split fixed needs --duration (a number above 0 to 1000000 (s))."),
        ((*FIXED, "in", "--duration", "-5"), '"-5" is not a number above 0 to 1000000 (s)'),
        ((*FIXED, "in", "--duration", "nan"), '"nan" is not a number above 0 to 1000000 (s)'),
        ((*FIXED, "nowhere", "--duration", "5"), "/nowhere does not exist. Correct the path"),
        ((*FIXED, "in", "--duration", "5", "--output", "in"), "/in is input and output folder."),
        ((*FIXED, "in", "--duration", "5", "--output", "in/a.wav"), "/in/a.wav is not a folder."),
        (
            ("metadata", "set", "--input", "in", "--set", "titel=x"),
            'params of metadata: Unknown field "titel". Known fields: acoustid_id, album',
        ),
        (("split", "fixd"), "No such command 'fixd'. Did you mean 'fixed'?"),
        (("convert", "--input", "in", "--format", "xyz"), '"xyz" is not one of same, wav, flac'),
        (("sessions", "info"), "There is no session yet. Begin one: audiotoolkit pipeline run"),
        (("sessions", "info", "2020"), 'There is no session "2020".'),
        (("sessions", "resume", "../2020"), 'There is no session "../2020".'),
        (("sessions", "resume"), "No session is unfinished. Begin one: audiotoolkit pipeline run"),
        (("sessions", "list", "--limit", "0"), "0 is not in the range x>=1."),
        (("sessions", "clean", "--older-than", "x"), '"x" is not a duration'),
        (
            ("plugins", "info", "convertor"),
            'There is no processor "convertor". Did you mean converter?',
        ),
    ],
)
def test_bad_input_is_named_and_nothing_is_created(
    words: tuple[str, ...], sentence: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "in").mkdir()
    for name, text in FILES.items():
        (tmp_path / name).write_text(text)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MEDIAKEEP_HOME", str(tmp_path / "home"))
    done = CliRunner().invoke(audio_toolkit.main, words)
    assert sentence in done.output
    assert done.exit_code == 2
    found = {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*")}
    assert found == {*FILES, "in"}
