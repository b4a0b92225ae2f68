{{ config(materialized='view') }}
-- The counts by month and by financial year, and how each stands to the breaks in its supplier's recording. A figure
-- crosses a break that lies within the months it is made of: months of both sides are in it, or the one that the break
-- is in. `series` is 1 and rises by one with each break; none where the figure itself crosses one.
with counts as (
    select
        dataset,
        partner,
        supplier,
        category_code,
        unit_counted,
        boundary_set,
        area_code,
        'month' as period_type,
        period_start,
        period_start as first_month,
        period_start as last_month,
        record_count,
        coverage_share,
        status,
        flags
    from {{ ref('int_record_counts__month') }}
    union all
    select
        dataset,
        partner,
        supplier,
        category_code,
        unit_counted,
        boundary_set,
        area_code,
        'financial_year' as period_type,
        period_start,
        coalesce(first_month, period_start) as first_month,
        coalesce(last_month, period_start) as last_month,
        record_count,
        case when not is_nowhere then month_share end as coverage_share,
        status,
        flags
    from {{ ref('int_record_counts__year') }}
),

spans as (
    select distinct
        counts.dataset,
        counts.partner,
        counts.supplier,
        counts.first_month,
        counts.last_month
    from counts
    semi join {{ source('snapshot', 'recording_breaks') }} as breaks
        on
            counts.dataset = breaks.dataset
            and counts.partner = breaks.partner
            and counts.supplier = breaks.supplier
),

broken as (
    select
        spans.dataset,
        spans.partner,
        spans.supplier,
        spans.first_month,
        spans.last_month,
        count(*) filter (where breaks.break_on <= spans.first_month) as breaks_before,
        string_agg(breaks.break_on || ': ' || breaks.what, '; ' order by breaks.break_on) filter (
            where breaks.break_on > spans.first_month and breaks.break_on <= last_day(spans.last_month)
        ) as breaks_within
    from spans
    inner join {{ source('snapshot', 'recording_breaks') }} as breaks
        on
            spans.dataset = breaks.dataset
            and spans.partner = breaks.partner
            and spans.supplier = breaks.supplier
    group by all
)

select
    counts.*,
    case when broken.breaks_within is null then 1 + coalesce(broken.breaks_before, 0) end as series,
    case when counts.record_count is not null then broken.breaks_within end as crosses
from counts
left join broken
    on
        counts.dataset = broken.dataset
        and counts.partner = broken.partner
        and counts.supplier = broken.supplier
        and counts.first_month = broken.first_month
        and counts.last_month = broken.last_month
