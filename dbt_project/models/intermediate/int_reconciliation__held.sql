-- For each period of a stated total, the records dated in it, and how many of them stand in no place, or elsewhere than
-- in an area the supplier speaks for: in each boundary set of which it speaks for an area. Of a supplier that speaks
-- for no loaded area, all records count as they are.
with stated as (
    select distinct
        partner,
        supplier,
        dataset,
        period_type,
        period_start,
        period_end
    from {{ ref('int_reconciliation__stated') }}
),

speaking as (
    select distinct
        partner,
        supplier,
        dataset,
        boundary_set,
        area_code
    from {{ source('snapshot', 'area_suppliers') }}
),

sets as (
    select distinct
        stated.partner,
        stated.supplier,
        stated.dataset,
        speaking.boundary_set
    from stated
    left join speaking
        on
            stated.partner = speaking.partner
            and stated.supplier = speaking.supplier
            and stated.dataset = speaking.dataset
),

counted as (
    select
        sets.partner,
        sets.supplier,
        sets.dataset,
        sets.boundary_set,
        counts.period_start as month,
        sum(counts.record_count) as held,
        sum(counts.record_count) filter (where {{ is_unplaced('counts.area_code') }}) as unplaced,
        sum(counts.record_count) filter (
            where not {{ is_unplaced('counts.area_code') }} and speaking.area_code is null
        ) as outside
    from sets
    inner join {{ ref('int_record_counts__month') }} as counts
        on
            sets.partner = counts.partner
            and sets.supplier = counts.supplier
            and sets.dataset = counts.dataset
            and sets.boundary_set = counts.boundary_set
    left join speaking
        on
            counts.partner = speaking.partner
            and counts.supplier = speaking.supplier
            and counts.dataset = speaking.dataset
            and counts.boundary_set = speaking.boundary_set
            and counts.area_code = speaking.area_code
    group by all
    union all
    select
        sets.partner,
        sets.supplier,
        sets.dataset,
        sets.boundary_set,
        cast(date_trunc('month', records.occurred_from) as date) as month,
        count(*) as held,
        0 as unplaced,
        0 as outside
    from {{ ref('records') }} as records
    inner join sets
        on
            records.partner = sets.partner
            and records.supplier = sets.supplier
            and records.dataset = sets.dataset
            and sets.boundary_set is null
    group by all
)

select
    stated.partner,
    stated.supplier,
    stated.dataset,
    stated.period_type,
    stated.period_start,
    sets.boundary_set,
    cast(coalesce(sum(counted.held), 0) as bigint) as held,
    cast(coalesce(sum(counted.unplaced), 0) as bigint) as unplaced,
    cast(coalesce(sum(counted.outside), 0) as bigint) as outside
from stated
inner join sets
    on
        stated.partner = sets.partner
        and stated.supplier = sets.supplier
        and stated.dataset = sets.dataset
left join counted
    on
        sets.partner = counted.partner
        and sets.supplier = counted.supplier
        and sets.dataset = counted.dataset
        and sets.boundary_set is not distinct from counted.boundary_set
        and counted.month between stated.period_start and stated.period_end
group by all
