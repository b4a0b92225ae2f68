{#- Control charts of single values (XmR), by the rules of "Making data count" as nhs-r-community, NHSRplotthedots,
    R/ptd_spc_standard.R and R/ptd_calculate_point_type.R have them.

    Counts with a mean below about 5 are too few for this chart: they vary by chance alone, beyond its limits. A series
    that is judged anew from some date on is another series from there. There may be no gaps in a series. -#}

{#- Whether the six points before one lie on the same side of the mean as it does; on columns `side` (-1, 0, 1), `series`
    and `position`. -#}
{% macro ends_one_side() -%}
(
    side <> 0
    and count(side) over seven = 7
    and min(side) over seven = max(side) over seven
)
{%- endmacro %}

{#- Whether a point is the last of seven that rise each time, or fall; on columns `step` (-1, 0, 1), `series`, `position`. -#}
{% macro ends_trend() -%}
(
    step <> 0
    and count(step) over six = 6
    and min(step) over six = max(step) over six
)
{%- endmacro %}

{#- Whether a point is the last of three on one side of the mean, of which two or more are near a limit; on columns `side`,
    `is_near`, `series`, `position`. -#}
{% macro ends_two_of_three() -%}
(
    abs(sum(side) over three) = 3
    and count(side) over three = 3
    and sum(cast(is_near as integer)) over three >= 2
)
{%- endmacro %}

{#- The points of rows with `series`, `position`, `side`, `step` and `is_near`, each with whether it ends a run and whether it
    is in one: every point of a run is, not the last only. -#}
{% macro runs(points) -%}
select
    ended.*,
    bool_or(ended.ends_one_side) over (partition by series order by position rows between current row and 6 following)
        as is_one_side,
    bool_or(ended.ends_trend) over (partition by series order by position rows between current row and 6 following)
        as is_trend,
    bool_or(ended.ends_two_of_three) over (partition by series order by position rows between current row and 2 following)
        as is_two_of_three
from (
    select
        given.*,
        {{ ends_one_side() }} as ends_one_side,
        {{ ends_trend() }} as ends_trend,
        {{ ends_two_of_three() }} as ends_two_of_three
    from {{ points }} as given
    window
        seven as (partition by series order by position rows between 6 preceding and current row),
        six as (partition by series order by position rows between 5 preceding and current row),
        three as (partition by series order by position rows between 2 preceding and current row)
) as ended
{%- endmacro %}

{#- A query of one row a point, with the chart's `centre`, `lower_limit`, `upper_limit`, `near_lower`, `near_upper`, its
    `points`, and `rule`: why the point is no common cause, `outside`, `trend`, `two_of_three` or `one_side` in this
    precedence, else null.

    `points` is a relation with `series`, `position` and `value`. Limits lie 2.66 mean moving ranges about the mean, near
    ones two thirds of that. With `screen`, moving ranges of 3.267 times their mean and more are left out once, as
    NHSRplotthedots does and NHS England's workbook does not; the mean stays. With `baseline`, the first so many points of a
    series fix its mean and limits. A point outside the limits is not near them, and of a two-of-three only those near are
    told. A chart of fewer than 13 points is one to be wary of. -#}
{% macro control_chart(points, screen=true, baseline=none) -%}
with numbered as (
    select
        given.series,
        given.position,
        given.value,
        row_number() over (partition by given.series order by given.position) as place,
        given.value - lag(given.value) over (partition by given.series order by given.position) as move
    from {{ points }} as given
),

base as (
    select
        numbered.*,
        abs(numbered.move) as moving_range
    from numbered
    {%- if baseline is not none %}
    where numbered.place <= {{ baseline }}
    {%- endif %}
),

centred as (
    select
        series,
        {{ ordered_sum("cast(value as double)") }} / count(value) as centre,
        {{ ordered_sum("cast(moving_range as double)") }} / nullif(count(moving_range), 0) as mean_range
    from base
    group by series
),

spread as (
    select
        centred.series,
        centred.centre,
        {%- if screen %}
        {%- set kept = "case when base.moving_range < 3.267e0 * centred.mean_range or centred.mean_range = 0"
            ~ " then cast(base.moving_range as double) end" %}
        {{ ordered_sum(kept) }} / nullif(count({{ kept }}), 0) as mean_range
        {%- else -%}
        centred.mean_range
        {%- endif %}
    from centred
    inner join base on centred.series = base.series
    group by centred.series, centred.centre, centred.mean_range
),

limited as (
    select
        numbered.series,
        numbered.position,
        numbered.value,
        spread.centre,
        spread.centre - 2.66e0 * spread.mean_range as lower_limit,
        spread.centre + 2.66e0 * spread.mean_range as upper_limit,
        spread.centre - 2.66e0 * 2 / 3 * spread.mean_range as near_lower,
        spread.centre + 2.66e0 * 2 / 3 * spread.mean_range as near_upper,
        count(*) over (partition by numbered.series) as points,
        sign(numbered.value - spread.centre) as side,
        sign(numbered.move) as step,
        numbered.value < lower_limit or numbered.value > upper_limit as is_outside,
        not is_outside and (numbered.value < near_lower or numbered.value > near_upper) as is_near
    from numbered
    inner join spread on numbered.series = spread.series
)

select
    charted.series,
    charted.position,
    charted.value,
    charted.centre,
    charted.lower_limit,
    charted.upper_limit,
    charted.near_lower,
    charted.near_upper,
    charted.points,
    case
        when charted.is_outside then 'outside'
        when charted.is_trend then 'trend'
        when charted.is_two_of_three and charted.is_near then 'two_of_three'
        when charted.is_one_side then 'one_side'
    end as rule
from ({{ runs('limited') }}) as charted
{%- endmacro %}

{#- Whether a process whose limits hold will reach a target: `consistent_pass`, `consistent_fail` or `inconsistent`, as
    R/ptd_calculate_assurance_type.R has it. `better` is `high` or `low`; null where neither is better, or no target is set. -#}
{% macro assurance(target, lower, upper, better) -%}
case
    when {{ target }} is null or {{ better }} is null or {{ better }} not in ('high', 'low') then null
    when {{ target }} > {{ upper }} then if({{ better }} = 'high', 'consistent_fail', 'consistent_pass')
    when {{ target }} < {{ lower }} then if({{ better }} = 'high', 'consistent_pass', 'consistent_fail')
    else 'inconsistent'
end
{%- endmacro %}
