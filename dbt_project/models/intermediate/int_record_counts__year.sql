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
    {{ steady_sum('coalesce(counts.coverage_share, 0)') }} / 12 as month_share,
    min(counts.period_start) filter (where counts.record_count is not null) as first_month,
    max(counts.period_start) filter (where counts.record_count is not null) as last_month,
    {{ is_nowhere('counts.area_code') }} as is_nowhere,
    case
        when sum(counts.record_count) is null then 'not_supplied'
        when
            (count(*) < 12 and not {{ is_nowhere('counts.area_code') }})
            or not bool_and(counts.status in ('ok', 'estimated'))
            then 'partial'
        when bool_or(counts.status = 'estimated') then 'estimated'
        else 'ok'
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
