"""A small made-up cohort for the tests of the report, of whatever species the default model has."""

from __future__ import annotations

import itertools
from html.parser import HTMLParser

import numpy as np
import pandas as pd

import mbembed

#: A name that would run in a browser, if it were not escaped.
HOSTILE = '<script>alert("x")</script>'


def table(n_samples: int = 12, *, stranger: float = 0.0, seed: int = 1) -> pd.DataFrame:
    """Return percentages of 30 species of the default model, and a share of a taxon that no model knows."""
    rng = np.random.default_rng(seed)
    species = mbembed.load_model().species[:30]
    values = rng.dirichlet(np.full(len(species), 0.3), n_samples) * 100 * (1 - stranger)
    frame = pd.DataFrame(values, index=[f"S{i:02}" for i in range(n_samples)], columns=species)
    if stranger:
        frame["Nobodia ignota"] = 100 * stranger
    return frame


def metadata(n_samples: int = 12) -> pd.DataFrame:
    """Return groups, measurements with a gap, a constant and a column of ids."""
    return pd.DataFrame(
        {
            "sample": [f"S{i:02}" for i in range(n_samples)],
            "barcode": [f"bc-{i}" for i in range(n_samples)],
            "kit": "one",
            "group": ["case" if i % 3 else "control" for i in range(n_samples)],
            "age": [str(30.5 + i) if i else "NA" for i in range(n_samples)],
        }
    )


class Page(HTMLParser):
    """What stands in a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.images: list[dict[str, str | None]] = []
        self.addresses: list[str] = []
        self.headings: list[tuple[int, str]] = []
        self.ids: set[str] = set()
        self._text: list[str] = []
        self._open: list[str] = []
        self.feed(html)
        self.text = " ".join(" ".join(self._text).split())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = dict(attrs)
        self.tags.append(tag)
        self.addresses += [named[key] or "" for key in ("src", "href") if key in named]
        if "id" in named:
            self.ids.add(named["id"] or "")
        if tag == "img":
            self.images.append(named)
        if tag in {"h1", "h2", "h3", "h4"}:
            self.headings.append((int(tag[1]), ""))
        if tag not in {"meta", "link", "img", "br"}:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag, f"{tag} closes what it did not open"

    def handle_data(self, data: str) -> None:
        self._text.append(data)
        if self._open and self._open[-1] in {"h1", "h2", "h3", "h4"}:
            level, text = self.headings[-1]
            self.headings[-1] = (level, text + data)


def check_page(html: str) -> Page:
    """Hold what every page must hold: whole by itself, no scripts, headings in order, words for every figure."""
    page = Page(html)
    assert not page._open
    assert not {"script", "iframe", "object", "svg", "style"} & set(page.tags)
    assert all(address.startswith(("data:", "#")) for address in page.addresses), page.addresses
    assert {address[1:] for address in page.addresses if address.startswith("#")} <= page.ids
    levels = [level for level, _ in page.headings]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels)), page.headings
    assert all(len(image["alt"] or "") > 40 for image in page.images)
    assert all(image["width"] and image["height"] for image in page.images)
    return page
