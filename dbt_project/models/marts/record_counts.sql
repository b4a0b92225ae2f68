{{ config(materialized='view') }}
with counts as (
    select
        dataset,
        partner,
        supplier,
        category_code,
        unit_counted,
        boundary_set,
        area_code,
        'month' as period_type,
        period_start,
        record_count,
        coverage_share,
        status,
        flags
    from {{ ref('int_record_counts__month') }}
    union all
    select
        dataset,
        partner,
        supplier,
        category_code,
        unit_counted,
        boundary_set,
        area_code,
        'financial_year' as period_type,
        period_start,
        record_count,
        case when not is_nowhere then month_share end as coverage_share,
        status,
        flags
    from {{ ref('int_record_counts__year') }}
)

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
    cast(counts.record_count as bigint) as count,
    counts.coverage_share,
    counts.status,
    counts.flags
from counts
left join {{ source('snapshot', 'dataset_categories') }} as categories
    on counts.dataset = categories.dataset and counts.category_code = categories.category_code
left join {{ source('snapshot', 'areas') }} as areas
    on counts.boundary_set = areas.boundary_set and counts.area_code = areas.area_code
