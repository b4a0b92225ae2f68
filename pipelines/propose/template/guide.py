"""What the first sheet of a blank workbook says, in plain words: headings with their lines, then every column."""

from __future__ import annotations

from collections.abc import Iterator

from pipelines.propose.template.page import LISTS, Entry, Guide, Mark, Page
from pipelines.read.workbook_cells import column_letters

MUST, MAY, NOT = "must be filled", "may stay empty", "leave empty"


def passages(page: Page, guide: Guide) -> Iterator[tuple[str, list[str]]]:
    """Each heading with what stands below it."""
    yield "What one row is", [guide.one_row]
    yield "Step by step", [f"{number}. {step}" for number, step in enumerate(_steps(page, guide), start=1)]
    yield "If there was nothing", [guide.no_nil or _nothing(page)]
    if any(entry.kind == "date" for entry in page.entries) or any(mark.kind == "date" for mark in page.marks):
        yield (
            "Dates",
            [
                "Type a date as day/month/year, as 31/05/2024. It then shows as 31 May 2024, so that you see whether "
                "day and month are right. A cell that still shows what you typed holds a text and no date: type it "
                "again, or write it as 2024-05-31.",
            ],
        )
    if page.lists():
        yield (
            "Lists",
            [
                "Where a cell offers a list, choose from it, or paste a text that stands in it. All of them, with what "
                f'they mean, are on the sheet "{LISTS}". If none fits, do not take the nearest: ask us.',
            ],
        )
    yield "What must not be written", list(_forbidden(page, guide))


def columns(page: Page) -> Iterator[tuple[str, str, str]]:
    """Each column: its heading, whether it must be filled, and what to write there."""
    for entry in page.entries:
        yield entry.heading, must(entry), how(entry)


def must(entry: Entry) -> str:
    """Whether a column must be filled."""
    return NOT if entry.kind == "nothing" else MUST if entry.is_required else MAY


def how(entry: Entry) -> str:
    """What to write in a column."""
    if entry.kind == "nothing":
        return f"{entry.about}. It is not kept: do not write it.".lstrip(". ")
    said = {
        "text": entry.written,
        "choice": "choose from the list" if entry.choices and entry.choices.is_closed else "a text, as in the list",
        "date": "a date",
        "integer": f"a whole number{_bounds(entry)}",
        "number": f"a number{_bounds(entry)}",
    }[entry.kind]
    if entry.words is not None:
        said += "; where there is none, one of: " + ", ".join(entry.words.texts)
    about = entry.about.rstrip(".")
    return f"{about}: {said}." if said else f"{about}."


def _bounds(entry: Entry) -> str:
    low, high = (None if bound is None else f"{bound:g}" for bound in (entry.lower, entry.upper))
    if low is not None and high is not None:
        return f" from {low} to {high}"
    return f", {low} or more" if low is not None else f", {high} or less" if high is not None else ""


def _steps(page: Page, guide: Guide) -> Iterator[str]:
    yield from (_mark_step(mark, page) for mark in page.marks if mark.role == "period")
    yield (
        f'On the sheet "{page.sheet}" write a row for each, from row {page.first_row} down. '
        "The headings and the order of the columns stay as they are. Blank rows do no harm."
    )
    yield from (_mark_step(mark, page) for mark in page.marks if mark.role != "period")
    yield from guide.foot
    yield f"Save it as an Excel workbook, under a name such as {guide.file_name}"
    yield f"Send it {guide.every}. {guide.send_to}"


def _mark_step(mark: Mark, page: Page) -> str:
    where = f'cell {column_letters(mark.column)}{mark.row} of the sheet "{mark.sheet or page.sheet}"'
    told = " Without it, or with another number, the workbook is sent back." if mark.role != "period" else ""
    return f"In {where}: {mark.label[:1].lower()}{mark.label[1:]}.{told}"


def _nothing(page: Page) -> str:
    marks = [f"write 0 in cell {column_letters(mark.column)}{mark.row}" for mark in page.marks if mark.kind == "number"]
    marks = (["fill in the period"] if any(mark.role == "period" for mark in page.marks) else []) + marks
    first = f"Leave the table empty, {', '.join(marks)}," if marks else "Leave the table empty"
    return (
        f"{first} and send the workbook all the same. That says there was nothing, and counts as 0. "
        "If no workbook comes, nobody can tell whether there was nothing or you had no time."
    )


def _forbidden(page: Page, guide: Guide) -> Iterator[str]:
    asked = [entry.heading for entry in page.entries if entry.about.endswith("only a pseudonym of it is kept")]
    besides = f", but for what is asked under {' and '.join(asked)}" if asked else ""
    yield (
        "Nothing that tells who somebody is: no names, addresses, telephone numbers, e-mail addresses, dates of birth, "
        f"or numbers that people are known by{besides}. Not in any column, and not in notes to cells."
    )
    if guide.not_asked:
        listed = "; ".join(text.split(";")[0].rstrip(".") for text in guide.not_asked)
        yield f"In particular these are not asked for: {listed}."
    if guide.has_persons:
        yield "The rows are about people all the same: send it by the way agreed for such data, not by e-mail."
