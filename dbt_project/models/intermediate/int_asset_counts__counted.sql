-- What stood on the last day of each period, by area, for the periods that begin in a month to be counted again.
with placed as (
    {{ rows_by_area(ref('int_assets__rows'), 'asset', 'period_start') }}
)

select
    placed.dataset,
    placed.partner,
    placed.supplier,
    placed.category_code,
    placed.unit_counted,
    placed.boundary_set,
    placed.area_code,
    placed.period_type,
    placed.period_start,
    periods.period_end as last_day,
    count(*) as record_count,
    bool_or(placed.is_estimated) as is_estimated
from placed
inner join {{ source('snapshot', 'periods') }} as periods
    on placed.period_type = periods.period_type and placed.period_start = periods.period_start
group by all
