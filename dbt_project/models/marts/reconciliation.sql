-- Where a partner states its own total: theirs, ours, and the difference by cause. What was sent and does not count
-- here has its causes; the rest is what they count and did not send, or, below 0, what they sent and do not count.
with compared as (
    select
        returned.partner,
        returned.supplier,
        returned.dataset,
        returned.period_type,
        returned.period_start,
        held.boundary_set,
        returned.stated_in,
        returned.stated_on,
        returned.received_at,
        returned.theirs,
        returned.is_whole,
        returned.returns,
        if(returned.returns > 0, held.held - held.unplaced - held.outside, null) as ours,
        -- Either kind of row is dated outside: one set aside for that alone, and one that counts in another period.
        returned.rows_dated_outside + returned.rows_in_force - held.held as clock,
        returned.rows_ignored as cancelled_or_reclassified,
        -- The number that files give of themselves has in it what later files replaced.
        returned.rows_duplicate
        + if(returned.is_of_files, returned.rows_loaded - returned.rows_in_force, 0) as repeated,
        returned.rows_quarantined - returned.rows_dated_outside as quarantined,
        returned.rows_erased as erased,
        held.unplaced,
        held.outside
    from {{ ref('int_reconciliation__returned') }} as returned
    inner join {{ ref('int_reconciliation__held') }} as held
        on
            returned.partner = held.partner
            and returned.supplier = held.supplier
            and returned.dataset = held.dataset
            and returned.period_type = held.period_type
            and returned.period_start = held.period_start
),

measured as (
    select
        *,
        theirs - ours - clock - cancelled_or_reclassified - repeated - quarantined - erased - unplaced - outside as rest
    from compared
),

told as (
    select
        * exclude (rest, is_whole, returns),
        case when returns = 0 then theirs when rest > 0 and not is_whole then rest end as not_yet_received,
        case when rest < 0 or is_whole then rest end as unexplained,
        if(theirs = ours, 0, null) as none
    from measured
),

caused as (
    unpivot told
    on clock, cancelled_or_reclassified, repeated, quarantined, erased, unplaced, outside, not_yet_received,
    unexplained, none
    into name cause value difference
)

select
    partner,
    supplier,
    dataset,
    period_type,
    period_start,
    boundary_set,
    stated_in,
    stated_on,
    received_at,
    theirs,
    ours,
    cause,
    cast(difference as double) as difference
from caused
where case
    when ours is null then cause = 'not_yet_received'
    when theirs = ours then cause = 'none'
    else difference <> 0
end
