-- Law 1 in the marts: for every set, dataset, unit and month, areas + outside + unplaced = all records.
with counted as (
    select
        dataset,
        unit_counted,
        boundary_set,
        period_start as month,
        sum(record_count) as total
    from {{ ref('int_record_counts__month') }}
    where record_count is not null
    group by all
),

held as (
    select
        records.dataset,
        records.unit_counted,
        sets.boundary_set,
        cast(date_trunc('month', records.occurred_from) as date) as month,
        count(*) as total
    from {{ ref('records') }} as records
    cross join (select distinct boundary_set from {{ source('snapshot', 'areas') }}) as sets
    group by all
)

select
    coalesce(counted.dataset, held.dataset) as dataset,
    coalesce(counted.boundary_set, held.boundary_set) as boundary_set,
    coalesce(counted.month, held.month) as month,
    counted.total as counted_total,
    held.total as held_total
from counted
full outer join held
    on
        counted.dataset = held.dataset
        and counted.unit_counted = held.unit_counted
        and counted.boundary_set = held.boundary_set
        and counted.month = held.month
where coalesce(counted.total, 0) <> coalesce(held.total, 0)
