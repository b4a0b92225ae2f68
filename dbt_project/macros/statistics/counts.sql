{#- Counts and rates, and the limits of both as Poisson counts: Byar's approximation from 10 up, exact below.

    L = x (1 - 1/(9x) - z/(3 sqrt(x)))^3 and U = (x + 1) (1 - 1/(9(x + 1)) + z/(3 sqrt(x + 1)))^3: Breslow and Day 1987,
    Statistical Methods in Cancer Research II, IARC; ukhsa-collaboration, PHEindicatormethods, R/Rates.R and R/utils.R.

    A count below 10 that is not whole, as converted figures may be, has no exact limits: they are null. -#}

{#- Byar's lower limit of a count; null where it would be below 0, as it is for very small counts. -#}
{% macro byar_lower(count, level=95) -%}
{%- set x = "cast(" ~ count ~ " as double)" -%}
case
    when {{ count }} > 0 and 1 - 1 / (9 * {{ x }}) >= {{ normal_quantile(level) }} / (3 * sqrt({{ x }}))
        then {{ x }} * pow(1 - 1 / (9 * {{ x }}) - {{ normal_quantile(level) }} / (3 * sqrt({{ x }})), 3)
end
{%- endmacro %}

{#- Byar's upper limit of a count. -#}
{% macro byar_upper(count, level=95) -%}
{%- set y = "(cast(" ~ count ~ " as double) + 1)" -%}
case
    when {{ count }} >= 0
        then {{ y }} * pow(1 - 1 / (9 * {{ y }}) + {{ normal_quantile(level) }} / (3 * sqrt({{ y }})), 3)
end
{%- endmacro %}

{#- Whether a count has exact limits. -#}
{% macro has_exact_limits(count) -%}
({{ count }} between 0 and 9 and {{ count }} = floor({{ count }}))
{%- endmacro %}

{#- The lower limit of a count: null for a negative one. -#}
{% macro count_lower(count, level=95) -%}
case
    when {{ count }} >= 10 then {{ byar_lower(count, level) }}
    when {{ has_exact_limits(count) }} then {{ exact_poisson_lowers(level) }}[cast({{ count }} as integer) + 1]
end
{%- endmacro %}

{#- The upper limit of a count: null for a negative one. -#}
{% macro count_upper(count, level=95) -%}
case
    when {{ count }} >= 10 then {{ byar_upper(count, level) }}
    when {{ has_exact_limits(count) }} then {{ exact_poisson_uppers(level) }}[cast({{ count }} as integer) + 1]
end
{%- endmacro %}

{#- How the limits of a count were computed, in the words of `ci_method`. -#}
{% macro count_method(count, level=95) -%}
case
    when {{ count }} >= 10 then 'Byar, {{ level }}%'
    when {{ has_exact_limits(count) }} then 'exact Poisson, {{ level }}%'
end
{%- endmacro %}

{#- A count to a denominator, times the scale; it may be above the scale. Null without a denominator above 0. -#}
{% macro rate(count, denominator, scale=1) -%}
case when {{ denominator }} > 0 then cast({{ count }} as double) * {{ scale }} / {{ denominator }} end
{%- endmacro %}

{#- The lower limit of a rate: that of its count, to the denominator, which is taken to be known. -#}
{% macro rate_lower(count, denominator, scale=1, level=95) -%}
case when {{ denominator }} > 0 then {{ count_lower(count, level) }} * {{ scale }} / {{ denominator }} end
{%- endmacro %}

{#- The upper limit of a rate. -#}
{% macro rate_upper(count, denominator, scale=1, level=95) -%}
case when {{ denominator }} > 0 then {{ count_upper(count, level) }} * {{ scale }} / {{ denominator }} end
{%- endmacro %}
