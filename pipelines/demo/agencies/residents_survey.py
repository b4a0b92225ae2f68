"""The county council's survey of residents, a wave a financial year: `Residents survey 2023-24.csv`, cp1252.

One row is one respondent: where they live by the district's code, who they are in broad groups, their weight, and a
column for each question. Those who do not know or would not say are told as such; a question that was not put is empty.
"""

from __future__ import annotations

from datetime import date
from functools import partial
from typing import TYPE_CHECKING

from pipelines.demo.agencies.calendars import issued
from pipelines.demo.agencies.files import AgencyFile
from pipelines.demo.agencies.sending import delimited
from pipelines.demo.county import County
from pipelines.demo.draws import choose, generator
from pipelines.demo.schedule import COUNTY_COUNCIL, FINANCIAL_YEARS

if TYPE_CHECKING:
    from pipelines.demo.geography import Generator

HEADER = (
    "Respondent", "District", "Sex", "Age group", "Ethnic group", "Weight",
    "Q1 safe by day", "Q2 safe after dark", "Q3 ASB", "Q4 police", "Q5 area", "Q6 influence",
)  # fmt: skip
RESPONDENTS = 150
SURVEY_WITHOUT_WEIGHT = FINANCIAL_YEARS[0]  # one respondent has no weight
SURVEY_UNMAPPED, UNMAPPED_ANSWER = FINANCIAL_YEARS[1], "It depends"  # an answer no map covers
SURVEY_OTHER_COUNTY, OTHER_COUNTY = FINANCIAL_YEARS[1], "X07000099"  # one respondent of a district that is none
_STREAM = 66
_REFUSED, _DONT_KNOW = "Refused", "Don't know"
_SAFE = ("Very safe", "Fairly safe", "A bit unsafe", "Very unsafe")
# The answers to each question by weight, from the best to the worst, before who is asked tells.
_QUESTIONS: dict[str, dict[str, float]] = {
    "Q1 safe by day": dict(zip(_SAFE, (0.55, 0.37, 0.06, 0.02), strict=True)),
    "Q2 safe after dark": dict(zip(_SAFE, (0.24, 0.42, 0.23, 0.11), strict=True)),
    "Q3 ASB": {
        "No problem at all": 0.3, "Not a very big problem": 0.46, "Fairly big problem": 0.17, "Very big problem": 0.07,
    },
    "Q4 police": {"Excellent": 0.06, "Good": 0.43, "Fair": 0.34, "Poor": 0.12, "Very poor": 0.05},
    "Q5 area": {
        "Very satisfied": 0.32, "Fairly satisfied": 0.46, "Neither": 0.11, "Fairly dissatisfied": 0.08,
        "Very dissatisfied": 0.03,
    },
    "Q6 influence": {
        "Definitely agree": 0.05, "Tend to agree": 0.24, "Tend to disagree": 0.41, "Definitely disagree": 0.3,
    },
}  # fmt: skip
_NO_ANSWER = {_DONT_KNOW: 0.045, _REFUSED: 0.02}
_NOT_PUT = 0.25  # of the second wave's respondents: they had the short form, without the last question
_SEXES = {"Female": 0.52, "Male": 0.465, "Other": 0.005, "Prefer not to say": 0.01}
_AGES = {"18-24": 0.08, "25-34": 0.12, "35-44": 0.14, "45-54": 0.17, "55-64": 0.19, "65-74": 0.18, "75+": 0.12}
_GROUPS = {
    "White British": 0.87, "White other": 0.05, "Asian": 0.03, "Black": 0.015, "Mixed": 0.015, "Other": 0.005,
    "Prefer not to say": 0.015,
}  # fmt: skip


def survey_files() -> list[AgencyFile]:
    """Two waves."""
    return [
        AgencyFile(
            issued(year, 12, 38),
            COUNTY_COUNCIL,
            f"Residents survey {year:%Y}-{year.year % 100 + 1}.csv",
            partial(survey_file, year=year),
        )
        for year in FINANCIAL_YEARS
    ]


def survey_file(county: County, year: date) -> bytes:
    """The answers of a wave, a row a respondent."""
    rng = generator(county, _STREAM, year)
    residents = {each.code: 0.0 for each in county.districts}
    for block in county.blocks:
        residents[block.district] += block.residents
    sexes, ages, groups = (choose(table, RESPONDENTS, rng) for table in (_SEXES, _AGES, _GROUPS))
    weights = rng.lognormal(-0.045, 0.3, RESPONDENTS).round(4).tolist()
    districts = choose(residents, RESPONDENTS, rng)
    rows: list[list[object]] = []
    for index in range(RESPONDENTS):
        answers = [_answer(question, sexes[index], rng) for question in _QUESTIONS]
        if year == FINANCIAL_YEARS[1] and rng.random() < _NOT_PUT:
            answers[-1] = ""
        who = [districts[index], sexes[index], ages[index], groups[index], weights[index]]
        rows.append([f"{year:%y}-{index + 1:03d}", *who, *answers])
    if year == SURVEY_WITHOUT_WEIGHT:
        rows[12][5] = ""
    if year == SURVEY_UNMAPPED:
        rows[17][8] = UNMAPPED_ANSWER
    if year == SURVEY_OTHER_COUNTY:
        rows[25][1] = OTHER_COUNTY
    return delimited(HEADER, rows, encoding="cp1252")


def _answer(question: str, sex: str, rng: Generator) -> str:
    """One answer; after dark more women than men feel unsafe."""
    table = dict(_QUESTIONS[question])
    if question == "Q2 safe after dark" and sex == "Female":
        table |= {"Very safe": table["Very safe"] * 0.6, "Very unsafe": table["Very unsafe"] * 1.5}
    scale = (1 - sum(_NO_ANSWER.values())) / sum(table.values())
    (given,) = choose({**{answer: weight * scale for answer, weight in table.items()}, **_NO_ANSWER}, 1, rng)
    return given
