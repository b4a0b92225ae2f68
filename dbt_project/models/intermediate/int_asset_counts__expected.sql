-- What must have a figure: for every period that begins in a month to be counted again, each area, category that the
-- dataset's feeds can send and supplier that speaks for the area and reports by periods of that kind, with how its
-- return stands; and one row without a supplier for an area nobody speaks for.
with returned as (
    select
        coverage.dataset,
        coverage.partner,
        coverage.supplier,
        coverage.period_type,
        coverage.period_start,
        periods.period_end as last_day,
        coverage.period_share,
        coverage.is_late and coverage.period_share > 0 as is_late_return
    from {{ source('snapshot', 'coverage') }} as coverage
    inner join {{ source('snapshot', 'periods') }} as periods
        on coverage.period_type = periods.period_type and coverage.period_start = periods.period_start
    where coverage.state <> 'not_applicable'
),

calendars as (
    select distinct
        dataset,
        partner,
        period_type
    from returned
),

-- A dataset has figures from its first return to its last.
span as (
    select
        dataset,
        min(period_start) as first_start,
        max(period_start) as last_start
    from returned
    where period_share > 0
    group by dataset
),

wanted as (
    select distinct
        returned.dataset,
        returned.period_type,
        returned.period_start,
        returned.last_day,
        again.boundary_set
    from returned
    inner join {{ source('snapshot', 'recount') }} as again
        on
            returned.dataset = again.dataset
            and again.shape = 'asset'
            and date_trunc('month', returned.period_start) = again.month
    inner join span
        on
            returned.dataset = span.dataset
            and returned.period_start between span.first_start and span.last_start
),

suppliers as (
    select
        suppliers.*,
        calendars.period_type
    from {{ source('snapshot', 'area_suppliers') }} as suppliers
    inner join calendars on suppliers.dataset = calendars.dataset and suppliers.partner = calendars.partner
),

speaking as (
    select
        wanted.dataset,
        wanted.period_type,
        wanted.period_start,
        wanted.last_day,
        areas.boundary_set,
        areas.area_code,
        areas.has_cover,
        suppliers.partner,
        suppliers.supplier,
        suppliers.unit_counted,
        coalesce(returned.period_share, 0) as period_share,
        coalesce(wanted.last_day < recording.covers_from, false) as is_before_coverage,
        coalesce(returned.is_late_return, false) as is_late_return
    from wanted
    inner join {{ source('snapshot', 'areas') }} as areas on wanted.boundary_set = areas.boundary_set
    left join suppliers
        on
            wanted.dataset = suppliers.dataset
            and wanted.period_type = suppliers.period_type
            and areas.boundary_set = suppliers.boundary_set
            and areas.area_code = suppliers.area_code
            and wanted.last_day >= coalesce(suppliers.expected_from, date '0001-01-01')
            and wanted.period_start <= coalesce(suppliers.expected_to, date '9999-12-31')
    left join returned
        on
            suppliers.dataset = returned.dataset
            and suppliers.partner = returned.partner
            and suppliers.supplier = returned.supplier
            and wanted.period_type = returned.period_type
            and wanted.period_start = returned.period_start
    left join {{ source('snapshot', 'recording') }} as recording
        on suppliers.dataset = recording.dataset and suppliers.partner = recording.partner
    -- Of an area whose suppliers report by periods of another kind, this kind has no figure to miss.
    where
        suppliers.supplier is not null
        or not exists (
            select 1 from suppliers as others
            where
                others.dataset = wanted.dataset
                and others.boundary_set = areas.boundary_set
                and others.area_code = areas.area_code
                and others.period_type <> wanted.period_type
        )
)

select
    speaking.dataset,
    speaking.partner,
    speaking.supplier,
    speaking.unit_counted,
    categories.category_code,
    speaking.boundary_set,
    speaking.area_code,
    speaking.has_cover,
    speaking.period_type,
    speaking.period_start,
    speaking.last_day,
    speaking.period_share > 0 and speaking.has_cover as has_returned,
    speaking.is_late_return,
    case
        when not speaking.has_cover then 0.0
        else avg(if(speaking.is_before_coverage, 0, speaking.period_share)) over (
            partition by
                speaking.dataset, speaking.period_type, speaking.period_start, speaking.boundary_set,
                speaking.area_code, categories.category_code
        )
    end as coverage_share
from speaking
inner join {{ source('snapshot', 'dataset_categories') }} as categories
    on
        speaking.dataset = categories.dataset
        and categories.is_sent
        and speaking.last_day >= coalesce(categories.valid_from, date '0001-01-01')
        and speaking.last_day <= coalesce(categories.valid_to, date '9999-12-31')
