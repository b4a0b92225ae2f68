"""Every limit by which a change of recording practice is told, with its reason. One place, so that they can be argued.

A signal is something for a person to look at, first of all for the partner. It is no verdict: a change may be real, or
have a good reason. So false alarms must be rare, and two things must be true before anything is told: chance hardly
makes such a difference (`CHANCE`), and it is large enough to matter (the `LEAST_...` shares).

Shares are held against the same supplier's earlier returns by a two-proportion test whose standard error is widened by
how much those returns differ among themselves, since counts of events vary more than chance alone would have it: the
idea of Laney's p' chart (D. B. Laney, "Improved control charts for attributes", Quality Engineering 14(4), 2002). As
that spread is known from few returns, Student's t replaces the normal distribution. Shares with a known expectation
(figures that end in 0 or 5) are tested by the exact binomial distribution.
"""

from __future__ import annotations

# Raised when returns are to be summarised anew: when `summary.py` would count something else.
METHOD = 1

# How likely chance alone may be to make a difference, for each signal of each return, all columns or pairs of codes it
# looks at taken together (Bonferroni). With twelve returns a year and six signals: one in 14 years of a feed.
CHANCE = 0.001

# Earlier returns a new one is held against: a year of months, so that each season is in it once.
HISTORY = 12
# With fewer, their spread is not known; five degrees of freedom are the least that leave the test any power.
LEAST_HISTORY = 6
# So many departures in a row, all to one side, are how things are now: later returns are held against these.
SETTLED = 6

# Rows a share must stand on, in the return and in each earlier one: half of fifty is known to 0.14 (95% interval).
LEAST_ROWS = 50
# Figures a known expectation is tested on: the binomial test is exact, and needs fewer.
LEAST_FIGURES = 30

# `category_shift`: the share of one code in the sum of two neighbours moves by as much.
LEAST_SHIFT = 0.10
# The sum has stayed where it lies within so many of its standard deviations over the history.
SUM_STAYS = 2.0
# `month_end`: the share of the last days of the period; 3 of 30 days hold 0.10 of all where nothing is crowded.
LAST_DAYS = 3
LEAST_MONTH_END = 0.08
# `delay_change`: the share of rows later than half of the earlier ones were.
LEAST_DELAY = 0.15
# Days of delay beyond this are all counted as this one: a year.
LONGEST_DELAY = 366
# `missing_rising`: the share of rows without a value.
LEAST_MISSING = 0.05

# `heaping`, by what is looked at: the share to be expected of even values, and by how much it is exceeded.
# Figures below 10 have no round values worth the name; of those above, 2 in 10 end in 0 or 5 where the figures spread.
LEAST_ROUND_FIGURE = 10
EXPECTED_ROUND = 0.2
LEAST_ROUND = 0.15
# Of 60 minutes, 4 are quarters of an hour. People round times when they report them, so much more is needed.
EXPECTED_QUARTER = 4 / 60
LEAST_QUARTER = 0.40
# Of 1,440 minutes, 1 is midnight: what many systems put where the time is not known.
EXPECTED_MIDNIGHT = 1 / 1440
LEAST_MIDNIGHT = 0.05
# The first and the last of a month are 2 days of 61; bank holidays and paydays make them busier, but not four times.
LEAST_FIRST_OR_LAST = 0.08
# `threshold`: of the figures in a cell and in the two beside it, a third is expected in the middle. The cell that
# begins at the threshold is looked at, and the one just short of it, where a target is kept that begins there.
EXPECTED_AT_THRESHOLD = 1 / 3
LEAST_AT_THRESHOLD = 0.20
# How wide such a cell is, as a share of the threshold, where figures are not whole; of whole ones it is 1.
THRESHOLD_CELL = 0.05

# Quality: a share of fewer rows than this is not told, nor, of rows about people, one that sets fewer apart from the
# rest: ten is the least count that public health figures of small areas are published on.
LEAST_TOLD = 10
# The square sizes, in metres, whose share is told: a point, a 100 m square, a kilometre square or less.
SQUARES = (1, 100, 1000)
