{{ config(materialized='table') }}
-- For each area that a lookup leads to: of how many areas it is made, and what may be said of a figure made of theirs.
select
    from_set,
    to_set,
    to_code,
    count(*) as constituents,
    bool_and(is_exact) as is_exact,
    bool_and(weight is not null) as is_comparable,
    bool_and(method = 'unchanged') and count(*) = 1 as is_unchanged,
    string_agg(distinct method, ',' order by method) as methods
from {{ ref('int_area_lookup__parts') }}
group by all
