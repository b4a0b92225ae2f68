"""What a data officer opens every morning: each state is drawn, those alike are folded, the most urgent comes first."""

from __future__ import annotations

import io
import json
import re
from datetime import date, timedelta
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from pipelines.cli.output import Output
from pipelines.cli.status_view import draw
from pipelines.reports.facts import Facts, Held, Refused, SetAside, Unmapped
from pipelines.reports.grid import FOLDED_FROM, SIGNS, blocks_of, folded, runs, sign_of
from pipelines.reports.moves import URGENCY, moves_of
from pipelines.reports.parallel import Compared
from pipelines.reports.status import Status, gather
from pipelines.reports.status_page import status_page
from pipelines.reports.sweep import Swept, reasons
from pipelines.specs.base import PeriodType
from pipelines.specs.periods import next_start, period_end
from tests.unit.makers import shipped
from warehouse.home import Home

STREET, NORTH = "police_uk/crime", "demo_northmark/abandoned_vehicle"
MAY, AS_OF = date(2014, 5, 1), date(2014, 9, 30)


def expected(
    start: date = MAY,
    state: str = "received",
    supplier: str = "surrey",
    feed: str = STREET,
    kind: PeriodType = PeriodType.MONTH,
    **more: Any,
) -> dict[str, Any]:
    """A row of the coverage grid."""
    came = state in ("received", "nil_return", "partial")
    partner, dataset = feed.split("/")
    row = {
        "partner": partner,
        "dataset": dataset,
        "supplier": supplier,
        "period_type": kind.value,
        "period_start": start,
        "state": state,
        "is_late": state in ("late", "not_supplied"),
        "due_on": period_end(kind, start) + timedelta(days=62),
        "received_at": start + timedelta(days=70) if came else None,
        "revision": 1 if came else None,
        "records_received": {"nil_return": 0}.get(state, 9) if came else None,
        "rows_loaded": {"nil_return": 0}.get(state, 8) if came else None,
        "rows_quarantined": {"nil_return": 0}.get(state, 1) if came else None,
    }
    return row | more


def months(count: int, first: date = date(2014, 1, 1)) -> list[date]:
    starts = [first]
    while len(starts) < count:
        starts.append(next_start(PeriodType.MONTH, starts[-1]))
    return starts


def status(*rows: dict[str, Any], **facts: Any) -> Status:
    return gather(Facts(coverage=list(rows), **facts), shipped(), AS_OF)


def drawn(found: Status, *, width: int = 120, encoding: str = "utf-8", terminal: bool = False) -> str:
    file = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
    colours = "standard" if terminal else "auto"
    console = Console(
        file=file, width=width, highlight=False, markup=False, force_terminal=terminal, color_system=colours
    )
    draw(console, found, Home(Path("home"), Path("specs"), Path("dbt")))
    file.flush()
    text: str = file.buffer.getvalue().decode(encoding)  # type: ignore[attr-defined]
    return text


class Page(HTMLParser):
    """What a page holds: its tags, whether they nest, the cells of its grids, and its text."""

    VOID = ("meta", "link", "img", "br", "hr", "input")

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.open: list[str] = []
        self.cells: list[dict[str, Any]] = []
        self.attributes: list[str] = []
        self.words = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [name for name, _value in attrs]
        if tag not in self.VOID:
            self.open.append(tag)
        if tag == "td" and dict(attrs).get("title"):
            self.cells.append({**dict(attrs), "text": ""})

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words += data
        if "td" in self.open and self.cells:
            self.cells[-1]["text"] += data


@pytest.mark.parametrize("state", [*SIGNS, "some_new_state"])
def test_every_state_has_its_sign_and_words_on_terminal_and_page(state: str) -> None:
    found = status(expected(), expected(date(2014, 6, 1), state))
    sign = sign_of(state)
    text = drawn(found)
    row = next(line for line in text.splitlines() if "surrey" in line and "crime" in line)
    assert row.split()[-1] == sign.sign
    assert f"{sign.sign} {sign.meaning}" in text
    page = Page(status_page(found, shipped()))
    cell = page.cells[-1]
    assert cell["title"].startswith(f"June 2014: {sign.meaning}")
    assert sign.sign in cell["text"]
    assert sign.meaning in cell["text"]
    assert page.words.count(sign.meaning) >= 2, "in the cell, and in the legend"


def test_no_two_states_look_alike_without_their_colours() -> None:
    assert len({sign.sign for sign in SIGNS.values()}) == len(SIGNS)
    assert len({sign.ascii for sign in SIGNS.values()}) == len(SIGNS)
    assert all(sign.ascii.isascii() for sign in SIGNS.values())


def test_a_terminal_that_knows_no_more_than_ascii_gets_ascii() -> None:
    text = drawn(status(expected(), expected(date(2014, 6, 1), "not_supplied")), encoding="ascii")
    assert "crime surrey  v   x" in text


def test_what_came_late_has_a_mark_that_the_legend_explains() -> None:
    late = drawn(status(expected(is_late=True)))
    assert "✓*" in late
    assert "* came after its due day" in late
    assert "*" not in drawn(status(expected()))
    # A return that is late because it has not come is only that.
    assert "L*" not in drawn(status(expected(), expected(date(2014, 6, 1), "late")))


def test_colour_goes_to_a_terminal_only() -> None:
    found = status(expected(), expected(date(2014, 6, 1), "late"))
    assert "\x1b[" in drawn(found, terminal=True)
    assert "\x1b" not in drawn(found)


def test_as_many_periods_are_shown_as_fit_and_always_the_last() -> None:
    rows = [expected(start) for start in months(40)]
    found = gather(Facts(coverage=rows), shipped(), AS_OF, periods=40)
    counts = {}
    for width in (30, 60, 120, 200):
        text = drawn(found, width=width)
        counts[width] = text.count("✓") - 1
        assert max(len(line.rstrip()) for line in text.splitlines() if "crime" in line and "✓" in line) <= width
        assert re.search(r"Apr *$", text.splitlines()[4])
    assert counts[30] < counts[60] < counts[120] < counts[200] == 40


@pytest.mark.parametrize(
    ("kind", "first", "count", "shown"),
    [
        (PeriodType.MONTH, date(2012, 1, 1), 30, 13),
        (PeriodType.WEEK, date(2014, 1, 6), 30, 13),
        (PeriodType.QUARTER, date(2010, 1, 1), 12, 9),
        (PeriodType.FINANCIAL_YEAR, date(2004, 4, 1), 9, 5),
        (PeriodType.ACADEMIC_YEAR, date(2004, 9, 1), 9, 5),
        (PeriodType.CALENDAR_YEAR, date(2012, 1, 1), 2, 2),
    ],
)
def test_each_kind_of_period_has_a_window_by_its_own_calendar(
    kind: PeriodType, first: date, count: int, shown: int
) -> None:
    starts = [first]
    while len(starts) < count:
        starts.append(next_start(kind, starts[-1]))
    [block] = blocks_of([expected(start, kind=kind) for start in starts], shipped())
    assert list(block.periods) == starts[-shown:]
    assert [cell.period_start for cell in block.lines[0].cells if cell] == starts[-shown:]
    assert len(blocks_of([expected(start, kind=kind) for start in starts], shipped(), 2)[0].periods) == 2


def test_a_period_in_which_nothing_was_expected_is_empty() -> None:
    rows = [expected(start) for start in months(3)] + [expected(months(3)[2], supplier="kent")]
    [block] = blocks_of(rows, shipped())
    kent = next(line for line in block.lines if line.supplier == "kent")
    assert [cell is None for cell in kent.cells] == [True, True, False]


def test_suppliers_alike_in_every_period_are_one_row_and_the_odd_ones_stand_out() -> None:
    names = sorted(shipped().partners["police_uk"].suppliers)
    rows = [
        expected(start, "not_supplied" if name == "metropolitan" else "received", name, records_received=len(name))
        for name in names
        for start in months(3)
    ]
    text = drawn(status(*rows))
    shown = [line for line in text.splitlines() if re.search("[✓✗]", line) and "received  " not in line]
    assert [line.split() for line in shown] == [
        ["crime", str(len(names) - 1), "suppliers", "✓", "✓", "✓"], ["metropolitan", "✗", "✗", "✗"],
    ]  # fmt: skip
    page = status_page(status(*rows), shipped())
    before, _, behind = page.partition("<details>")
    for name in names:
        assert (f">{name}</th>" in before) == (name == "metropolitan")
        assert (f">{name}</th>" in behind) == (name != "metropolitan")


def test_few_suppliers_are_not_folded_and_what_differs_in_one_period_is_not_alike() -> None:
    names = ["avon-and-somerset", "bedfordshire", "btp", "cambridgeshire"]
    rows = [expected(start, supplier=name) for name in names for start in months(2)]

    def sizes(rows: list[dict[str, Any]]) -> list[int]:
        return [len(group) for group in folded(blocks_of(rows, shipped())[0].lines)]

    assert FOLDED_FROM == 4
    assert sizes(rows) == [4]
    assert sizes(rows[:6]) == [1, 1, 1]
    rows[0]["is_late"] = True
    assert sizes(rows) == [1, 1, 1, 1]


REFUSED = Refused("d1", STREET, "surrey", MAY, "missing_column", "a.csv:1: lacks Month", date(2014, 9, 1))
HELD = Held("d2", STREET, "surrey", MAY, "90 rows, where its history suggests 10 to 40", date(2014, 9, 2))
UNMAPPED_CODE = Unmapped(STREET, "Crime type", "ingest_specs/c.csv", {"Sin": 3, "Sloth": 1}, date(2014, 8, 1))
BAD = SetAside(STREET, "bad_value", 4, ("d3", "d4"), "a.csv:7: Month", date(2014, 7, 1))
SIGNAL = {
    "partner": "police_uk", "dataset": "crime", "supplier": "surrey", "period_type": "month", "period_start": MAY,
    "signal": "category_shift", "concerns": "burglary, robbery", "state": "open",
}  # fmt: skip
LANDED = Swept("police_uk/x.csv", "not_loaded", "nobody has loaded it yet", date(2014, 9, 3))


def test_the_most_urgent_move_comes_first_and_what_waited_longest_first_among_its_like() -> None:
    rows = [
        expected(date(2014, 2, 1), "not_supplied", "kent"),
        expected(date(2014, 1, 1), "not_supplied", "sussex"),
        expected(date(2014, 6, 1), "late", "kent"),
        expected(MAY, "late", "sussex"),
    ]
    run = Compared(STREET, "surrey", MAY, MAY, date(2014, 5, 16), 20, 21)
    facts = Facts(rows, [REFUSED], [HELD], [BAD], [UNMAPPED_CODE], [LANDED], [run], signals=[SIGNAL])
    moves = moves_of(facts, shipped(), AS_OF, problems=2)
    assert [move.kind for move in moves] == [
        "specs", "late", "late", "refused", "held", "landing", "not_supplied", "not_supplied", "unmapped",
        "quarantined", "parallel", "signals",
    ]  # fmt: skip
    assert [move.suppliers for move in moves if move.kind == "late"] == [("sussex",), ("kent",)]
    assert [move.suppliers for move in moves if move.kind == "not_supplied"] == [("sussex",), ("kent",)]
    assert {move.kind for move in moves} == set(URGENCY)
    text = drawn(gather(facts, shipped(), AS_OF, problems=2))
    assert [text.index(move.what[:30]) for move in moves] == sorted(text.index(move.what[:30]) for move in moves)


def test_each_move_says_whose_it_is_since_when_and_what_does_it() -> None:
    late = expected(state="late", supplier="westmark", feed="demo_westmark/abandoned_vehicle")
    again = {**SIGNAL, "signal": "month_end", "period_start": date(2014, 6, 1)}
    facts = Facts([late], [REFUSED], [HELD], [BAD], [UNMAPPED_CODE], [LANDED], signals=[SIGNAL, again])
    told = {move.kind: (move.whose, move.since, move.what, move.do) for move in moves_of(facts, shipped(), AS_OF)}
    assert told == {
        "late": (
            "demo_westmark", date(2014, 8, 1), "demo_westmark/abandoned_vehicle: late: May 2014",
            "ask the Customer services data officer (data@westmark.example)",
        ),
        "refused": (
            "police_uk", date(2014, 9, 1),
            "police_uk/crime of surrey, May 2014: refused: missing_column: a.csv:1: lacks Month",
            "commongrid report d1, for the data.police.uk team at the Home Office; ask for the file again",
        ),
        "held": (
            "us", date(2014, 9, 2),
            "police_uk/crime of surrey, May 2014: held: 90 rows, where its history suggests 10 to 40",
            'ask whether it is right; if so, commongrid accept d2 --reason "..."',
        ),
        "landing": (
            "us", date(2014, 9, 3), "1 file in landing, not loaded yet: police_uk/x.csv", "commongrid run",
        ),
        "unmapped": (
            "us", date(2014, 8, 1),
            'police_uk/crime: 4 rows with 2 unmapped codes in Crime type: "Sin" (3), "Sloth" (1)',
            "commongrid unmapped --feed police_uk/crime --out FILE.csv suggests what to add to ingest_specs/c.csv; "
            "then commongrid run",
        ),
        "quarantined": (
            "police_uk", date(2014, 7, 1),
            "police_uk/crime: 4 rows of 2 deliveries quarantined: bad_value; first a.csv:7: Month",
            "commongrid report d3 (and of 1 more), for the data.police.uk team at the Home Office; "
            "ask for a correction",
        ),
        "signals": (
            "police_uk", MAY,
            "police_uk/crime of surrey: 2 recording signals to look at: category_shift (May 2014), "
            "month_end (June 2014)",
            "commongrid report of that return, for the data.police.uk team at the Home Office; "
            "the reply goes into ingest_specs/partners/police_uk/replies.yml",
        ),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("issue_type", "whose"),
    [("missing_column", "police_uk"), ("unknown_supplier", "us"), ("outside_validity", "us"), ("not_registered", "us")],
)
def test_the_register_says_whose_a_refusal_is(issue_type: str, whose: str) -> None:
    refused = Refused("d", STREET, "surrey", MAY, issue_type, "why", AS_OF)
    aside = SetAside(STREET, issue_type, 1, ("d",), "", AS_OF)
    landed = Swept("police_uk/a.csv", "not_taken", "why", AS_OF, issue_type)
    facts = Facts([], [refused], [], [aside], [], [landed])
    assert [move.whose for move in moves_of(facts, shipped(), AS_OF)] == [whose] * 3


def test_suppliers_that_miss_the_same_periods_are_one_move() -> None:
    names = ["kent", "surrey", "sussex", "thames-valley", "west-mercia"]
    rows = [expected(start, "late", name) for name in names for start in months(3)]
    rows.append(expected(date(2014, 4, 1), "late", "kent"))
    one, many = sorted(moves_of(Facts(rows), shipped(), AS_OF), key=lambda move: len(move.suppliers))
    assert one.what == "police_uk/crime of kent: late: January 2014 to April 2014"
    assert many.what == "police_uk/crime of 4 suppliers: late: January 2014 to March 2014"
    assert many.suppliers == tuple(names[1:])
    assert many.periods == tuple(months(3))


def test_a_period_of_which_parts_are_missing_is_late_once_its_day_has_passed() -> None:
    row = expected(state="partial")
    for day, kinds in ((row["due_on"], []), (row["due_on"] + timedelta(days=1), ["late"])):
        assert [move.kind for move in moves_of(Facts([row]), shipped(), day)] == kinds


def test_nobody_is_asked_for_what_is_not_due_or_not_applicable_or_there() -> None:
    rows = [expected(state=state) for state in ("received", "nil_return", "due", "not_due", "not_applicable")]
    found = status(*rows)
    assert found.moves == ()
    assert "nobody's: nothing is waiting" in drawn(found)
    assert "Nobody's: nothing is waiting." in Page(status_page(found, shipped())).words


def test_periods_that_follow_on_each_other_are_told_as_one() -> None:
    starts = [date(2014, 3, 1), date(2014, 1, 1), date(2014, 2, 1), date(2014, 6, 1)]
    assert runs(PeriodType.MONTH, starts) == ["January 2014 to March 2014", "June 2014"]
    assert runs(PeriodType.FINANCIAL_YEAR, [date(2012, 4, 1), date(2013, 4, 1)]) == ["2012/13 to 2013/14"]


def test_totals_count_every_period_and_not_only_those_shown() -> None:
    rows = [expected(start, "not_supplied") for start in months(30, date(2010, 1, 1))] + [expected()]
    found = status(*rows, unmapped=[UNMAPPED_CODE], quarantined={STREET: 7}, refused=[REFUSED])
    assert vars(found.totals) == {
        "received": 1, "late": 0, "not_supplied": 30, "held": 0, "refused": 1, "quarantined": 7, "unmapped": 4,
        "unmapped_codes": 2, "files": 0,
    }  # fmt: skip
    assert "30 returns not supplied   1 delivery refused   7 rows quarantined   4 rows with 2 unmapped codes" in drawn(
        found
    )


def test_one_feed_is_told_alone() -> None:
    rows = [expected(state="late"), expected(state="late", supplier="northmark", feed=NORTH)]
    swept = [LANDED, Swept("demo_northmark/y.csv", "not_loaded", "", AS_OF)]
    facts = Facts(rows, [REFUSED], [HELD], [BAD], [UNMAPPED_CODE], swept, [], {STREET: 7, NORTH: 2}).of_feed(NORTH)
    found = gather(facts, shipped(), AS_OF)
    assert [block.partner for block in found.grid] == ["demo_northmark"]
    assert [move.kind for move in found.moves] == ["late", "landing"]
    assert "demo_northmark/y.csv" in found.moves[1].what
    assert (found.totals.quarantined, found.totals.refused, found.totals.files) == (2, 0, 1)


def test_json_holds_all_of_it_as_plain_data(capsys: pytest.CaptureFixture[str]) -> None:
    found = status(expected(), expected(date(2014, 6, 1), "late"), refused=[REFUSED])
    Output(True).end(found.summary(), True)
    told = json.loads(capsys.readouterr().out)
    assert (told["ok"], told["as_of"], told["totals"]["late"]) == (True, "2014-09-30", 1)
    cell = told["grid"][0]["lines"][0]["cells"][0]
    assert cell == {
        "period_start": "2014-05-01", "state": "received", "is_late": False, "due_on": "2014-08-01",
        "received_at": "2014-07-10", "revision": 1, "rows_received": 9, "rows_loaded": 8, "rows_quarantined": 1,
    }  # fmt: skip
    missing = told["grid"][0]["lines"][0]["cells"][1]
    assert {missing[name] for name in ("revision", "rows_received", "rows_loaded", "rows_quarantined")} == {None}
    assert [move["kind"] for move in told["moves"]] == ["late", "refused"]


def test_a_page_needs_nothing_else_and_runs_nothing() -> None:
    page = Page(status_page(status(expected(), expected(date(2014, 6, 1), "late"), held=[HELD]), shipped()))
    assert page.open == []
    assert not {"script", "link", "img", "iframe", "a", "form"} & set(page.tags)
    assert not {"src", "href", "style"} & set(page.attributes)
    assert not [name for name in page.attributes if name.startswith("on")]
    assert {"html", "title", "main", "caption", "h1"} <= set(page.tags)


def test_what_a_partner_wrote_cannot_become_part_of_the_page() -> None:
    refused = Refused("d", STREET, "surrey", MAY, "missing_column", "<script>alert(1)</script>", AS_OF)
    text = status_page(status(refused=[refused]), shipped())
    assert "<script" not in text
    assert "&lt;script&gt;" in text


def test_a_reason_is_taken_apart_by_the_types_of_the_register() -> None:
    text = "unreadable: a.zip: damaged; ask again; unknown_supplier: b.csv: no supplier: atlantis"
    assert reasons(text) == [
        ("unreadable", "a.zip: damaged; ask again"), ("unknown_supplier", "b.csv: no supplier: atlantis"),
    ]  # fmt: skip
    assert reasons("no type at all") == []
