-- Law 1 for answers: for every set, partner, unit and wave, areas + outside + unplaced = all rows.
with counted as (
    select
        dataset,
        partner,
        unit_counted,
        boundary_set,
        period_type,
        period_start,
        sum(row_count) as total
    from {{ ref('int_response_counts__area') }}
    where row_count is not null
    group by all
),

held as (
    select
        held.dataset,
        held.partner,
        held.unit_counted,
        sets.boundary_set,
        held.period_type,
        held.period_start,
        count(*) as total
    from {{ ref('int_responses__rows') }} as held
    cross join (select distinct boundary_set from {{ source('snapshot', 'areas') }}) as sets
    group by all
)

select
    coalesce(counted.dataset, held.dataset) as dataset,
    coalesce(counted.boundary_set, held.boundary_set) as boundary_set,
    coalesce(counted.period_start, held.period_start) as period_start,
    counted.total as counted_total,
    held.total as held_total
from counted
full outer join held
    on
        counted.dataset = held.dataset
        and counted.partner = held.partner
        and counted.unit_counted = held.unit_counted
        and counted.boundary_set = held.boundary_set
        and counted.period_type = held.period_type
        and counted.period_start = held.period_start
where coalesce(counted.total, 0) <> coalesce(held.total, 0)
