{{ config(materialized='view') }}
select
    counts.dataset,
    counts.partner,
    counts.supplier,
    counts.category_code,
    categories.category_name,
    counts.unit_counted,
    counts.boundary_set,
    counts.area_code,
    areas.area_name,
    counts.period_type,
    counts.period_start,
    case when counts.crosses is null then cast(counts.record_count as bigint) end as count,
    counts.coverage_share,
    case when counts.crosses is null then counts.status else 'not_comparable' end as status,
    case when counts.crosses is null then counts.flags else concat_ws(',', counts.flags, 'crosses_break') end as flags,
    cast(counts.series as integer) as series,
    {{ crosses_break('counts.crosses') }} as note
from {{ ref('int_record_counts__series') }} as counts
left join {{ ref('int_category_names') }} as categories
    on counts.dataset = categories.dataset and counts.category_code = categories.category_code
left join {{ source('snapshot', 'areas') }} as areas
    on counts.boundary_set = areas.boundary_set and counts.area_code = areas.area_code
