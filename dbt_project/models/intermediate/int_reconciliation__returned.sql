{{ config(materialized='view') }}
-- For each stated total, what became of the rows of the returns of its period: all that lie in it, where months are
-- returned and a year is stated. `is_whole` says whether every return that is expected of the period has come.
with returned as (
    select
        counts.partner,
        counts.supplier,
        counts.dataset,
        counts.period_start,
        periods.period_end,
        counts.known_on,
        counts.rows_received,
        counts.rows_loaded,
        counts.rows_in_force,
        counts.rows_ignored,
        counts.rows_duplicate,
        counts.rows_quarantined,
        counts.rows_dated_outside,
        counts.rows_erased
    from {{ source('snapshot', 'return_counts') }} as counts
    inner join {{ source('snapshot', 'periods') }} as periods
        on counts.period_type = periods.period_type and counts.period_start = periods.period_start
),

expected as (
    select
        coverage.partner,
        coverage.supplier,
        coverage.dataset,
        coverage.period_share,
        periods.period_start,
        periods.period_end
    from {{ source('snapshot', 'coverage') }} as coverage
    inner join {{ source('snapshot', 'periods') }} as periods
        on coverage.period_type = periods.period_type and coverage.period_start = periods.period_start
),

whole as (
    select
        stated.partner,
        stated.supplier,
        stated.dataset,
        stated.period_type,
        stated.period_start,
        stated.period_end,
        stated.stated_in,
        stated.is_of_files,
        stated.theirs,
        stated.stated_on,
        coalesce(min(expected.period_share), 0) >= 1 as is_whole
    from {{ ref('int_reconciliation__stated') }} as stated
    left join expected
        on
            stated.partner = expected.partner
            and stated.supplier = expected.supplier
            and stated.dataset = expected.dataset
            and stated.period_start <= expected.period_start
            and stated.period_end >= expected.period_end
    group by all
)

select
    whole.*,
    count(returned.partner) as returns,
    max(returned.known_on) as received_at,
    sum(returned.rows_received) as rows_received,
    sum(returned.rows_loaded) as rows_loaded,
    sum(returned.rows_in_force) as rows_in_force,
    sum(returned.rows_ignored) as rows_ignored,
    sum(returned.rows_duplicate) as rows_duplicate,
    sum(returned.rows_quarantined) as rows_quarantined,
    sum(returned.rows_dated_outside) as rows_dated_outside,
    sum(returned.rows_erased) as rows_erased
from whole
left join returned
    on
        whole.partner = returned.partner
        and whole.supplier = returned.supplier
        and whole.dataset = returned.dataset
        and whole.period_start <= returned.period_start
        and whole.period_end >= returned.period_end
group by all
