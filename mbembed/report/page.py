"""Pages: one self-contained HTML file each, from Jinja2 templates and one style sheet.

What the pages owe to where they are read: Galaxy cleans the HTML of tools that are not on a
server's list. It removes the tags ``style`` and ``svg`` but leaves the text inside them, and
removes data addresses. So the style sheet is a ``link`` and each figure an ``img``, both with
their content in a data address: cleaned, they leave nothing, and the alternative text.
"""

from __future__ import annotations

from importlib.resources import files
from typing import TYPE_CHECKING
from urllib.parse import quote

from mbembed.extras import require_extra

if TYPE_CHECKING:
    import os

__all__ = ["check_report", "data_address", "render", "write_html"]

#: Characters that mean nothing in an address nor in an attribute of HTML.
_PLAIN = "/:;=,+-.()@!*$"
#: The style sheet, inside the package ``mbembed.report``.
_STYLE = "templates/page.css"


def check_report() -> None:
    """Check, before any work, that pages can be made.

    Raises
    ------
    MissingExtraError
        If Jinja2 or matplotlib is not installed.
    """
    require_extra("report", "a report")


def data_address(content: bytes, kind: str) -> str:
    """Return content as an address that holds it.

    Parameters
    ----------
    content : bytes
    kind : str
        Its media type.

    Examples
    --------
    >>> data_address(b"p { color: #333 }", "text/css")
    'data:text/css,p%20%7B%20color:%20%23333%20%7D'
    """
    # Shorter than base64 for text, and much shorter for figures that hold an image in base64.
    return f"data:{kind},{quote(content, safe=_PLAIN)}"


def render(package: str, template: str, **content: object) -> str:
    """Fill in a template.

    Parameters
    ----------
    package : str
        Package with a folder ``templates``; those of ``mbembed.report`` are found as well.
    template : str
        Name of the file.
    **content
        What the template names. Every text is escaped: a sample may be called ``<script>``.

    Returns
    -------
    str
        HTML; the same for the same content.
    """
    from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=ChoiceLoader([PackageLoader(name) for name in dict.fromkeys((package, "mbembed.report"))]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    style = data_address(files("mbembed.report").joinpath(_STYLE).read_bytes(), "text/css;charset=utf-8")
    return environment.get_template(template).render(style=style, **content)


def write_html(path: str | os.PathLike[str], html: str) -> None:
    """Write a page, whole or not at all.

    Raises
    ------
    OutputError
        If the file cannot be written.
    """
    from mbembed.outputs.atomic import atomic_path

    with atomic_path(path) as temporary:
        # A name that is no valid Unicode (half a surrogate pair) must not cost the page.
        temporary.write_text(html, encoding="utf-8", errors="replace", newline="\n")
