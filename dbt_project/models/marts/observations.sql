{{ config(materialized='view') }}
-- What agencies supply, and the same on the other boundary sets that it can be converted to.
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
    status,
    cast(null as varchar) as flags,
    cast(null as varchar) as area_method,
    revision
from {{ ref('int_observations__supplied') }}
union all
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
    status,
    flags,
    area_method,
    revision
from {{ ref('int_observations__converted') }}
