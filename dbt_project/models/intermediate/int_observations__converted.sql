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
with figures as (
    select
        supplied.*,
        routes.to_set,
        additive.dataset is not null as is_additive,
        row_number() over () as figure
    from {{ ref('int_observations__supplied') }} as supplied
    inner join {{ ref('int_observations__routes') }} as routes
        on
            supplied.dataset = routes.dataset
            and supplied.partner = routes.partner
            and supplied.measure = routes.measure
            and supplied.period_type = routes.period_type
            and supplied.period_start = routes.period_start
            and supplied.boundary_set = routes.from_set
    left join {{ source('snapshot', 'additive_measures') }} as additive
        on supplied.dataset = additive.dataset and supplied.measure = coalesce(additive.measure, supplied.measure)
),

parted as (
    select
        figures.*,
        coalesce(
            parts.to_code, if({{ is_unplaced('figures.area_code') }}, figures.area_code, 'outside')
        ) as to_code,
        coalesce(parts.part_count, 1) as part_count,
        coalesce(parts.is_open, false) as is_open,
        figures.value * if(parts.to_code is null, 1, parts.weight) as share
    from figures
    left join {{ ref('int_area_lookup__parts') }} as parts
        on
            figures.boundary_set = parts.from_set
            and figures.to_set = parts.to_set
            and figures.area_code = parts.from_code
),

divided as (
    select
        *,
        case
            when value <> floor(value) then share
            when is_open then round(share)
            else
                floor(share)
                + if(
                    row_number() over (partition by figure order by share - floor(share) desc, to_code)
                    <= value - sum(floor(share)) over (partition by figure),
                    1, 0
                )
        end as part
    from parted
    where part_count > 1
    union all
    select
        *,
        share as part
    from parted
    where part_count = 1
),

-- What each area gives to each other one, whichever suppliers speak of it.
given as (
    select
        dataset,
        partner,
        measure,
        category_code,
        breakdown,
        boundary_set,
        area_code,
        to_set,
        to_code,
        period_type,
        period_start,
        is_additive,
        count(*) as figures,
        min(supplier) as first_supplier,
        max(supplier) as last_supplier,
        list_sum(list(part order by supplier)) as part,
        bool_or(status = 'suppressed') as is_suppressed,
        bool_or(status = 'rounded') as is_rounded,
        bool_and(status = 'not_applicable') as is_not_applicable,
        bool_and(status = 'not_supplied') as is_not_supplied,
        min(symbol) as symbol,
        max(revision) as revision
    from divided
    group by all
),

added as (
    select
        dataset,
        partner,
        measure,
        category_code,
        breakdown,
        boundary_set as from_set,
        to_set,
        to_code,
        period_type,
        period_start,
        is_additive,
        sum(figures) as figures,
        count(*) filter (where not is_not_supplied) as present,
        if(min(first_supplier) = max(last_supplier), min(first_supplier), null) as supplier,
        -- In a fixed order, so that the same figures have the same sum to the last bit.
        list_sum(list(part order by area_code)) as total,
        bool_or(is_suppressed) as is_suppressed,
        bool_or(is_rounded) as is_rounded,
        bool_and(is_not_applicable) as is_not_applicable,
        bool_or(is_not_supplied) as has_gap,
        min(symbol) as symbol,
        max(revision) as revision
    from given
    group by all
),

judged as (
    select
        added.*,
        coalesce(areas.methods, if({{ is_unplaced('added.to_code') }}, 'unchanged', 'outside')) as area_method,
        not coalesce(areas.is_exact, true) as is_estimated,
        not coalesce(areas.is_comparable, true)
        or not (
            added.is_additive
            or (added.figures = 1 and coalesce(areas.is_unchanged, {{ is_unplaced('added.to_code') }}))
        ) as is_incomparable,
        added.has_gap
        or (added.to_code <> 'outside' and added.present < coalesce(areas.constituents, 0)) as is_incomplete
    from added
    left join {{ ref('int_area_lookup__areas') }} as areas
        on
            added.from_set = areas.from_set
            and added.to_set = areas.to_set
            and added.to_code = areas.to_code
    -- Of a measure that cannot be added up, nothing can be said of all the areas that lie in none of the set.
    where added.is_additive or added.to_code <> 'outside'
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
    status,
    nullif(
        concat_ws(
            ',',
            case when is_estimated then 'estimated_area' end,
            case when is_incomplete and not is_incomparable then 'constituents_missing' end,
            case when is_rounded then 'rounded_constituents' end
        ),
        ''
    ) as flags,
    area_method,
    cast(revision as bigint) as revision
from stated
