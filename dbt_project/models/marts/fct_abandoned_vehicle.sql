{{ config(
    materialized='incremental',
    incremental_strategy='append',
    on_schema_change='fail',
    pre_hook="{{ delete_changed_returns('abandoned_vehicle') }}"
) }}
select
    record_id,
    partner,
    supplier,
    dataset,
    source_id,
    category_code,
    source_category,
    unit_counted,
    occurred_from,
    occurred_to,
    place_id,
    easting,
    northing,
    square_m,
    place_method,
    period_type,
    period_start,
    revision,
    _delivery_id,
    _row,
    _spec_version
from {{ ref('stg_abandoned_vehicle') }}
