"""The return report renders: strict markup whatever a file holds, nothing from elsewhere, and as a browser draws it."""

from __future__ import annotations

import re
import shutil
import struct
import subprocess
import xml.etree.ElementTree as ET
import zlib
from dataclasses import replace
from datetime import date
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.reports.issue_groups import Example, Group, type_of
from pipelines.reports.masking import HIDDEN
from pipelines.reports.return_page import bar, clean, headline, render, what_next
from pipelines.reports.return_report import Account, Part, Refused, ReturnReport, Said, ToLookAt

HOSTILE = '</table><script>alert("x")</script>&amp;\x00\x1b[31m\u202e=1+1'
BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
ROWS = ("Loaded", "Left out on purpose", "Repeated", "Kept out")
Colour = tuple[int, int, int]


def _parts(**counts: int) -> tuple[Part, ...]:
    return tuple(Part(name, count, "what it means") for name, count in counts.items())


def _group(kind: str, section: str, *examples: Example, column: str | None = None, rows: int = 1) -> Group:
    return Group(type_of(kind), column, rows, rows / 60 if rows else None, section, examples)  # type: ignore[arg-type]


def report() -> ReturnReport:
    """A report with something in every place."""
    records = (
        Part("Header", 1, "the heading"),
        Part("Skipped", 0, ""),
        Part("Read", 58, ""),
        Part("Unreadable", 2, ""),
    )
    rows = (
        Part("Loaded", 40, ""),
        Part("Left out on purpose", 9, ""),
        Part("Repeated", 1, ""),
        Part("Kept out", 8, ""),
    )
    said = Said("Northmark District Council", "March 2025", date(2025, 5, 9), True, "accepted", 2, 40, "")
    return ReturnReport(
        delivery_id="4481454ed1a04f0595d8fc37890d27c3",
        title="Abandoned vehicles reported to Northmark",
        partner="Northmark District Council",
        contact="Environmental services officer",
        feed="demo_northmark/abandoned_vehicle",
        file="AV_0325.csv",
        received_on=date(2025, 5, 10),
        known_on=date(2025, 5, 9),
        is_declared=True,
        periods=("March 2025",),
        suppliers=("Northmark District Council",),
        returns=(said,),
        state="accepted",
        move="both",
        row_word="line",
        total=60,
        loaded=40,
        kept_out=10,
        accounts=(Account("In the file", "records", 61, records), Account("Of those read", "rows", 58, rows)),
        groups=(
            _group("bad_value", "partner", Example(7, 0, HOSTILE, HOSTILE), column="Date reported", rows=8),
            _group("missing_value", "partner", Example(9, 3, HIDDEN, "required"), column="Ref No"),
            _group("volume_unlike_history", "partner", Example(0, 0, "", "3 rows"), rows=0),
            _group("unmapped_code", "us", Example(8, 0, "QUAD", "no entry"), column=HOSTILE),
            _group("ignored_code", "noted", Example(2, 0, "", ""), Example(5, 0, "", ""), rows=9),
            _group("repeated_hour", "noted", rows=0),
        ),
        refused=None,
        since="",
        to_look_at=(
            ToLookAt("Many values are round ones", "heaping", HOSTILE, "Another", "March 2025", HOSTILE, HOSTILE),
        ),
    )


def _tree(html: str) -> ET.Element:
    """The page as a strict parser of XML reads it."""
    return ET.fromstring(html)


def _texts(tree: ET.Element) -> str:
    return " ".join("".join(tree.itertext()).split())


def test_the_page_is_strict_markup_whatever_a_file_holds() -> None:
    html = render(report(), f"{HOSTILE}.csv".replace("\x00", ""))
    tree = _tree(html)
    assert html.startswith("<!DOCTYPE html>")
    assert '<script>alert("x")' in _texts(tree)
    assert "\x00" not in html
    assert "\x1b" not in html
    assert "\u202e" not in html


def test_what_is_to_be_looked_at_accuses_nobody_and_says_how_to_reply() -> None:
    page = _texts(_tree(render(report(), "x.csv")))
    section = page[page.index("For you to look at") : page.index("Every issue, line by line")]
    assert "Many values are round ones" in section
    assert "How to reply" in section
    assert not re.search("wrong|error|manipulat|gaming|suspici|fraud|false|mistake", section.casefold())
    assert "For you to look at" not in render(replace(report(), to_look_at=()), "x.csv")


def test_the_page_holds_all_it_needs() -> None:
    tree = _tree(render(report(), "AV_0325.csv-4481454e.csv"))
    names = {element.tag for element in tree.iter()}
    assert names.isdisjoint({"script", "link", "img", "iframe", "a", "object", "embed", "form", "base"})
    for element in tree.iter():
        assert not {"src", "href", "style"} & set(element.attrib)
        assert not any(name.startswith("on") for name in element.attrib)
    style = "".join(tree.find("head/style").itertext())  # type: ignore[union-attr]
    assert "@import" not in style
    assert "url(" not in style


def test_the_page_can_be_heard_as_well_as_seen() -> None:
    tree = _tree(render(report(), "x.csv"))
    assert tree.attrib["lang"] == "en-GB"
    headings = [int(element.tag[1]) for element in tree.iter() if re.fullmatch("h[1-6]", element.tag)]
    assert headings[0] == 1
    assert headings.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(headings))
    for table in tree.iter("table"):
        caption = table.find("caption")
        assert caption is not None
        assert "".join(caption.itertext()).strip()
        assert all(cell.attrib.get("scope") in ("col", "row") for cell in table.iter("th"))
    bars = [element for element in tree.iter("svg") if element.attrib.get("class") == "bar"]
    assert [element.attrib["aria-label"] for element in bars] == [
        "Header 1, Read 58, Unreadable 2",
        "Loaded 40, Left out on purpose 9, Repeated 1, Kept out 8",
    ]


def test_each_part_of_a_bar_has_a_pattern_of_its_own_and_its_key_beside_the_number() -> None:
    tree = _tree(render(report(), "x.csv"))
    drawn = {element.attrib["id"] for element in tree.iter("pattern")}
    for table in (table for table in tree.iter("table") if table.attrib.get("class") == "account-table"):
        fills = [element.attrib["fill"] for element in table.findall("caption/svg/rect")]
        keys = [element.attrib["fill"] for element in table.findall("tbody/tr/th/svg/rect")]
        assert len(set(keys)) == len(keys) == 4
        assert set(fills) <= set(keys)
        assert {fill.removeprefix("url(#").removesuffix(")") for fill in keys} <= drawn


@pytest.mark.parametrize("state", ["accepted", "held", "refused", "replaced", "unchecked"])
@pytest.mark.parametrize("move", ["partner", "us", "both", "nobody"])
def test_every_state_and_move_is_put_into_words(state: str, move: str) -> None:
    refused = Refused(type_of("too_many_quarantined"), "40 of 60 rows", type_of("unmapped_code"))
    made = replace(report(), state=state, move=move, refused=refused if state == "refused" else None)  # type: ignore[arg-type]
    texts = _texts(_tree(render(made, "x.csv")))
    assert headline(made) in texts
    assert what_next(made) in texts
    assert ("Why it was refused" in texts) == (state == "refused")


def test_a_refused_file_of_which_nothing_is_known_renders() -> None:
    refused = Refused(type_of("empty_file"), "AV_0325.csv: the file is empty", None)
    bare = replace(
        report(), state="refused", move="partner", refused=refused, accounts=(), groups=(), returns=(), periods=()
    )
    texts = _texts(_tree(render(bare, "x.csv")))
    assert "the file is empty" in texts
    assert "What to do: Send the file again with its header row" in texts
    assert "its rows were not counted" in texts


def test_of_many_returns_the_first_are_listed() -> None:
    many = tuple(replace(report().returns[0], period=f"week {n}") for n in range(400))
    made = replace(report(), returns=many, periods=tuple(item.period for item in many))
    texts = _texts(_tree(render(made, "x.csv")))
    assert "the first 24 of 400 returns" in texts
    assert "week 23Northmark" in texts
    assert "week 24Northmark" not in texts


@given(st.lists(st.integers(0, 10**6), min_size=4, max_size=4))
def test_a_bar_is_filled_and_every_part_of_it_can_be_seen(counts: list[int]) -> None:
    parts = _parts(**dict(zip(ROWS, counts, strict=True)))
    slices = bar(Account("", "rows", sum(counts), parts))
    assert [item.name for item in slices] == [part.name for part in parts if part.count]
    if slices:
        assert sum(item.width for item in slices) == pytest.approx(100, abs=0.01)
        assert min(item.width for item in slices) > 1.4
        assert [item.start for item in slices] == sorted(item.start for item in slices)


def test_a_long_text_is_cut_and_what_cannot_be_printed_is_marked() -> None:
    assert clean("x" * 500) == "x" * 119 + "…"
    assert clean("a\tb\x00c\u202ed") == "a?b?c?d"


# --- as a browser draws it ------------------------------------------------------------------------------------------


def _drawn(html: str, folder: Path, width: int, height: int) -> list[list[Colour]]:
    """The rows of pixels that a browser draws."""
    page, shot = folder / "page.html", folder / f"{width}.png"
    page.write_text(html, encoding="utf-8")
    options = ["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--force-device-scale-factor=1"]
    where = [f"--user-data-dir={folder / 'profile'}", f"--window-size={width},{height}", f"--screenshot={shot}"]
    subprocess.run([str(BROWSER), *options, *where, page.as_uri()], check=True, capture_output=True, timeout=120)
    return _pixels(shot.read_bytes())


def _pixels(png: bytes) -> list[list[Colour]]:
    """The rows of pixels of a PNG of 8 bits a channel, not interlaced (PNG specification, 3rd edition, clause 9)."""
    width, _height, _depth, kind = struct.unpack(">IIBB", png[16:26])
    packed, at = b"", 8
    while at < len(png):
        (size,) = struct.unpack(">I", png[at : at + 4])
        packed += png[at + 8 : at + 8 + size] if png[at + 4 : at + 8] == b"IDAT" else b""
        at += size + 12
    step = {2: 3, 6: 4}[kind]
    data, line, rows = zlib.decompress(packed), bytearray(width * step), []
    for start in range(0, len(data), width * step + 1):
        how, above, line = data[start], line, bytearray(data[start + 1 : start + 1 + width * step])
        for index in range(len(line) if how else 0):
            left = line[index - step] if index >= step else 0
            up, corner = above[index], above[index - step] if index >= step else 0
            line[index] = (line[index] + (0, left, up, (left + up) // 2, _paeth(left, up, corner))[how]) % 256
        rows.append([(line[i], line[i + 1], line[i + 2]) for i in range(0, len(line), step)])
    return rows


def _paeth(left: int, up: int, corner: int) -> int:
    guess = left + up - corner
    return min((left, up, corner), key=lambda value: abs(guess - value))


@pytest.mark.skipif(BROWSER is None, reason="no chromium here to draw the page with; apt-get install chromium")
@pytest.mark.parametrize(("width", "height"), [(760, 700), (400, 1100)])
def test_a_browser_draws_the_page_with_its_bars_and_margins(tmp_path: Path, width: int, height: int) -> None:
    rows = _drawn(render(report(), "x.csv"), tmp_path, width, height)
    assert len(rows[0]) == width
    colours = {colour for row in rows for colour in row}
    assert {(0x1F, 0x7A, 0x83), (0x9A, 0x26, 0x17), (0x1D, 0x23, 0x29)} <= colours
    inked = [sum(colour != (255, 255, 255) for colour in row) for row in rows]
    assert sum(inked) > 0.05 * width * len(rows)
    # Nothing runs out of the page.
    assert all(colour == (255, 255, 255) for row in rows for colour in (*row[:12], *row[-12:]))
