{#- What all events have in common, from a dataset's own table; `outcome` is its column that says how one ended. -#}
{% macro event_records(dataset, outcome='null') %}
select
    record_id,
    partner,
    supplier,
    dataset,
    source_id,
    category_code,
    source_category,
    cast({{ outcome }} as varchar) as outcome_code,
    unit_counted,
    occurred_from,
    occurred_to,
    cast(null as date) as recorded_on,
    place_id,
    easting,
    northing,
    {{ grid_reference('easting', 'northing', 'square_m') }} as grid_ref,
    square_m,
    place_method,
    place_confidence,
    stated_set,
    stated_area,
    period_type,
    period_start,
    revision,
    _delivery_id,
    _row,
    _spec_version
from {{ ref('fct_' ~ dataset) }}
{% endmacro %}

{#- What counting asks of a row that has no clock: what it is, where it is, and of which period. -#}
{% macro placed_rows(dataset, own=[]) %}
select
    dataset,
    partner,
    supplier,
    category_code,
    {% for column in own -%}
    {{ column }},
    {% endfor -%}
    unit_counted,
    place_id,
    stated_set,
    stated_area,
    period_type,
    period_start
from {{ ref('fct_' ~ dataset) }}
{% endmacro %}
