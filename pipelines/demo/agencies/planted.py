"""What tells of a person in the agencies' files and must be found nowhere past landing.

All is invented and well formed. The telephone numbers are of the ranges kept free for plays and films, the addresses
of mail are below `.example`, the postcodes are in no directory, and no school or authority has these pupil numbers.
A later search for them looks for the very texts: each stands in at least one file as it stands here.
"""

from __future__ import annotations

from datetime import date

from pipelines.demo.agencies.people import Person

# Under probation: begins two orders in one month, and returns with the number written otherwise.
PROBATIONER = Person("Quennerby-Vosk", "Thessaly", date(1988, 11, 17), "F", "M1")
CASE_NUMBER, CASE_NUMBER_OTHERWISE = "X748213", "x 748 213"
PROBATIONER_POSTCODE = "ZM1 9QV"
PROBATIONER_PHONE, PROBATIONER_MAIL = "07700 900431", "thessaly.vosk@post.example"

# Known to the youth justice service, whose number for her has a blank in it where it was typed by hand.
CHILD = Person("Ombersett", "Ludovica", date(2009, 3, 7), "F", "W1")
CHILD_NUMBER, CHILD_NUMBER_OTHERWISE = "410092317", "4100 92317"
CHILD_POSTCODE = "ZM6 9WD"

# Suspended from school.
PUPIL = Person("Yarrowcleugh", "Benedick", date(2011, 10, 23), "M", "W9")
PUPIL_NUMBER = "E990401616117"
PUPIL_POSTCODE = "ZM2 9HT"
PARENT_MAIL = "d.yarrowcleugh@household.example"

# Came to the emergency department; whoever took it down wrote name and number into the place.
PATIENT_NUMBER = "RZM0044718"
PATIENT_NAME, PATIENT_PHONE = "Marvellene Throckwell", "01632 960174"

# Rang for an ambulance.
CALLER_NAME, CALLER_PHONE = "Crispian Oldershawe", "07700 900672"

PLANTED: tuple[str, ...] = (
    PROBATIONER.surname,
    PROBATIONER.forename,
    f"{PROBATIONER.born:%d/%m/%Y}",
    CASE_NUMBER,
    CASE_NUMBER_OTHERWISE,
    PROBATIONER_POSTCODE,
    PROBATIONER_PHONE,
    PROBATIONER_MAIL,
    CHILD.surname,
    CHILD.forename,
    CHILD.born.isoformat(),
    CHILD_NUMBER,
    CHILD_NUMBER_OTHERWISE,
    CHILD_POSTCODE,
    PUPIL.surname,
    PUPIL.forename,
    PUPIL_NUMBER,
    PUPIL_POSTCODE,
    PARENT_MAIL,
    PATIENT_NUMBER,
    PATIENT_NAME,
    PATIENT_PHONE,
    CALLER_NAME,
    CALLER_PHONE,
)
