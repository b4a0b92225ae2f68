{#- What all events have in common, from a dataset's own table. -#}
{% macro event_records(dataset, clock, category='null', outcome='null') %}
select
    record_id,
    partner,
    supplier,
    dataset,
    source_id,
    {{ category }} as category_code,
    source_category,
    cast({{ outcome }} as varchar) as outcome_code,
    unit_counted,
    {{ clock }}_from as occurred_from,
    {{ clock }}_to as occurred_to,
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
