"""Tool XML read as Galaxy reads it, as far as forms are concerned: macros and tokens put in their places."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, NamedTuple
from xml.etree import ElementTree

from tests.galaxy.server import SUITE

if TYPE_CHECKING:
    from collections.abc import Iterator
    from xml.etree.ElementTree import Element

#: Value of a select that means: leave the option out.
LEFT_OUT = "auto"


class Parameter(NamedTuple):
    """A field of a form: the flag that it sets, its type, default, choices and help."""

    flag: str
    type: str
    default: object
    choices: tuple[str, ...]
    labels: tuple[str, ...]
    help: str


def read_tool(name: str) -> Element:
    """Return a tool with all macros and tokens put in."""
    macros = ElementTree.parse(SUITE / "macros.xml").getroot()
    text = (SUITE / f"{name}.xml").read_text(encoding="utf-8")
    tokens = {token.get("name", ""): (token.text or "").strip() for token in macros.iter("token")}
    tool = ElementTree.fromstring(text)
    known = {macro.get("name", ""): macro for source in (macros, tool) for macro in source.iter("xml")}
    root = _expanded(tool, known)[0]
    for element in root.iter():
        for token, value in tokens.items():
            element.text = element.text and element.text.replace(token, value)
            for key, found in element.attrib.items():
                element.set(key, found.replace(token, value))
    return root


def parameters(tool: Element) -> Iterator[Parameter]:
    """Yield the fields that name a flag of the command line."""
    for param in tool.iter("param"):
        flag = param.get("argument")
        if flag is None:
            continue
        options = param.findall("option")
        chosen = tuple(option.get("value", "") for option in options if option.get("selected") == "true")
        default: object = param.get("value")
        if options:
            default = chosen if param.get("multiple") == "true" else (*chosen, LEFT_OUT)[0]
        yield Parameter(
            flag,
            param.get("type", ""),
            default,
            tuple(option.get("value", "") for option in options),
            tuple(option.text or "" for option in options),
            param.get("help", ""),
        )


def _expanded(element: Element, macros: dict[str, Element], content: list[Element] | None = None) -> list[Element]:
    """Return what an element becomes: ``expand`` the macro's children, ``yield`` what was given to it."""
    if element.tag == "yield":
        return content or []
    if element.tag == "expand":
        given = [new for child in element for new in _expanded(child, macros, content)]
        macro = macros[element.get("macro", "")]
        own = {
            name.removeprefix("token_"): element.get(name.removeprefix("token_"), default)
            for name, default in macro.attrib.items()
            if name.startswith("token_")
        }
        return [_filled(new, own) for child in macro for new in _expanded(child, macros, given)]
    result = copy.copy(element)
    if element.tag == "macros":  # definitions, no part of the form
        result[:] = []
        return [result]
    result[:] = [new for child in element for new in _expanded(child, macros, content)]
    return [result]


def _filled(element: Element, tokens: dict[str, str]) -> Element:
    """Put the values of a macro's own tokens in: ``@FIRST@`` becomes that of ``first``."""
    for found in element.iter():
        for name, value in tokens.items():
            token = f"@{name.upper()}@"
            found.text = found.text and found.text.replace(token, value)
            for key, old in found.attrib.items():
                found.set(key, old.replace(token, value))
    return element
