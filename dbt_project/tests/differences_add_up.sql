-- What is told of a stated total by cause adds up to the whole difference, in every boundary set; and of a number of
-- records that a return gives of itself and that came, nothing is left unexplained.
select
    partner,
    supplier,
    dataset,
    period_type,
    period_start,
    boundary_set,
    stated_in,
    'do not add up' as fault
from {{ ref('reconciliation') }}
group by all
having abs(sum(difference) - (any_value(theirs) - coalesce(any_value(ours), 0))) > 1e-6
union all
select
    told.partner,
    told.supplier,
    told.dataset,
    told.period_type,
    told.period_start,
    told.boundary_set,
    told.stated_in,
    'came and is not explained' as fault
from {{ ref('reconciliation') }} as told
inner join {{ ref('int_reconciliation__returned') }} as returned
    on
        told.partner = returned.partner
        and told.supplier = returned.supplier
        and told.dataset = returned.dataset
        and told.period_type = returned.period_type
        and told.period_start = returned.period_start
        and told.stated_in = returned.stated_in
where
    told.cause = 'unexplained'
    and returned.is_of_files
    and told.theirs = returned.rows_received
