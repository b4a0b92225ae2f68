-- How many outcomes of each supplier and period are linked to their crime, and why the others are not.
select
    partner,
    supplier,
    period_type,
    period_start,
    count(*) as outcomes,
    count(*) filter (where is_linked) as linked,
    count(*) filter (where reason = 'no_id') as no_id,
    count(*) filter (where reason = 'no_crime') as no_crime,
    count(*) filter (where reason = 'several') as several,
    count(*) filter (where is_linked) / count(*) as linked_share
from {{ ref('outcome_links') }}
group by all
