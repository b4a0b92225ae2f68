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
    counts.last_day as stood_on,
    cast(counts.record_count as bigint) as count,
    counts.coverage_share,
    counts.status,
    counts.flags
from {{ ref('int_asset_counts__period') }} as counts
left join {{ ref('int_category_names') }} as categories
    on counts.dataset = categories.dataset and counts.category_code = categories.category_code
left join {{ source('snapshot', 'areas') }} as areas
    on counts.boundary_set = areas.boundary_set and counts.area_code = areas.area_code
