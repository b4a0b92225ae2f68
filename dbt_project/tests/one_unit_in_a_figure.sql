-- No published figure adds unlike units: a count has one unit, and an indicator counts only its own.
select
    indicator_values.indicator_id,
    indicator_values.area_code,
    indicator_values.period_start
from {{ ref('indicator_values') }} as indicator_values
inner join {{ ref('indicators') }} as indicators on indicator_values.indicator_id = indicators.indicator_id
inner join {{ ref('int_record_counts__series') }} as counts
    on
        indicators.numerator_dataset = counts.dataset
        and indicator_values.boundary_set = counts.boundary_set
        and indicator_values.area_code = counts.area_code
        and indicator_values.period_type = counts.period_type
        and indicator_values.period_start = counts.period_start
where indicator_values.value is not null
group by all
having
    any_value(indicator_values.numerator)
    > coalesce(sum(counts.record_count) filter (where counts.unit_counted = indicators.unit_counted), 0)
