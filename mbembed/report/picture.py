"""Pictures: how every figure of mbembed looks, and how it becomes SVG or PNG."""

from __future__ import annotations

import html
import io
import re
import warnings
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from matplotlib.figure import Figure

__all__ = ["COLOURS", "GREY", "MARKERS", "PALE", "Picture", "Table", "drawing", "picture", "save", "shorten"]

#: Colours that the colour-blind tell apart (Okabe & Ito 2008, Color Universal Design): blue,
#: vermillion, bluish green, reddish purple, orange, sky blue, black. Its yellow is left out:
#: too pale on white.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
#: One for each colour, as no figure may depend on colour alone.
MARKERS = ("o", "s", "^", "D", "v", "P", "X")
#: Everything else; lines and areas behind the data.
GREY, PALE = "#767676", "#D9D9D9"
#: Resolution of PNG files and of points that are drawn as an image (dots per inch).
DPI = 150
#: CSS pixels of an inch, by definition (CSS Values 4, section 6.2).
CSS_PIXELS = 96
#: Characters of a label in a figure.
LABEL_LENGTH = 28

#: A cell of a table that is a number, a share, an interval, or nothing.
_NUMBER = re.compile(r"<?[-−+]?[\d.,]+(e[-+]?\d+)?%?|nan|–|")

_STYLE: dict[str, Any] = {
    "axes.axisbelow": True,
    "axes.edgecolor": GREY,
    "axes.grid": True,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlesize": 11,
    "axes.unicode_minus": True,
    "figure.constrained_layout.use": True,
    "figure.facecolor": "white",
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],  # comes with matplotlib: the same layout everywhere
    "font.size": 10,
    "grid.color": "#ECECEC",
    "legend.frameon": False,
    "legend.fontsize": 9,
    "savefig.dpi": DPI,
    "svg.fonttype": "none",  # text stays text
    "svg.hashsalt": "mbembed",  # the same identifiers, so the same bytes
    "text.parse_math": False,  # a dollar sign in a name is a dollar sign
    "xtick.color": "#333333",
    "ytick.color": "#333333",
}


class Table(NamedTuple):
    """The numbers behind a figure, or a list for people.

    Attributes
    ----------
    caption : str
    columns : sequence of str
    rows : sequence of sequence of str
        As they are shown.
    """

    caption: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]

    @property
    def numeric(self) -> set[int]:
        """Positions of the columns that hold numbers only; they stand to the right. The first holds names.

        Examples
        --------
        >>> Table("", ("sample", "matched"), [("S1", "98.2%"), ("2", "–")]).numeric
        {1}
        """
        columns = range(1, len(self.columns))
        return {i for i in columns if self.rows and all(_NUMBER.fullmatch(row[i]) for row in self.rows)}


@dataclass(frozen=True)
class Picture:
    """A figure for a page.

    Attributes
    ----------
    title : str
        Heading above it.
    description : str
        What one sees in it, for those who cannot; its alternative text.
    svg : bytes
    width, height : int
        As it is meant to be shown (CSS pixels).
    caption : str
        How to read it.
    table : Table, optional
        The numbers behind it.
    """

    title: str
    description: str
    svg: bytes
    width: int
    height: int
    caption: str = ""
    table: Table | None = None

    @property
    def address(self) -> str:
        """The figure as an address that holds it."""
        from mbembed.report.page import data_address

        return data_address(self.svg, "image/svg+xml")


@contextmanager
def drawing() -> Iterator[None]:
    """Draw in the style of mbembed, whatever the user's own settings of matplotlib are."""
    import matplotlib as mpl

    with warnings.catch_warnings(), mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update(_STYLE)
        # Names in other scripts: a browser has the glyphs that matplotlib's own font lacks.
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        warnings.filterwarnings("ignore", message="Matplotlib currently does not support")
        yield


def picture(figure: Figure, title: str, description: str, *, caption: str = "", table: Table | None = None) -> Picture:
    """Make a figure a picture for a page; call inside :func:`drawing`."""
    width, height = (round(inches * CSS_PIXELS) for inches in figure.get_size_inches())
    return Picture(title, description, to_svg(figure, title, description), width, height, caption, table)


def to_svg(figure: Figure, title: str, description: str) -> bytes:
    """Return a figure as SVG with its title and description; call inside :func:`drawing`.

    Parameters
    ----------
    figure : Figure
    title, description : str

    Returns
    -------
    bytes
        UTF-8; the same for the same figure.
    """
    buffer = io.BytesIO()
    figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
    text = buffer.getvalue().decode("utf-8")
    start = text.index(">", text.index("<svg ")) + 1
    words = f"<title>{html.escape(title)}</title><desc>{html.escape(description)}</desc>"
    return f"{text[:start]}{words}{text[start:]}".encode()


def save(figure: Figure, folder: Path, name: str, description: str) -> list[Path]:
    """Save a figure as ``NAME.png`` and ``NAME.svg``; call inside :func:`drawing`.

    Returns
    -------
    list of Path
        The PNG, then the SVG.
    """
    from mbembed.outputs.atomic import atomic_path

    paths = [folder / f"{name}.png", folder / f"{name}.svg"]
    with atomic_path(paths[0]) as temporary:
        figure.savefig(temporary, format="png", metadata={"Software": None, "Description": description})
    with atomic_path(paths[1]) as temporary:
        temporary.write_bytes(to_svg(figure, name, description))
    return paths


def shorten(text: str, length: int = LABEL_LENGTH) -> str:
    """Cut a label that is too long for a figure, in its middle: the ends tell names apart.

    Examples
    --------
    >>> shorten("Bacteroides uniformis"), shorten("a_very_long_sample_name_0017", 12)
    ('Bacteroides uniformis', 'a_very…_0017')
    """
    text = " ".join(text.split())
    if len(text) <= length:
        return text
    tail = (length - 1) // 2
    return f"{text[: length - 1 - tail]}…{text[-tail:]}"
