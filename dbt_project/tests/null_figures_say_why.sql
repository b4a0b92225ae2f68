-- Law 5: a figure is null exactly where its status says that there is none.
select
    'record_counts' as published_table,
    status,
    count(*) as figures
from {{ ref('record_counts') }}
where (count is null) <> (status in ('not_supplied', 'not_comparable'))
group by all
union all
select
    'asset_counts' as published_table,
    status,
    count(*) as figures
from {{ ref('asset_counts') }}
where (count is null) <> (status = 'not_supplied')
group by all
union all
select
    'indicator_values' as published_table,
    status,
    count(*) as figures
from {{ ref('indicator_values') }}
where (value is null) <> (status in ('not_supplied', 'not_comparable', 'not_applicable'))
group by all
union all
select
    'observations' as published_table,
    status,
    count(*) as figures
from {{ ref('observations') }}
-- A figure that was rounded away has none; one that is made of such and others has.
where
    (value is null) <> (status in ('not_supplied', 'suppressed', 'not_applicable', 'not_comparable', 'rounded'))
    and not (status = 'rounded' and symbol is null)
group by all
