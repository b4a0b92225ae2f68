{{ config(materialized='view') }}
-- The totals that partners state of events: as figures of a feed that `reconciles`; else, for a period whose returns
-- all say how many records they hold, as the sum of those. Figures of one supplier and period are added up; where one
-- of them is withheld, there is no total.
with figures as (
    select
        reconciles.partner,
        observed.supplier,
        reconciles.dataset,
        observed.period_type,
        observed.period_start,
        observed.partner || '/' || observed.dataset as stated_in,
        false as is_of_files,
        sum(observed.value) as theirs
    from {{ ref('int_observations__supplied') }} as observed
    inner join {{ source('snapshot', 'reconciles') }} as reconciles
        on observed.partner = reconciles.stated_by and observed.dataset = reconciles.stated_as
    group by all
    having count(*) = count(observed.value)
),

files as (
    select
        partner,
        supplier,
        dataset,
        period_type,
        period_start,
        partner || '/' || dataset as stated_in,
        true as is_of_files,
        cast(sum(stated_rows) as double) as theirs
    from {{ source('snapshot', 'return_counts') }}
    -- Events are counted by month, and a week may lie in two.
    where period_type <> 'week'
    group by all
    having count(*) = count(stated_rows)
),

stated as (
    select * from figures
    union all
    select files.* from files
    anti join figures
        on
            files.partner = figures.partner
            and files.supplier = figures.supplier
            and files.dataset = figures.dataset
            and files.period_type = figures.period_type
            and files.period_start = figures.period_start
)

select
    stated.partner,
    stated.supplier,
    stated.dataset,
    stated.period_type,
    stated.period_start,
    periods.period_end,
    stated.stated_in,
    stated.is_of_files,
    stated.theirs,
    max(said.known_on) as stated_on
from stated
inner join {{ source('snapshot', 'periods') }} as periods
    on stated.period_type = periods.period_type and stated.period_start = periods.period_start
inner join {{ source('snapshot', 'current_returns') }} as said
    on
        stated.stated_in = said.partner || '/' || said.dataset
        and stated.supplier = said.supplier
        and stated.period_start = said.period_start
group by all
