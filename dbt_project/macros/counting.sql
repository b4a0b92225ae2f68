{#- Rows of a shape with the area each is counted in, in every set that its month is to be counted again in.

    `day` is the column whose month a row is counted under. -#}
{% macro rows_by_area(rows, shape, day) -%}
select
    held.*,
    again.boundary_set,
    again.month,
    case
        when held.place_id is not null then coalesce(assigned.area_code, 'outside')
        else coalesce(stated.area_code, 'unplaced')
    end as area_code,
    held.place_id is null and coalesce(stated.is_estimated, false) as is_estimated
from {{ rows }} as held
inner join {{ source('snapshot', 'recount') }} as again
    on
        held.dataset = again.dataset
        and again.shape = '{{ shape }}'
        and cast(date_trunc('month', held.{{ day }}) as date) = again.month
left join {{ source('snapshot', 'place_areas') }} as assigned
    on
        held.place_id = assigned.place_id
        and again.boundary_set = assigned.boundary_set
left join {{ ref('int_stated_areas') }} as stated
    on
        held.stated_set = stated.stated_set
        and held.stated_area = stated.stated_area
        and again.boundary_set = stated.boundary_set
{%- endmacro %}

{#- A figure for every expected cell, and for what stands elsewhere: in no area, in no place, or in an area its supplier
    does not speak for (strays). Before a feed's coverage starts, what there is counts as too low, and nothing is not 0.

    `period` names the columns of both that say the period, as (column, published as); `day` is the published one that
    is held against the day from which a feed's figures are whole. -#}
{% macro figures(expected, counted, period, day) -%}
with joined as (
    select
        coalesce(expected.dataset, counted.dataset) as dataset,
        coalesce(expected.partner, counted.partner) as partner,
        coalesce(expected.supplier, counted.supplier) as supplier,
        coalesce(expected.category_code, counted.category_code) as category_code,
        coalesce(expected.unit_counted, counted.unit_counted) as unit_counted,
        coalesce(expected.boundary_set, counted.boundary_set) as boundary_set,
        coalesce(expected.area_code, counted.area_code) as area_code,
        {% for column, published in period -%}
        coalesce(expected.{{ column }}, counted.{{ column }}) as {{ published }},
        {% endfor -%}
        expected.dataset is not null as is_expected,
        coalesce(expected.has_returned, false) as has_returned,
        coalesce(expected.is_late_return, false) as is_late_return,
        coalesce(expected.has_cover, true) as has_cover,
        expected.coverage_share,
        counted.record_count,
        coalesce(counted.is_estimated, false) as is_estimated
    from {{ expected }} as expected
    full outer join {{ counted }} as counted
        on
            expected.dataset = counted.dataset
            and expected.partner = counted.partner
            and expected.supplier = counted.supplier
            and expected.category_code = counted.category_code
            and expected.unit_counted = counted.unit_counted
            and expected.boundary_set = counted.boundary_set
            and expected.area_code = counted.area_code
            {% for column, _ in period -%}
            and expected.{{ column }} = counted.{{ column }}
            {% endfor %}
),

judged as (
    select
        joined.*,
        not joined.is_expected and not {{ is_nowhere('joined.area_code') }} as is_stray,
        coalesce(recording.place_kind, '') = 'snap_point' as is_snapped,
        coalesce(joined.{{ day }} < recording.covers_from, false) as is_before_coverage
    from joined
    left join {{ source('snapshot', 'recording') }} as recording
        on
            joined.partner = recording.partner
            and joined.dataset = recording.dataset
)

select
    dataset,
    partner,
    supplier,
    category_code,
    unit_counted,
    boundary_set,
    area_code,
    {% for _, published in period -%}
    {{ published }},
    {% endfor -%}
    case
        when not is_expected then record_count
        when has_returned and is_before_coverage then record_count
        when has_returned then coalesce(record_count, 0)
    end as record_count,
    case
        when is_stray then 0.0
        when is_expected then coverage_share
    end as coverage_share,
    case
        when is_stray then 'partial'
        when is_expected and (not has_returned or (is_before_coverage and record_count is null)) then 'not_supplied'
        when is_before_coverage or (is_expected and coverage_share < 1) then 'partial'
        when is_estimated then 'estimated'
        else 'ok'
    end as status,
    nullif(
        concat_ws(
            ',',
            case
                when is_snapped and not {{ is_unplaced('area_code') }} and (has_returned or not is_expected)
                    then 'snapped_points'
            end,
            case when is_late_return then 'late_return' end,
            case when not has_cover then 'outside_cover' end,
            case when is_before_coverage then 'before_coverage' end,
            case when is_stray then 'outside_supplier_area' end,
            case when is_estimated and (has_returned or not is_expected) then 'estimated_area' end
        ),
        ''
    ) as flags
from judged
{%- endmacro %}
