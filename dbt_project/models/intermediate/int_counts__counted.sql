-- Records counted by area for every month and set to be counted again.
with placed as (
    {{ rows_by_area(ref('records'), 'event', 'occurred_from') }}
)

select
    dataset,
    partner,
    supplier,
    category_code,
    unit_counted,
    boundary_set,
    month,
    area_code,
    count(*) as record_count,
    bool_or(is_estimated) as is_estimated
from placed
group by all
