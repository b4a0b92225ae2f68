-- The warehouse holds the rows of the current returns and no others: as many of each as are in force.
with held as (
    select
        dataset,
        partner,
        supplier,
        period_start,
        count(*) as total
    from {{ ref('records') }}
    group by all
    union all
    select
        dataset,
        partner,
        supplier,
        period_start,
        count(*) as total
    from {{ ref('int_observations__supplied') }}
    group by all
    union all
    select
        dataset,
        partner,
        supplier,
        period_start,
        count(*) as total
    from {{ ref('int_assets__rows') }}
    group by all
    union all
    select
        dataset,
        partner,
        supplier,
        period_start,
        count(*) as total
    from {{ ref('int_responses__rows') }}
    group by all
)

select
    coalesce(held.dataset, expected.dataset) as dataset,
    coalesce(held.supplier, expected.supplier) as supplier,
    coalesce(held.period_start, expected.period_start) as period_start,
    held.total,
    expected.rows_in_force
from held
full outer join (
    select * from {{ source('snapshot', 'coverage') }}
    where period_share > 0
) as expected
    on
        held.dataset = expected.dataset
        and held.partner = expected.partner
        and held.supplier = expected.supplier
        and held.period_start = expected.period_start
where coalesce(held.total, 0) <> coalesce(expected.rows_in_force, 0)
