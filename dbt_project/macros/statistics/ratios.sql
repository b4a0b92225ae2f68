{#- Ratios of two figures that are not a count and its population, and index numbers: no interval is claimed for either. -#}

{#- One figure to another, times the scale; null where the other is 0 or missing. -#}
{% macro ratio(numerator, denominator, scale=1) -%}
(cast({{ numerator }} as double) * {{ scale }} / nullif(cast({{ denominator }} as double), 0))
{%- endmacro %}

{#- A value on a scale where the base is 100. -#}
{% macro index_number(value, base) -%}
{{ ratio(value, base, 100) }}
{%- endmacro %}
