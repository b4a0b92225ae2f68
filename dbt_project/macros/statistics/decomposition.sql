{#- What a change is made of. Parts are decimals of twelve places, so that they add up to the change exactly, in any order:
    sums of doubles would do so but for their last bit. A part too large for that is null. -#}

{#- A figure as a decimal whose sums and differences are exact. -#}
{% macro exact_part(figure) -%}
try_cast({{ figure }} as decimal(38, 12))
{%- endmacro %}

{#- By how much a ratio changed, times the scale; null where either denominator is 0 or missing. -#}
{% macro ratio_change(numerator, denominator, numerator_before, denominator_before, scale=1) -%}
({{ exact_part(ratio(numerator, denominator, scale)) }}
- {{ exact_part(ratio(numerator_before, denominator_before, scale)) }})
{%- endmacro %}

{#- How much of a ratio's change came from its numerator: (N1 - N0) (1/D1 + 1/D0) / 2, the mean of changing it first and of
    changing it last (the Shapley value of two factors: Das Gupta 1993, Standardization and Decomposition of Rates, U.S.
    Bureau of the Census P23-186). -#}
{% macro numerator_part(numerator, denominator, numerator_before, denominator_before, scale=1) -%}
{%- set moved = "(cast(" ~ numerator ~ " as double) - " ~ numerator_before ~ ")" -%}
{{ exact_part(
    "(" ~ ratio(moved, denominator, scale) ~ " + " ~ ratio(moved, denominator_before, scale) ~ ") / 2"
) }}
{%- endmacro %}

{#- How much of a ratio's change came from its denominator, (1/D1 - 1/D0) (N1 + N0) / 2: the change less the numerator's
    part. -#}
{% macro denominator_part(numerator, denominator, numerator_before, denominator_before, scale=1) -%}
({{ ratio_change(numerator, denominator, numerator_before, denominator_before, scale) }}
- {{ numerator_part(numerator, denominator, numerator_before, denominator_before, scale) }})
{%- endmacro %}

{#- Of a total's change, what one group's own rate brought about: its mean share times the change of its rate (Kitagawa
    1955, Journal of the American Statistical Association 50).

    Rows are the groups of a total, with their rate and their share of its denominator, after and before. A group that was
    not there at one time has the share 0 and no rate: it is given the other time's, so that all of it is composition. Sum
    the parts for the total. -#}
{% macro kitagawa_rate_part(rate, share, rate_before, share_before) -%}
{{ exact_part(
    "(cast(" ~ share ~ " as double) + " ~ share_before ~ ") / 2 * ("
    ~ known_rate(rate, rate_before) ~ " - " ~ known_rate(rate_before, rate) ~ ")"
) }}
{%- endmacro %}

{#- By how much one group moved the total: its rate times its share, less what that was. -#}
{% macro kitagawa_change(rate, share, rate_before, share_before) -%}
({{ exact_part(known_rate(rate, rate_before) ~ " * " ~ share) }}
- {{ exact_part(known_rate(rate_before, rate) ~ " * " ~ share_before) }})
{%- endmacro %}

{#- Of a total's change, what came of the group's share growing or shrinking: its mean rate times the change of its share,
    as the group's change less its rate part. -#}
{% macro kitagawa_composition_part(rate, share, rate_before, share_before) -%}
({{ kitagawa_change(rate, share, rate_before, share_before) }}
- {{ kitagawa_rate_part(rate, share, rate_before, share_before) }})
{%- endmacro %}

{#- A group's rate at one time, or the other time's where it has none. -#}
{% macro known_rate(rate, other) -%}
cast(coalesce({{ rate }}, {{ other }}) as double)
{%- endmacro %}
