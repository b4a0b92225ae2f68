-- Each outcome with the crime it was given to, of the same partner and supplier: the crime row of its reference that is
-- the latest not after the outcome, else the earliest. A reference may stand for rows of several months; where two
-- different crimes of one moment have it, nobody can tell which is meant, and the outcome is not linked.
with crimes as (
    select
        partner,
        supplier,
        source_id,
        occurred_from,
        count(distinct record_id) as record_count,
        min(record_id) as record_id,
        min(period_start) as period_start
    from {{ ref('fct_crime') }}
    where source_id is not null
    group by all
),

outcomes as (
    select
        record_id,
        partner,
        supplier,
        period_type,
        period_start,
        category_code,
        occurred_from,
        source_id
    from {{ ref('fct_crime_outcome') }}
),

chosen as (
    select
        outcomes.partner,
        outcomes.supplier,
        outcomes.source_id,
        outcomes.occurred_from,
        coalesce(
            max(crimes.occurred_from) filter (where crimes.occurred_from <= outcomes.occurred_from),
            min(crimes.occurred_from)
        ) as crime_from
    from (
        select distinct
            partner,
            supplier,
            source_id,
            occurred_from
        from outcomes
    ) as outcomes
    inner join crimes
        on
            outcomes.partner = crimes.partner
            and outcomes.supplier = crimes.supplier
            and outcomes.source_id = crimes.source_id
    group by all
)

select
    outcomes.record_id,
    outcomes.partner,
    outcomes.supplier,
    outcomes.period_type,
    outcomes.period_start,
    outcomes.category_code,
    outcomes.occurred_from,
    coalesce(crimes.record_count = 1, false) as is_linked,
    case
        when outcomes.source_id is null then 'no_id'
        when crimes.record_id is null then 'no_crime'
        when crimes.record_count > 1 then 'several'
    end as reason,
    case when crimes.record_count = 1 then crimes.record_id end as crime_record_id,
    case when crimes.record_count = 1 then crimes.period_start end as crime_period_start,
    case when crimes.record_count = 1 then crimes.occurred_from end as crime_occurred_from
from outcomes
left join chosen
    on
        outcomes.partner = chosen.partner
        and outcomes.supplier = chosen.supplier
        and outcomes.source_id = chosen.source_id
        and outcomes.occurred_from = chosen.occurred_from
left join crimes
    on
        chosen.partner = crimes.partner
        and chosen.supplier = crimes.supplier
        and chosen.source_id = crimes.source_id
        and chosen.crime_from = crimes.occurred_from
