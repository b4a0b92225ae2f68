{{ config(
    materialized='incremental',
    incremental_strategy='append',
    on_schema_change='fail',
    pre_hook="{{ delete_changed_returns() }}"
) }}
-- The figures of the current returns as agencies supply them, each in the boundary set it was supplied for.
select
    dataset,
    partner,
    supplier,
    measure,
    category_code,
    breakdown,
    boundary_set,
    area_code,
    period_type,
    period_start,
    value,
    symbol,
    vintage,
    case
        when symbol is null then 'ok'
        when symbol in ('suppressed', 'not_reliable') then 'suppressed'
        when symbol = 'not_applicable' then 'not_applicable'
        when symbol = 'rounded_to_zero' then 'rounded'
        else 'not_supplied'
    end as status,
    revision
from {{ ref('stg_observation') }}
