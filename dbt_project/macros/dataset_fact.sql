{#- A dataset's own table: the columns all have whose rows are placed, and the dataset's own, from its staged rows.

    `clock` is the interval that dates an event; nothing else has one. `category` and `source_id` are fields of the
    dataset; null where it has none. -#}
{% macro dataset_fact(dataset, own=[], clock=none, category=none, source_id=none) %}
select
    record_id,
    partner,
    supplier,
    dataset,
    {{ source_id or 'cast(null as varchar)' }} as source_id,
    {{ category or 'cast(null as varchar)' }} as category_code,
    {{ 'source_category' if category else 'cast(null as varchar)' }} as source_category,
    {% for column in own -%}
    {{ column }},
    {% endfor -%}
    unit_counted,
    {% if clock -%}
    {{ clock }}_from as occurred_from,
    {{ clock }}_to as occurred_to,
    {% endif -%}
    place_id,
    easting,
    northing,
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
from {{ ref('stg_' ~ dataset) }}
{% endmacro %}
