{#- Whether the last five values of a series rise or fall more than chance would have it: Fingertips' "recent trend"
    (dhsc-govuk, FingertipsNext).

    The threshold is chi-square's quantile of one degree of freedom at p = 0.002: z at 99.8%, squared (9.5495357). -#}
{% macro trend_threshold() -%}
({{ normal_quantile(99.8) }} * {{ normal_quantile(99.8) }})
{%- endmacro %}

{#- A query of one row a series, with `slope` (per point), `chi_square` and `trend`: `increasing`, `decreasing`, `no_change`
    or `cannot_be_calculated`.

    `points` is a relation with `series`, `position` (whole numbers that rise by one a period), `value`, `lower_limit` and
    `upper_limit` at 95%, `numerator` and `denominator`. Weighted least squares over the five most recent points, the weight
    of a point being (3.92 / width of its interval)^2; chi-square is (slope / its standard error)^2. A trend also needs the
    same sign of slope with any one of the points left out. Not for counts, means or indices.

    It cannot be calculated of fewer than five points, where a period between them is missing, where a point has no value or
    an interval of no width, or where a numerator equals its denominator. -#}
{% macro recent_trend(points) -%}
with recent as (
    select
        given.*,
        pow(3.92e0 / nullif(given.upper_limit - given.lower_limit, 0), 2) as weight,
        max(given.position) over (partition by given.series) - given.position as age
    from {{ points }} as given
),

judged as (
    select
        series,
        count(*) = 5 and count(distinct position) = 5 and count(value) = 5 and count(weight) = 5
        and count_if(numerator = denominator) = 0 as has_trend
    from recent
    where age < 5
    group by series
),

fits as (
    select
        recent.series,
        omitted.age as omitted_age,
        {{ ordered_sum("recent.weight") }} as mass,
        {{ ordered_sum("recent.weight * recent.age") }} / {{ ordered_sum("recent.weight") }} as mean_age,
        {{ ordered_sum("recent.weight * recent.value") }} / {{ ordered_sum("recent.weight") }} as mean_value
    from recent
    cross join range(6) as omitted (age)
    where recent.age < 5 and recent.age <> omitted.age
    group by recent.series, omitted.age
),

slopes as (
    select
        fits.series,
        fits.omitted_age,
        {{ ordered_sum("recent.weight * pow(recent.age - fits.mean_age, 2)") }} as spread,
        - {{ ordered_sum("recent.weight * (recent.age - fits.mean_age) * (recent.value - fits.mean_value)") }}
        / {{ ordered_sum("recent.weight * pow(recent.age - fits.mean_age, 2)") }} as slope
    from fits
    inner join recent
        on fits.series = recent.series and fits.omitted_age <> recent.age
    where recent.age < 5
    group by fits.series, fits.omitted_age
),

tested as (
    select
        series,
        max(slope) filter (where omitted_age = 5) as slope,
        max(slope * slope * spread) filter (where omitted_age = 5) as chi_square,
        min(sign(slope)) = max(sign(slope)) as is_steady
    from slopes
    group by series
)

select
    judged.series,
    case when judged.has_trend then tested.slope end as slope,
    case when judged.has_trend then tested.chi_square end as chi_square,
    case
        when not judged.has_trend then 'cannot_be_calculated'
        when tested.chi_square <= {{ trend_threshold() }} or not tested.is_steady or tested.slope = 0 then 'no_change'
        when tested.slope > 0 then 'increasing'
        else 'decreasing'
    end as trend
from judged
left join tested on judged.series = tested.series
{%- endmacro %}

{#- Chi-square of a trend in proportions, as an aggregate over a series' points (Cochran 1954, Biometrics 10; Armitage 1955,
    Biometrics 11): N (N sum(x t) - X sum(n t))^2 / (X (N - X) (N sum(n t^2) - sum(n t)^2)).

    Its sums are whole numbers, exact in any order. Null where all or none are counted. -#}
{% macro proportion_trend(count, denominator, position) -%}
{%- set x = "cast(sum(" ~ count ~ ") as double)" -%}
{%- set n = "cast(sum(" ~ denominator ~ ") as double)" -%}
{%- set nt = "cast(sum(" ~ denominator ~ " * " ~ position ~ ") as double)" -%}
(
    {{ n }} * pow({{ n }} * cast(sum({{ count }} * {{ position }}) as double) - {{ x }} * {{ nt }}, 2)
    / nullif(
        {{ x }} * ({{ n }} - {{ x }})
        * ({{ n }} * sum({{ denominator }} * {{ position }} * {{ position }}) - pow({{ nt }}, 2)),
        0
    )
)
{%- endmacro %}
