{#- Limits of a count at 95%, as a multiple of the count's own unit (multiply by scale / denominator for a rate).

    Byar's approximation from 10 up, exact Poisson limits below (half of chi-square quantiles): ukhsa-collaboration,
    PHEindicatormethods, R/Rates.R. `z` is the standard normal quantile at 0.975. -#}
{% macro byar_lower(count) -%}
({{ count }} * pow(1 - 1 / (9.0 * nullif({{ count }}, 0)) - 1.959963984540054 / (3 * sqrt(nullif({{ count }}, 0))), 3))
{%- endmacro %}

{% macro byar_upper(count) -%}
(({{ count }} + 1) * pow(1 - 1 / (9.0 * ({{ count }} + 1)) + 1.959963984540054 / (3 * sqrt({{ count }} + 1.0)), 3))
{%- endmacro %}

{% macro exact_poisson_limits() -%}
(values
    (0, 0.000000000000, 3.688879454114),
    (1, 0.025317807984, 5.571643390939),
    (2, 0.242209278544, 7.224687667724),
    (3, 0.618672122896, 8.767273069742),
    (4, 1.089865373626, 10.241588675404),
    (5, 1.623486390118, 11.668332079323),
    (6, 2.201894253491, 13.059474022519),
    (7, 2.814363051520, 14.422675361702),
    (8, 3.453832176749, 15.763189220193),
    (9, 4.115373097378, 17.084803451419)
)
{%- endmacro %}
