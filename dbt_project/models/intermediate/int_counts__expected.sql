-- What must have a figure: for every month and set to be counted again, each area, category that the dataset's feeds
-- can send and supplier that speaks for the area, with how that supplier's return stands; and one row without a
-- supplier for an area nobody speaks for.
-- A month is spoken for when every return that touches it has come: its own, each of its weeks, or its quarter. Of one
-- that comes in declared parts, a missing part leaves as much of it unspoken for. Of a supplier that is not expected
-- yet or any more nothing is waited for; its area is then another's, or nobody's. Of a month before the feed's coverage
-- starts (`covers_from`), or in which it does, nothing is spoken for, whatever has come.
with returned as (
    select
        coverage.dataset,
        coverage.partner,
        coverage.supplier,
        months.period_start as month,
        if(bool_and(coverage.period_share > 0), avg(coverage.period_share), 0) as period_share,
        bool_or(coverage.is_late and coverage.period_share > 0) as is_late_return
    from {{ source('snapshot', 'coverage') }} as coverage
    inner join {{ source('snapshot', 'periods') }} as reported
        on coverage.period_type = reported.period_type and coverage.period_start = reported.period_start
    inner join {{ source('snapshot', 'periods') }} as months
        on
            months.period_type = 'month'
            and reported.period_end >= months.period_start
            and reported.period_start <= months.period_end
    where coverage.state <> 'not_applicable'
    group by all
),

-- A dataset has figures from its first return to its last: a month in between that nobody sent is a gap, one after it
-- is not.
span as (
    select
        dataset,
        min(month) as first_month,
        max(month) as last_month
    from returned
    where period_share > 0
    group by dataset
),

months as (
    select
        again.dataset,
        again.boundary_set,
        again.month
    from {{ source('snapshot', 'recount') }} as again
    inner join span on again.dataset = span.dataset and again.month between span.first_month and span.last_month
    where again.shape = 'event'
),

speaking as (
    select
        months.month,
        areas.boundary_set,
        areas.area_code,
        areas.has_cover,
        months.dataset,
        suppliers.partner,
        suppliers.supplier,
        suppliers.unit_counted,
        coalesce(returned.period_share, 0) as period_share,
        coalesce(months.month < recording.covers_from, false) as is_before_coverage,
        coalesce(returned.is_late_return, false) as is_late_return
    from months
    inner join {{ source('snapshot', 'areas') }} as areas on months.boundary_set = areas.boundary_set
    left join {{ source('snapshot', 'area_suppliers') }} as suppliers
        on
            months.dataset = suppliers.dataset
            and areas.boundary_set = suppliers.boundary_set
            and areas.area_code = suppliers.area_code
            and last_day(months.month) >= coalesce(suppliers.expected_from, date '0001-01-01')
            and months.month <= coalesce(suppliers.expected_to, date '9999-12-31')
    left join returned
        on
            suppliers.dataset = returned.dataset
            and suppliers.partner = returned.partner
            and suppliers.supplier = returned.supplier
            and months.month = returned.month
    left join {{ source('snapshot', 'recording') }} as recording
        on suppliers.dataset = recording.dataset and suppliers.partner = recording.partner
)

select
    speaking.month,
    speaking.boundary_set,
    speaking.area_code,
    speaking.has_cover,
    speaking.dataset,
    speaking.partner,
    speaking.supplier,
    speaking.unit_counted,
    categories.category_code,
    speaking.period_share > 0 and speaking.has_cover as has_returned,
    speaking.is_late_return,
    case
        when not speaking.has_cover then 0.0
        else avg(if(speaking.is_before_coverage, 0, speaking.period_share)) over (
            partition by
                speaking.month, speaking.boundary_set, speaking.area_code, speaking.dataset, categories.category_code
        )
    end as coverage_share
from speaking
inner join {{ source('snapshot', 'dataset_categories') }} as categories
    on
        speaking.dataset = categories.dataset
        and categories.is_sent
        and speaking.month >= coalesce(categories.valid_from, date '0001-01-01')
        and speaking.month <= coalesce(categories.valid_to, date '9999-12-31')
