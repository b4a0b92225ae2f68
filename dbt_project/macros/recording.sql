{#- What is said of a figure that adds up what was recorded before and after a break; null where there is none. -#}
{% macro crosses_break(breaks) -%}
'adds up what was recorded before and after a break: ' || {{ breaks }}
{%- endmacro %}
