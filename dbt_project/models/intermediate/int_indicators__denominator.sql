-- The denominator of each indicator, area and period: the estimate for the calendar year the period starts in, else
-- the latest earlier one, else the earliest later one. Of one year, a figure that was supplied comes before one that
-- was converted from another boundary set. Which one was taken is published beside the value. `is_comparable` is false
-- where there is none but one that no lookup can follow the boundaries of.
with wanted as (
    select distinct
        numerator.indicator_id,
        numerator.boundary_set,
        numerator.area_code,
        numerator.period_type,
        numerator.period_start,
        indicators.denominator_dataset,
        indicators.denominator_measure
    from {{ ref('int_indicators__numerator') }} as numerator
    inner join {{ source('snapshot', 'indicators') }} as indicators on numerator.indicator_id = indicators.indicator_id
)

select
    wanted.indicator_id,
    wanted.boundary_set,
    wanted.area_code,
    wanted.period_type,
    wanted.period_start,
    observed.partner || '/' || observed.dataset as denominator_source,
    cast(year(observed.period_start) as integer) as denominator_year,
    observed.value as denominator,
    observed.series,
    observed.status = 'estimated' as is_estimated,
    observed.status <> 'not_comparable' as is_comparable
from wanted
inner join {{ ref('observations') }} as observed
    on
        wanted.denominator_dataset = observed.dataset
        and wanted.denominator_measure = observed.measure
        and wanted.boundary_set = observed.boundary_set
        and wanted.area_code = observed.area_code
        and observed.category_code is null
        and observed.breakdown is null
        and (
            observed.value is not null and observed.status in ('ok', 'rounded', 'estimated')
            or observed.status = 'not_comparable'
        )
qualify row_number() over (
    partition by
        wanted.indicator_id, wanted.boundary_set, wanted.area_code, wanted.period_type, wanted.period_start
    order by
        observed.status = 'not_comparable',
        year(observed.period_start) > year(wanted.period_start),
        abs(year(observed.period_start) - year(wanted.period_start)),
        observed.area_method is not null,
        observed.partner,
        observed.supplier
) = 1
