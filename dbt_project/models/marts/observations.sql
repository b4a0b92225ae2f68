{{ config(materialized='view') }}
-- What agencies supply, and the same on the other boundary sets that it can be converted to. Before a feed's coverage
-- starts, a figure is too low, and 0 is none. A figure that its supplier gives across a break in recording is left as
-- it was given, and belongs to no series.
with figures as (
    select
        dataset,
        partner,
        supplier,
        measure,
        category_code,
        breakdown,
        boundary_set,
        area_code,
        period_type,
        period_start,
        value,
        symbol,
        vintage,
        status,
        cast(null as varchar) as flags,
        cast(null as varchar) as area_method,
        revision
    from {{ ref('int_observations__supplied') }}
    union all
    select
        dataset,
        partner,
        supplier,
        measure,
        category_code,
        breakdown,
        boundary_set,
        area_code,
        period_type,
        period_start,
        value,
        symbol,
        vintage,
        status,
        flags,
        area_method,
        revision
    from {{ ref('int_observations__converted') }}
),

periods as (
    select distinct
        figures.dataset,
        figures.partner,
        figures.supplier,
        figures.period_type,
        figures.period_start,
        if(recording.clock = 'snapshot', figures.period_start, periods.period_end) as last_day,
        recording.covers_from
    from figures
    inner join {{ source('snapshot', 'periods') }} as periods
        on figures.period_type = periods.period_type and figures.period_start = periods.period_start
    inner join {{ source('snapshot', 'recording') }} as recording
        on figures.dataset = recording.dataset and figures.partner = recording.partner
    where
        recording.covers_from is not null
        or (figures.dataset, figures.partner) in (
            select
                breaks.dataset,
                breaks.partner
            from {{ source('snapshot', 'recording_breaks') }} as breaks
        )
),

profiled as (
    select
        periods.dataset,
        periods.partner,
        periods.supplier,
        periods.period_type,
        periods.period_start,
        coalesce(periods.period_start < periods.covers_from, false) as is_before_coverage,
        count(distinct breaks.break_on) filter (where breaks.break_on <= periods.period_start) as breaks_before,
        coalesce(
            bool_or(breaks.break_on > periods.period_start and breaks.break_on <= periods.last_day), false
        ) as crosses_break
    from periods
    left join {{ source('snapshot', 'recording_breaks') }} as breaks
        on
            periods.dataset = breaks.dataset
            and periods.partner = breaks.partner
            and coalesce(periods.supplier, breaks.supplier) = breaks.supplier
    group by all
)

select
    figures.dataset,
    figures.partner,
    figures.supplier,
    figures.measure,
    figures.category_code,
    figures.breakdown,
    figures.boundary_set,
    figures.area_code,
    figures.period_type,
    figures.period_start,
    case when not coalesce(profiled.is_before_coverage and figures.value = 0, false) then figures.value end as value,
    figures.symbol,
    figures.vintage,
    case
        when profiled.is_before_coverage and figures.value = 0 then 'not_supplied'
        when profiled.is_before_coverage and figures.value is not null then 'partial'
        else figures.status
    end as status,
    nullif(
        concat_ws(
            ',',
            figures.flags,
            case when profiled.is_before_coverage then 'before_coverage' end,
            case when profiled.crosses_break then 'crosses_break' end
        ),
        ''
    ) as flags,
    case
        when not coalesce(profiled.crosses_break, false)
            then cast(1 + coalesce(profiled.breaks_before, 0) as integer)
    end as series,
    figures.area_method,
    figures.revision
from figures
left join profiled
    on
        figures.dataset = profiled.dataset
        and figures.partner = profiled.partner
        and figures.supplier is not distinct from profiled.supplier
        and figures.period_type = profiled.period_type
        and figures.period_start = profiled.period_start
