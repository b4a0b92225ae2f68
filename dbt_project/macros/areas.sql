{#- Whether an area code stands for records or figures in no area: `outside` the set, `unplaced`, `unplaced:<parent>`. -#}
{% macro is_nowhere(area_code) -%}
({{ area_code }} = 'outside' or starts_with({{ area_code }}, 'unplaced'))
{%- endmacro %}

{#- Whether an area code stands for records or figures of no known place. -#}
{% macro is_unplaced(area_code) -%}
starts_with({{ area_code }}, 'unplaced')
{%- endmacro %}

{#- Whether a lookup's method says that the from-area lies wholly in the to-area: EXACT in pipelines/place/lookups/store.py. -#}
{% macro is_exact(method) -%}
({{ method }} in ('unchanged', 'merged', 'summed_back'))
{%- endmacro %}

{#- How far the weights of a from-area may miss 1 before the rest of it is said to lie in no area of the set. -#}
{% macro weight_tolerance() -%}
1e-6
{%- endmacro %}

{#- A sum that is the same to the last bit in whatever order it is added up: in billionths, unless it is of one number. -#}
{% macro steady_sum(part) -%}
case
    when count({{ part }}) = 1 then min({{ part }})
    when max(abs({{ part }})) < 1e20 then cast(sum(try_cast({{ part }} as decimal(38, 9))) as double)
    else sum({{ part }})
end
{%- endmacro %}
