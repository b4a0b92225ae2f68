{{ config(materialized='view') }}
select
    counts.dataset,
    counts.partner,
    counts.supplier,
    counts.period_type,
    counts.period_start,
    counts.question_code,
    counts.category_code,
    counts.unit_counted,
    counts.boundary_set,
    counts.area_code,
    areas.area_name,
    cast(counts.row_count as bigint) as row_count,
    cast(counts.answers as bigint) as answers,
    counts.weight,
    counts.weight_squared,
    cast(counts.sample_size as bigint) as sample_size,
    counts.status
from {{ ref('int_response_counts__area') }} as counts
left join {{ source('snapshot', 'areas') }} as areas
    on counts.boundary_set = areas.boundary_set and counts.area_code = areas.area_code
