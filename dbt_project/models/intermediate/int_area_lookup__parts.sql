{{ config(materialized='table') }}
-- Each area of a lookup in its parts: one for each area of the other set that a share of its figures belongs to, and
-- one for what lies in no area of it. The shares of an area add up to 1, unless one of them is not known (`is_open`).
with placed as (
    select
        from_set,
        to_set,
        from_code,
        -- As decimals, whose sum is the same in whatever order they are added up.
        coalesce(cast(sum(cast(weight as decimal(38, 18))) as double), 0) as weight,
        bool_or(weight is null) as is_open,
        bool_and({{ is_exact('method') }}) as is_exact,
        min(method) as method
    from {{ ref('area_lookup') }}
    group by all
),

parts as (
    select
        pairs.from_set,
        pairs.to_set,
        pairs.from_code,
        pairs.to_code,
        pairs.method,
        {{ is_exact('pairs.method') }} as is_exact,
        placed.is_open,
        pairs.weight / if(placed.weight > 1 - {{ weight_tolerance() }}, placed.weight, 1) as weight
    from {{ ref('area_lookup') }} as pairs
    inner join placed
        on
            pairs.from_set = placed.from_set
            and pairs.to_set = placed.to_set
            and pairs.from_code = placed.from_code
    where pairs.weight is null or pairs.weight > 0
    union all
    select
        from_set,
        to_set,
        from_code,
        'outside' as to_code,
        method,
        is_exact,
        is_open,
        1 - weight as weight
    from placed
    where not is_open and weight <= 1 - {{ weight_tolerance() }}
)

select
    *,
    count(*) over (partition by from_set, to_set, from_code) as part_count
from parts
