"""Forms and command line say the same: options, defaults, choices, help; and the suite holds what a reviewer asks for."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest

import mbembed
from mbembed.cli.arguments import READING
from mbembed.cli.main import build_parser
from mbembed.options import CONVERT, EVALUATE, EXPLAIN, IMPUTE, NEIGHBOURS, OPTIONS, REPORT, Option
from mbembed.tables.labels import RANKS
from mbembed.tables.registry import formats
from tests.galaxy.forms import LEFT_OUT, parameters, read_tool
from tests.galaxy.make_test_data import lines, simulate, text_tables
from tests.galaxy.server import SUITE, suite_tools
from tests.helpers import ROOT

if TYPE_CHECKING:
    from pathlib import Path

TOOLS = [tool.stem for tool in suite_tools()]
#: The options of each command, as the command line has them.
BY_COMMAND = {
    "embed": OPTIONS | REPORT,
    "inspect": OPTIONS,
    "convert": OPTIONS | CONVERT,
    "evaluate": OPTIONS | EVALUATE,
    "explain": OPTIONS | EXPLAIN,
    "impute": OPTIONS | IMPUTE,
    "neighbours": NEIGHBOURS,
    "report": OPTIONS | REPORT,
}
#: Flags that no field sets, and why.
NO_FIELD = {
    "--model": "chosen by where the model comes from",
    "--device": "for the administrator to decide",
    "--output": "an output of the tool",
    "--match": "an output of the tool",
    "--summary": "an output of the tool",
    "--report": "an output of the tool",
    "--samples": "an output of the tool",
    "--surprises": "an output of the tool",
    "--figure": "an output of the tool",
    "--json": "the tool gives words and a table",
    "--restart": "a job begins anew",
    "--resume": "a job begins anew, in a folder of its own",
    "--shard": "for array jobs; Galaxy splits work by collections",
    "--jobs": "as many as the job has cores",
    "--threads": "as many as the job has cores: GALAXY_SLOTS",
    "--help": "",
    "--quiet": "",
    "--verbose": "",
    "--debug": "",
}
#: Fields that are datasets to choose, but no options of the list.
FILES = {("mbembed_report", "--summary"), ("mbembed_report", "--table")}
#: How a table is read; a report reads it as the summary of the embedding says.
AS_BEFORE = {"mbembed_report": {OPTIONS[name].flag for name in READING}}
#: Words of the command line's help that mean nothing in a form, and what stands there.
ONLY_TYPED = {
    " (default: by the suffix of OUT)": "",
    ", separated by commas": "",
    "--surprises lists": "the table of surprises lists",
}
#: Values that a form begins with where the command line has none, because one of several questions is asked.
BEGINS_WITH = {"protocols": (), "to": "biom", "axis": "1", "dimension": "0"}
#: Largest file that tools-iuc takes (bytes).
LARGEST = 1_000_000


def flags(command: str) -> set[str]:
    commands = next(action for action in build_parser()._actions if action.dest == "command")
    actions = commands.choices[command]._actions  # type: ignore[index]
    return {flag for action in actions for flag in action.option_strings if flag.startswith("--")}


def choices(option: Option) -> tuple[str, ...]:
    known = {"format": tuple(formats()), "rank": tuple(dict.fromkeys(RANKS.values()))}
    return known.get(option.name, option.choices)


@pytest.mark.parametrize("tool", TOOLS)
def test_every_flag_is_in_the_form_or_has_a_reason_not_to_be(tool: str) -> None:
    shown = {parameter.flag for parameter in parameters(read_tool(tool))}
    command = tool.removeprefix("mbembed_")
    assert shown <= flags(command)
    assert flags(command) - shown <= set(NO_FIELD) | AS_BEFORE.get(tool, set())


@pytest.mark.parametrize(
    ("tool", "flag"), [(tool, parameter.flag) for tool in TOOLS for parameter in parameters(read_tool(tool))]
)
def test_form_and_command_line_agree(tool: str, flag: str) -> None:
    parameter = next(parameter for parameter in parameters(read_tool(tool)) if parameter.flag == flag)
    if (tool, flag) in FILES:
        assert parameter.type == "data"
        return
    if flag in NO_FIELD:
        return
    option = BY_COMMAND[tool.removeprefix("mbembed_")][flag[2:].replace("-", "_")]
    words = option.help[0].upper() + option.help[1:]
    for typed, shown in ONLY_TYPED.items():
        words = words.replace(typed, shown)
    assert parameter.help.startswith(words), "the help of the command line"
    if parameter.choices:
        assert tuple(value for value in parameter.choices if value != LEFT_OUT) == choices(option)
    if parameter.type in {"data", "data_column"}:
        assert option.default is None
    elif isinstance(option.default, tuple):
        assert parameter.default == option.default
    elif option.default is None:
        left_out = BEGINS_WITH.get(option.name, LEFT_OUT if parameter.choices else "")
        assert parameter.default == left_out
    else:
        assert parameter.default == str(option.default)


def test_formats_have_the_titles_of_the_readers() -> None:
    parameter = next(found for found in parameters(read_tool("mbembed_embed")) if found.flag == "--format")
    assert dict(zip(parameter.choices[1:], parameter.labels[1:], strict=True)) == formats()


@pytest.mark.parametrize("tool", TOOLS)
def test_conventions(tool: str) -> None:
    root = read_tool(tool)
    assert root.get("id") == tool
    assert root.get("version") == f"{mbembed.__version__}+galaxy0"
    assert tuple(map(int, root.get("profile", "0.0").split("."))) >= (25, 1)
    assert root.get("license") == "Apache-2.0"
    command = root.find("command")
    assert command is not None
    assert command.get("detect_errors") == "exit_code"
    assert command.text
    assert "\\${GALAXY_SLOTS:-1}" in command.text
    assert root.findtext("version_command") == "mbembed --version"
    tests = root.findall("tests/test")
    assert any(test.get("expect_failure") for test in tests)
    assert all(test.get("expect_num_outputs") or test.get("expect_failure") for test in tests)
    tested = {found.get("name") for test in tests for found in test if found.tag.startswith("output")}
    outputs = root.find("outputs")
    assert outputs is not None
    assert {output.get("name") for output in outputs} <= tested
    text = root.findtext("help") or ""
    for head in ("What it does", "Inputs", "Outputs", "How to read the match", "Citations"):
        assert f"**{head}**" in text


def test_data_table_of_sample_and_tests_agree() -> None:
    def columns(name: str) -> list[str]:
        return re.findall(r"<columns>(.+)</columns>", (SUITE / name).read_text())

    assert (
        columns("tool_data_table_conf.xml.sample") == columns("tool_data_table_conf.xml.test") == ["value, name, path"]
    )
    loc = (SUITE / "tool-data" / "mbembed_models.loc.sample").read_text()
    assert all(line.startswith("#") for line in loc.splitlines() if line)


def test_workflow_names_the_tools_as_they_are() -> None:
    for workflow in (SUITE / "workflows").glob("*.ga"):
        steps = [step for step in json.loads(workflow.read_text())["steps"].values() if step["type"] == "tool"]
        assert steps
        for step in steps:
            assert step["tool_version"] == read_tool(step["tool_id"]).get("version")
        assert workflow.with_name(f"{workflow.stem}-tests.yml").is_file()


def test_shed_file_lists_the_suite() -> None:
    text = (SUITE / ".shed.yml").read_text()
    assert "auto_tool_repositories" in text
    assert "suite:" in text
    assert "type: unrestricted" in text


def test_files_are_small_and_made_by_the_generator(tmp_path: Path) -> None:
    assert all(path.stat().st_size < LARGEST for path in SUITE.rglob("*") if path.is_file())
    text_tables(*simulate(), tmp_path)
    for made in tmp_path.iterdir():
        assert made.read_bytes() == (SUITE / "test-data" / made.name).read_bytes(), made.name
    assert lines(["a", 1], ["b", 2]) == "a\t1\nb\t2\n"


def test_screenshots_of_the_documentation_are_small() -> None:
    page = (ROOT / "docs" / "galaxy.md").read_text()
    pictures = re.findall(r"!\[[^\]]+\]\(([^)]+\.png)\)", page)
    assert len(pictures) == 3
    for picture in pictures:
        assert (ROOT / "docs" / picture).stat().st_size < 300_000
