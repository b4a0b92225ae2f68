with judged as (
    select
        numerator.*,
        indicators.version,
        indicators.scale,
        indicators.unit_counted,
        denominator.denominator,
        denominator.denominator_source,
        denominator.denominator_year,
        coalesce(denominator.is_estimated, false) as is_estimated_denominator,
        (numerator.crosses is not null and not numerator.allows_breaks)
        or (numerator.unlike_clocks is not null and not numerator.allows_clocks) as is_mixed,
        case
            when numerator.crosses is null
                then coalesce(series.breaks_before, 0) + if(denominator.denominator is null, 1, denominator.series)
        end as series,
        case
            when not numerator.has_supplier then 'not_supplied'
            when not numerator.has_like_unit or numerator.has_unlike_unit then 'not_comparable'
            when not coalesce(numerator.has_any, false) then 'not_supplied'
            when is_mixed then 'not_comparable'
            when not coalesce(denominator.is_comparable, true) then 'not_comparable'
            when coalesce(denominator.denominator, 0) <= 0 then 'not_applicable'
            when not coalesce(numerator.is_whole, false) then 'partial'
            when numerator.is_estimated or coalesce(denominator.is_estimated, false) then 'estimated'
            else 'ok'
        end as status
    from {{ ref('int_indicators__numerator') }} as numerator
    inner join {{ source('snapshot', 'indicators') }} as indicators on numerator.indicator_id = indicators.indicator_id
    left join {{ ref('int_indicators__denominator') }} as denominator
        on
            numerator.indicator_id = denominator.indicator_id
            and numerator.boundary_set = denominator.boundary_set
            and numerator.area_code = denominator.area_code
            and numerator.period_type = denominator.period_type
            and numerator.period_start = denominator.period_start
    left join {{ ref('int_indicators__series') }} as series
        on
            numerator.indicator_id = series.indicator_id
            and numerator.boundary_set = series.boundary_set
            and numerator.area_code = series.area_code
            and numerator.period_type = series.period_type
            and numerator.period_start = series.period_start
),

counted as (
    select
        judged.*,
        case
            when status in ('ok', 'partial', 'estimated', 'not_applicable') then cast(counted as bigint)
        end as numerator,
        status in ('ok', 'partial', 'estimated') as has_value,
        -- What a value was allowed to be added up across, or was refused for.
        case when crosses is not null then {{ crosses_break('crosses') }} end as break_note,
        case when unlike_clocks is not null then 'adds up unlike clocks: ' || unlike_clocks end as clock_note
    from judged
)

select
    counted.indicator_id,
    cast(counted.version as integer) as version,
    counted.boundary_set,
    counted.area_code,
    counted.period_type,
    counted.period_start,
    cast(null as varchar) as breakdown_type,
    cast(null as varchar) as breakdown_code,
    counted.numerator,
    counted.denominator,
    counted.denominator_source,
    counted.denominator_year,
    case when counted.has_value then counted.numerator * counted.scale / counted.denominator end as value,
    case
        when counted.has_value
            then {{ rate_lower('counted.numerator', 'counted.denominator', 'counted.scale') }}
    end as ci_lower,
    case
        when counted.has_value
            then {{ rate_upper('counted.numerator', 'counted.denominator', 'counted.scale') }}
    end as ci_upper,
    case when counted.has_value then {{ count_method('counted.numerator') }} end as ci_method,
    counted.status,
    nullif(
        array_to_string(
            list_sort(
                string_split(
                    concat_ws(
                        ',',
                        counted.flags,
                        case when counted.is_estimated_denominator then 'estimated_denominator' end,
                        case when counted.break_note is not null then 'crosses_break' end,
                        case when counted.clock_note is not null then 'unlike_clocks' end,
                        case when counted.has_left_out then 'unlike_strays' end
                    ),
                    ','
                )
            ),
            ','
        ),
        ''
    ) as flags,
    cast(counted.series as integer) as series,
    nullif(
        concat_ws(
            '; ',
            case
                when counted.status = 'not_comparable' and counted.has_like_unit and counted.has_unlike_unit
                    then
                        'counted in parts of this area as ' || counted.unlike_units || ', not as '
                        || counted.unit_counted
                when counted.status = 'not_comparable' and not counted.has_like_unit
                    then 'counted here as ' || counted.unlike_units || ', not as ' || counted.unit_counted
                when counted.status = 'not_comparable' and not counted.is_mixed
                    then 'no denominator can be given for these boundaries: no lookup follows them'
                when counted.status = 'not_supplied' and not counted.has_supplier
                    then 'nobody is expected to send for this area'
                when counted.status = 'not_supplied' then 'no return has come'
                when counted.status = 'not_applicable' then 'no denominator for this area'
                when counted.status = 'partial' then 'not every expected return has come'
                when counted.status = 'estimated' then 'made of figures that are estimated for these boundaries'
            end,
            counted.break_note,
            counted.clock_note
        ),
        ''
    ) as note
from counted
