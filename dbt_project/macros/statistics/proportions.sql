{#- Proportions, and Wilson's score limits of them.

    (2x + z^2 -/+ z sqrt(z^2 + 4x(1 - x/n))) / (2(n + z^2)): Wilson 1927, Journal of the American Statistical Association
    22; ukhsa-collaboration, PHEindicatormethods, R/Proportions.R. The lower limit is written as the product of both roots,
    x^2 / (n (n + z^2)), over the upper one, so that a small one is not the difference of two like numbers and that of
    nothing is 0 itself.

    All are null where the count is not between 0 and the denominator: nothing is a proportion there. The count need not
    be whole. -#}

{#- Whether a count can be a proportion of a denominator. -#}
{% macro is_proportion(count, denominator) -%}
{{ denominator }} > 0 and {{ count }} between 0 and {{ denominator }}
{%- endmacro %}

{#- 2x + z^2 + z sqrt(z^2 + 4x(1 - x/n)). -#}
{% macro wilson_sum(count, denominator, level) -%}
{%- set x = "cast(" ~ count ~ " as double)" -%}
{%- set z = normal_quantile(level) -%}
(
    2 * {{ x }} + {{ z }} * {{ z }}
    + {{ z }} * sqrt({{ z }} * {{ z }} + 4 * {{ x }} * (1 - {{ x }} / {{ denominator }}))
)
{%- endmacro %}

{#- A count as a share of its denominator, times the scale. -#}
{% macro proportion(count, denominator, scale=1) -%}
case when {{ is_proportion(count, denominator) }} then cast({{ count }} as double) * {{ scale }} / {{ denominator }} end
{%- endmacro %}

{#- Wilson's lower limit of a proportion, times the scale. -#}
{% macro wilson_lower(count, denominator, scale=1, level=95) -%}
{%- set x = "cast(" ~ count ~ " as double)" -%}
case
    when {{ is_proportion(count, denominator) }}
        then 2 * {{ x }} * {{ x }} / {{ denominator }} / {{ wilson_sum(count, denominator, level) }} * {{ scale }}
end
{%- endmacro %}

{#- Wilson's upper limit of a proportion, times the scale: rounding never takes it below the proportion or above 1. -#}
{% macro wilson_upper(count, denominator, scale=1, level=95) -%}
{%- set z = normal_quantile(level) -%}
case
    when {{ is_proportion(count, denominator) }}
        then
            least(
                1e0,
                greatest(
                    cast({{ count }} as double) / {{ denominator }},
                    {{ wilson_sum(count, denominator, level) }} / (2 * ({{ denominator }} + {{ z }} * {{ z }}))
                )
            ) * {{ scale }}
end
{%- endmacro %}
