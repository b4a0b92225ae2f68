-- For each indicator, area and period: what is counted in the unit the indicator is defined in, and how whole it is.
-- Records of other suppliers that stand in an area (strays) count towards it where somebody speaks for the area.
with cells as (
    select
        indicators.indicator_id,
        indicators.unit_counted,
        counts.boundary_set,
        counts.area_code,
        counts.period_type,
        counts.period_start,
        counts.unit_counted as counted_unit,
        counts.count,
        counts.status,
        counts.flags,
        counts.coverage_share,
        counts.supplier is not null
        and not contains(coalesce(counts.flags, ''), 'outside_supplier_area') as is_spoken_for
    from {{ source('snapshot', 'indicators') }} as indicators
    inner join {{ source('snapshot', 'indicator_categories') }} as wanted
        on indicators.indicator_id = wanted.indicator_id
    inner join {{ ref('record_counts') }} as counts
        on
            indicators.numerator_dataset = counts.dataset
            and wanted.category_code = counts.category_code
            and list_contains(string_split(indicators.period_types, ','), counts.period_type)
    where not {{ is_nowhere('counts.area_code') }}
)

select
    indicator_id,
    boundary_set,
    area_code,
    period_type,
    period_start,
    sum(count) filter (where counted_unit = unit_counted) as counted,
    bool_or(is_spoken_for) as has_supplier,
    bool_or(is_spoken_for and counted_unit = unit_counted) as has_like_unit,
    bool_or(is_spoken_for and counted_unit <> unit_counted) as has_unlike_unit,
    string_agg(distinct counted_unit, ', ' order by counted_unit) filter (
        where is_spoken_for and counted_unit <> unit_counted
    ) as unlike_units,
    bool_and(status in ('ok', 'estimated')) filter (where is_spoken_for and counted_unit = unit_counted) as is_whole,
    coalesce(bool_or(contains(flags, 'estimated_area')) filter (where counted_unit = unit_counted), false)
        as is_estimated,
    bool_or(count is not null) filter (where is_spoken_for and counted_unit = unit_counted) as has_any,
    nullif(array_to_string(list_sort(list_distinct(flatten(list(string_split(flags, ','))))), ','), '') as flags
from cells
group by all
