{{ config(
    materialized='incremental',
    incremental_strategy='append',
    on_schema_change='fail',
    pre_hook="{{ delete_reconverted() }}"
) }}
-- Supplied figures on the other boundary sets that a lookup leads to. What may be added up is shared out by the
-- lookup's weights; a whole number in whole parts that add up to it, by the largest remainder. Any other measure is
-- only told where an area has not changed. What lies in no area of the set stays as `outside`, what has no place as
-- `unplaced`.
with series as (
    select
        wanted.*,
        additive.dataset is not null as is_additive,
        row_number() over () as series_id
    from (
        select
            supplied.dataset,
            supplied.partner,
            supplied.measure,
            supplied.category_code,
            supplied.breakdown,
            supplied.period_type,
            supplied.period_start,
            routes.from_set,
            routes.to_set,
            if(min(supplied.supplier) = max(supplied.supplier), min(supplied.supplier), null) as supplier
        from {{ ref('int_observations__supplied') }} as supplied
        inner join {{ ref('int_observations__routes') }} as routes
            on
                supplied.dataset = routes.dataset
                and supplied.partner = routes.partner
                and supplied.measure = routes.measure
                and supplied.period_type = routes.period_type
                and supplied.period_start = routes.period_start
                and supplied.boundary_set = routes.from_set
        group by all
    ) as wanted
    left join {{ source('snapshot', 'additive_measures') }} as additive
        on wanted.dataset = additive.dataset and wanted.measure = coalesce(additive.measure, wanted.measure)
),

parted as (
    select
        series.series_id,
        series.supplier is not null as has_one_supplier,
        supplied.supplier,
        supplied.area_code,
        supplied.value,
        supplied.symbol,
        supplied.vintage,
        supplied.status,
        supplied.revision,
        coalesce(
            parts.to_code, if({{ is_unplaced('supplied.area_code') }}, supplied.area_code, 'outside')
        ) as to_code,
        coalesce(parts.part_count, 1) as part_count,
        coalesce(parts.is_open, false) as is_open,
        if(parts.to_code is null, 1, parts.weight) as weight,
        -- What is not a whole number is shared out in billionths.
        if(supplied.value = floor(supplied.value), 1, 1e9) as units
    from {{ ref('int_observations__supplied') }} as supplied
    inner join series
        on
            supplied.dataset = series.dataset
            and supplied.partner = series.partner
            and supplied.measure = series.measure
            and supplied.category_code is not distinct from series.category_code
            and supplied.breakdown is not distinct from series.breakdown
            and supplied.period_type = series.period_type
            and supplied.period_start = series.period_start
            and supplied.boundary_set = series.from_set
    left join {{ ref('int_area_lookup__parts') }} as parts
        on
            series.from_set = parts.from_set
            and series.to_set = parts.to_set
            and supplied.area_code = parts.from_code
),

shared as (
    select
        *,
        round(value * units) as whole,
        round(value * units) * weight as share
    from parted
    where part_count > 1
),

divided as (
    select
        * exclude (whole, share),
        case
            when is_open then round(share)
            else
                floor(share)
                + if(
                    row_number() over (
                        partition by series_id, supplier, area_code
                        order by round(share - floor(share), 6) desc, to_code
                    ) <= whole - sum(floor(share)) over (partition by series_id, supplier, area_code),
                    1, 0
                )
        end / units as part
    from shared
    union all
    select
        *,
        value * weight as part
    from parted
    where part_count = 1
),

-- What each area gives to each other one, whichever suppliers speak of it.
given as (
    select
        series_id,
        to_code,
        part,
        null as first_supplier,
        null as last_supplier,
        symbol,
        coalesce(vintage, '') as first_vintage,
        coalesce(vintage, '') as last_vintage,
        revision,
        1 as figures,
        status = 'suppressed' as is_suppressed,
        status = 'rounded' as is_rounded,
        status = 'not_applicable' as is_not_applicable,
        status = 'not_supplied' as is_not_supplied
    from divided
    where has_one_supplier
    union all by name
    select
        series_id,
        area_code,
        to_code,
        {{ steady_sum('part') }} as part,
        min(supplier) as first_supplier,
        max(supplier) as last_supplier,
        min(symbol) as symbol,
        min(coalesce(vintage, '')) as first_vintage,
        max(coalesce(vintage, '')) as last_vintage,
        max(revision) as revision,
        count(*) as figures,
        bool_or(status = 'suppressed') as is_suppressed,
        bool_or(status = 'rounded') as is_rounded,
        bool_and(status = 'not_applicable') as is_not_applicable,
        bool_and(status = 'not_supplied') as is_not_supplied
    from divided
    where not has_one_supplier
    group by series_id, area_code, to_code
),

added as (
    select
        series_id,
        to_code,
        {{ steady_sum('part') }} as total,
        if(min(first_supplier) = max(last_supplier), min(first_supplier), null) as supplier,
        sum(figures) as figures,
        count(*) filter (where not is_not_supplied) as present,
        bool_or(is_suppressed) as is_suppressed,
        bool_or(is_rounded) as is_rounded,
        bool_and(is_not_applicable) as is_not_applicable,
        bool_or(is_not_supplied) as has_gap,
        min(symbol) as symbol,
        if(min(first_vintage) = max(last_vintage), nullif(min(first_vintage), ''), null) as vintage,
        max(revision) as revision
    from given
    group by all
),

judged as (
    select
        added.* exclude (supplier),
        series.* exclude (series_id, supplier),
        coalesce(series.supplier, added.supplier) as supplier,
        coalesce(areas.methods, if({{ is_unplaced('added.to_code') }}, 'unchanged', 'outside')) as area_method,
        not coalesce(areas.is_exact, true) as is_estimated,
        not coalesce(areas.is_comparable, true)
        or not (
            series.is_additive
            or (added.figures = 1 and coalesce(areas.is_unchanged, {{ is_unplaced('added.to_code') }}))
        ) as is_incomparable,
        added.has_gap
        or (added.to_code <> 'outside' and added.present < coalesce(areas.constituents, 0)) as is_incomplete
    from added
    inner join series on added.series_id = series.series_id
    left join {{ ref('int_area_lookup__areas') }} as areas
        on
            series.from_set = areas.from_set
            and series.to_set = areas.to_set
            and added.to_code = areas.to_code
    -- Of a measure that cannot be added up, nothing can be said of all the areas that lie in none of the set.
    where series.is_additive or added.to_code <> 'outside'
),

stated as (
    select
        *,
        case
            when is_incomparable then 'not_comparable'
            when is_suppressed then 'suppressed'
            when total is null and is_incomplete then 'not_supplied'
            when total is null and is_not_applicable then 'not_applicable'
            when total is null then 'rounded'
            when is_incomplete then 'partial'
            when is_estimated then 'estimated'
            when is_rounded then 'rounded'
            else 'ok'
        end as status
    from judged
)

select
    dataset,
    partner,
    supplier,
    measure,
    category_code,
    breakdown,
    to_set as boundary_set,
    to_code as area_code,
    period_type,
    period_start,
    case when status not in ('not_comparable', 'suppressed') then total end as value,
    case when figures = 1 and total is null and not is_incomparable then symbol end as symbol,
    vintage,
    status,
    case
        when not is_incomparable
            then
                nullif(
                    concat_ws(
                        ',',
                        case when is_estimated then 'estimated_area' end,
                        case when is_incomplete then 'constituents_missing' end,
                        case when is_rounded then 'rounded_constituents' end
                    ),
                    ''
                )
    end as flags,
    area_method,
    cast(revision as bigint) as revision
from stated
