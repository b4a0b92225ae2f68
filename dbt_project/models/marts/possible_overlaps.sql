-- How many records of two agencies may tell of the same events, by area and month: counted, never merged, and only
-- under an agreement in force that both agencies have signed. A pair counts in an area if both its records lie there in
-- that month, so that it never exceeds either side; one that lies across an edge is told of beside.
with placed as (
    select
        sides.agreement,
        sides.side,
        sides.record_id,
        sets.boundary_set,
        coalesce(assigned.area_code, 'outside') as area_code,
        cast(date_trunc('month', sides.occurred_from) as date) as month
    from {{ ref('int_overlaps__sides') }} as sides
    cross join (select distinct areas.boundary_set from {{ source('snapshot', 'areas') }} as areas) as sets
    left join {{ source('snapshot', 'place_areas') }} as assigned
        on sides.place_id = assigned.place_id and sets.boundary_set = assigned.boundary_set
),

counted as (
    select
        placed.agreement,
        placed.boundary_set,
        placed.area_code,
        placed.month,
        count(*) filter (where placed.side = 'a') as records_a,
        count(*) filter (where placed.side = 'b') as records_b
    from placed
    group by all
),

paired as (
    select
        first.agreement,
        first.boundary_set,
        first.area_code,
        first.month,
        count(*) filter (where first.area_code = other.area_code and first.month = other.month) as pairs,
        count(*) filter (where first.area_code <> other.area_code or first.month <> other.month) as pairs_across
    from {{ ref('int_overlaps__pairs') }} as pairs
    inner join placed as first
        on pairs.agreement = first.agreement and first.side = 'a' and pairs.record_a = first.record_id
    inner join placed as other
        on
            pairs.agreement = other.agreement
            and other.side = 'b'
            and pairs.record_b = other.record_id
            and first.boundary_set = other.boundary_set
    group by all
),

-- How far the returns of each side have come that touch a month: all, some or none.
returned as (
    select
        sides.agreement,
        sides.side,
        months.period_start as month,
        avg(coverage.period_share) as share
    from (
        select distinct
            agreement,
            side,
            partner,
            dataset
        from {{ source('snapshot', 'agreement_sides') }}
    ) as sides
    inner join {{ source('snapshot', 'coverage') }} as coverage
        on sides.partner = coverage.partner and sides.dataset = coverage.dataset
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

stood as (
    select
        agreement,
        month,
        coalesce(max(share) filter (where side = 'a'), 0) as share_a,
        coalesce(max(share) filter (where side = 'b'), 0) as share_b
    from returned
    group by all
),

judged as (
    select
        counted.*,
        coalesce(paired.pairs, 0) as pairs,
        coalesce(paired.pairs_across, 0) as pairs_across,
        case
            when coalesce(least(stood.share_a, stood.share_b), 0) = 0 then 'not_supplied'
            when least(stood.share_a, stood.share_b) < 1 then 'partial'
            else 'ok'
        end as status
    from counted
    left join paired
        on
            counted.agreement = paired.agreement
            and counted.boundary_set = paired.boundary_set
            and counted.area_code = paired.area_code
            and counted.month = paired.month
    left join stood on counted.agreement = stood.agreement and counted.month = stood.month
)

select
    agreements.partner_a,
    agreements.dataset_a,
    agreements.partner_b,
    agreements.dataset_b,
    judged.boundary_set,
    judged.area_code,
    'month' as period_type,
    judged.month as period_start,
    judged.records_a,
    judged.records_b,
    case when judged.status <> 'not_supplied' then judged.pairs end as possible_overlaps,
    case when judged.status <> 'not_supplied' then judged.pairs_across end as overlaps_across,
    case when judged.status <> 'not_supplied' then judged.pairs / nullif(least(judged.records_a, judged.records_b), 0)
    end as share,
    judged.status,
    'within ' || agreements.within_m || ' m and ' || agreements.within_hours || ' hours, of '
    || agreements.categories || '; agreed on ' || agreements.agreed_on as note
from judged
inner join {{ source('snapshot', 'agreements') }} as agreements on judged.agreement = agreements.agreement
