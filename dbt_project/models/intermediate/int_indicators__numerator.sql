-- For each indicator, area and period: what is counted in the unit the indicator is defined in, and how whole it is.
-- Records of other suppliers that stand in an area (strays) count towards it where somebody speaks for the area, unless
-- they are of another clock, or across a break, that the indicator does not allow: then they are left out, as those of
-- another unit are.
with cells as (
    select
        indicators.indicator_id,
        indicators.unit_counted,
        counts.boundary_set,
        counts.area_code,
        counts.period_type,
        counts.period_start,
        counts.partner,
        counts.supplier,
        recording.clock,
        counts.unit_counted as counted_unit,
        counts.record_count,
        counts.status,
        counts.flags,
        counts.crosses,
        contains(coalesce(indicators.allows, ''), 'breaks') as allows_breaks,
        contains(coalesce(indicators.allows, ''), 'clocks') as allows_clocks,
        counts.supplier is not null
        and not contains(coalesce(counts.flags, ''), 'outside_supplier_area') as is_spoken_for
    from {{ source('snapshot', 'indicators') }} as indicators
    inner join {{ source('snapshot', 'indicator_categories') }} as wanted
        on indicators.indicator_id = wanted.indicator_id
    inner join {{ ref('int_record_counts__series') }} as counts
        on
            indicators.numerator_dataset = counts.dataset
            and wanted.category_code = counts.category_code
            and list_contains(string_split(indicators.period_types, ','), counts.period_type)
    left join {{ source('snapshot', 'recording') }} as recording
        on counts.dataset = recording.dataset and counts.partner = recording.partner
    where not {{ is_nowhere('counts.area_code') }}
),

-- What each supplier gives to a figure.
parts as (
    select
        indicator_id,
        unit_counted,
        boundary_set,
        area_code,
        period_type,
        period_start,
        supplier,
        clock,
        counted_unit,
        crosses,
        allows_breaks,
        allows_clocks,
        is_spoken_for,
        counted_unit = unit_counted as is_like,
        sum(record_count) as counted,
        bool_and(status in ('ok', 'estimated')) as is_whole,
        list_distinct(flatten(list(string_split(flags, ',')))) as flags
    from cells
    group by
        indicator_id, unit_counted, boundary_set, area_code, period_type, period_start, partner, supplier, clock,
        counted_unit, crosses, allows_breaks, allows_clocks, is_spoken_for
),

own as (
    select
        *,
        min(clock) filter (where is_spoken_for and is_like) over (
            partition by indicator_id, boundary_set, area_code, period_type, period_start
        ) as own_clock
    from parts
),

judged as (
    select
        *,
        is_like
        and (
            is_spoken_for
            or ((allows_clocks or clock = own_clock) and (allows_breaks or crosses is null))
        ) as is_added
    from own
)

select
    indicator_id,
    boundary_set,
    area_code,
    period_type,
    period_start,
    sum(counted) filter (where is_added) as counted,
    bool_or(is_spoken_for) as has_supplier,
    bool_or(is_spoken_for and is_like) as has_like_unit,
    bool_or(is_spoken_for and not is_like) as has_unlike_unit,
    string_agg(distinct counted_unit, ', ' order by counted_unit) filter (where is_spoken_for and not is_like)
        as unlike_units,
    bool_and(is_whole) filter (where is_spoken_for and is_like) as is_whole,
    coalesce(bool_or(list_contains(flags, 'estimated_area')) filter (where is_like), false) as is_estimated,
    bool_or(counted is not null) filter (where is_spoken_for and is_like) as has_any,
    string_agg(distinct supplier || ', ' || crosses, '; ' order by supplier || ', ' || crosses) filter (where is_added)
        as crosses,
    bool_or(allows_breaks) as allows_breaks,
    case
        when count(distinct clock) filter (where is_added and counted is not null) > 1
            then string_agg(distinct clock, ', ' order by clock) filter (where is_added and counted is not null)
    end as unlike_clocks,
    bool_or(allows_clocks) as allows_clocks,
    coalesce(bool_or(is_like and not is_added and counted > 0), false) as has_left_out,
    nullif(array_to_string(list_sort(list_distinct(flatten(list(flags)))), ','), '') as flags
from judged
group by all
