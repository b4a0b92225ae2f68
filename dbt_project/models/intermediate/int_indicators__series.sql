-- For each indicator, area and period that breaks in recording bear on: how many come before the figure, of all the
-- suppliers that ever speak for the area and count its unit. Of one that gives to the figure, those before the first
-- month it gives; of another, those before the period. An area whose suppliers have no break has no row.
with broken as (
    select
        indicators.indicator_id,
        suppliers.dataset,
        suppliers.partner,
        suppliers.supplier,
        suppliers.boundary_set,
        suppliers.area_code,
        breaks.break_on
    from {{ source('snapshot', 'indicators') }} as indicators
    inner join {{ source('snapshot', 'area_suppliers') }} as suppliers
        on
            indicators.numerator_dataset = suppliers.dataset
            and indicators.unit_counted = suppliers.unit_counted
    inner join {{ source('snapshot', 'recording_breaks') }} as breaks
        on
            suppliers.dataset = breaks.dataset
            and suppliers.partner = breaks.partner
            and suppliers.supplier = breaks.supplier
),

given as (
    select
        broken.indicator_id,
        broken.partner,
        broken.supplier,
        broken.boundary_set,
        broken.area_code,
        broken.break_on,
        counts.period_type,
        counts.period_start,
        min(counts.first_month) filter (
            where counts.record_count is not null
            and counts.partner = broken.partner
            and counts.supplier = broken.supplier
        ) as first_month
    from broken
    inner join {{ ref('int_record_counts__series') }} as counts
        on
            broken.dataset = counts.dataset
            and broken.boundary_set = counts.boundary_set
            and broken.area_code = counts.area_code
    group by all
)

select
    indicator_id,
    boundary_set,
    area_code,
    period_type,
    period_start,
    count(*) filter (where break_on <= coalesce(first_month, period_start)) as breaks_before
from given
group by all
