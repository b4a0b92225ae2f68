-- Financial years as sums of their months. A year is whole only if all twelve months are.
select
    counts.dataset,
    counts.partner,
    counts.supplier,
    counts.category_code,
    counts.unit_counted,
    counts.boundary_set,
    counts.area_code,
    periods.period_start,
    sum(counts.record_count) as record_count,
    sum(coalesce(counts.coverage_share, 0)) / 12 as month_share,
    counts.area_code in ('outside', 'unplaced') as is_nowhere,
    case
        when counts.area_code in ('outside', 'unplaced') then 'ok'
        when sum(counts.record_count) is null then 'not_supplied'
        when count(*) = 12 and bool_and(counts.status = 'ok') then 'ok'
        else 'partial'
    end as status,
    nullif(array_to_string(list_sort(list_distinct(flatten(list(string_split(counts.flags, ','))))), ','), '') as flags
from {{ ref('int_record_counts__month') }} as counts
inner join {{ source('snapshot', 'periods') }} as periods
    on
        periods.period_type = 'financial_year'
        and counts.period_start between periods.period_start and periods.period_end
group by
    counts.dataset,
    counts.partner,
    counts.supplier,
    counts.category_code,
    counts.unit_counted,
    counts.boundary_set,
    counts.area_code,
    periods.period_start
