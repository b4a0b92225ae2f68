{{ config(
    materialized='incremental',
    incremental_strategy='append',
    on_schema_change='fail',
    pre_hook="{{ delete_changed_returns('population_estimate') }}"
) }}
select
    dataset,
    partner,
    supplier,
    measure,
    cast(null as varchar) as category_code,
    boundary_set,
    area_code,
    period_type,
    period_start,
    value,
    cast(null as varchar) as symbol,
    'ok' as status,
    cast(null as varchar) as flags,
    revision
from {{ ref('stg_population_estimate') }}
