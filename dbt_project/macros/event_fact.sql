{#- A dataset's own table: the columns every event has, and the dataset's own, from its staged rows. -#}
{% macro event_fact(dataset, own=[]) %}
select
    record_id,
    partner,
    supplier,
    dataset,
    source_id,
    category_code,
    source_category,
    {% for column in own -%}
    {{ column }},
    {% endfor -%}
    unit_counted,
    occurred_from,
    occurred_to,
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
