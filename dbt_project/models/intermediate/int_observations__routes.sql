-- From which boundary set the figures of a partner's measure and period are converted to each other set that a lookup
-- leads to. A set for which the partner supplies figures of its own gets no converted ones; of several sets that lead
-- to it, one is taken: an exact one before an estimate, then that of which more has come.
with sets as (
    select
        supplied.dataset,
        supplied.partner,
        supplied.measure,
        supplied.period_type,
        supplied.period_start,
        supplied.boundary_set,
        count(distinct supplied.area_code) as areas
    from {{ ref('int_observations__supplied') }} as supplied
    inner join {{ source('snapshot', 'reconvert') }} as again
        on
            supplied.dataset = again.dataset
            and supplied.partner = again.partner
            and supplied.period_start = again.period_start
    group by all
),

lookups as (
    select
        from_set,
        to_set,
        bool_and(is_exact) as is_exact,
        count(distinct from_code) as areas
    from {{ ref('int_area_lookup__parts') }}
    group by all
)

select
    sets.dataset,
    sets.partner,
    sets.measure,
    sets.period_type,
    sets.period_start,
    lookups.from_set,
    lookups.to_set
from sets
inner join lookups on sets.boundary_set = lookups.from_set
anti join sets as own
    on
        sets.dataset = own.dataset
        and sets.partner = own.partner
        and sets.measure = own.measure
        and sets.period_type = own.period_type
        and sets.period_start = own.period_start
        and lookups.to_set = own.boundary_set
qualify row_number() over (
    partition by
        sets.dataset, sets.partner, sets.measure, sets.period_type, sets.period_start, lookups.to_set
    order by
        lookups.is_exact desc,
        least(sets.areas, lookups.areas) / lookups.areas desc,
        lookups.from_set
) = 1
