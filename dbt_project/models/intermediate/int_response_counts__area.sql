{{ config(
    materialized='incremental',
    incremental_strategy='append',
    on_schema_change='fail',
    pre_hook="{{ delete_recounted() }}"
) }}
-- Answers by question and area, for the waves that begin in a month to be counted again. Of answers that came counted a
-- row is all that gave one answer, and says how many were asked; of others a row is one answer.
with placed as (
    {{ rows_by_area(ref('int_responses__rows'), 'response', 'period_start') }}
),

counted as (
    select
        dataset,
        partner,
        supplier,
        unit_counted,
        question_code,
        category_code,
        boundary_set,
        area_code,
        period_type,
        period_start,
        count(*) as row_count,
        count(*) filter (where sample_size is null) as single_answers,
        coalesce(sum(sample_size), 0) as asked,
        {{ steady_sum('weight') }} as weight,
        {{ steady_sum('weight * weight') }} as weight_squared,
        bool_or(is_estimated) as is_estimated
    from placed
    group by all
)

select
    counted.* exclude (single_answers, asked),
    counted.single_answers + counted.asked as answers,
    sum(counted.single_answers) over question + max(counted.asked) over question as sample_size,
    case
        when coalesce(coverage.period_share, 0) < 1 then 'partial'
        when counted.is_estimated then 'estimated'
        else 'ok'
    end as status
from counted
left join {{ source('snapshot', 'coverage') }} as coverage
    on
        counted.dataset = coverage.dataset
        and counted.partner = coverage.partner
        and counted.supplier = coverage.supplier
        and counted.period_type = coverage.period_type
        and counted.period_start = coverage.period_start
window question as (
    partition by
        counted.dataset, counted.partner, counted.supplier, counted.unit_counted, counted.question_code,
        counted.boundary_set, counted.area_code, counted.period_type, counted.period_start
)
