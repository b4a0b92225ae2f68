{#- Limits of a mean by Student's t: mean -/+ t(n - 1) s / sqrt(n), s with n - 1 (ukhsa-collaboration,
    PHEindicatormethods, R/Means.R). -#}

{#- Student's t quantile of a level: from the table up to 60 degrees of freedom, above by the Cornish-Fisher series in
    1/df to its fifth term (Abramowitz and Stegun 1964, 26.7.5), which there errs by less than 1e-9 of the quantile.

    Degrees of freedom that are not whole are taken down to the whole number, which widens the interval; below 1: null. -#}
{% macro student_t(degrees, level=95) -%}
{%- set n = "floor(cast(" ~ degrees ~ " as double))" -%}
{%- set z = normal_quantile(level) -%}
case
    when {{ degrees }} >= 61
        then
            {{ z }}
            + (pow({{ z }}, 3) + {{ z }}) / (4 * {{ n }})
            + (5 * pow({{ z }}, 5) + 16 * pow({{ z }}, 3) + 3 * {{ z }}) / (96 * pow({{ n }}, 2))
            + (3 * pow({{ z }}, 7) + 19 * pow({{ z }}, 5) + 17 * pow({{ z }}, 3) - 15 * {{ z }}) / (384 * pow({{ n }}, 3))
            + (
                79 * pow({{ z }}, 9) + 776 * pow({{ z }}, 7) + 1482 * pow({{ z }}, 5)
                - 1920 * pow({{ z }}, 3) - 945 * {{ z }}
            ) / (92160 * pow({{ n }}, 4))
            + (
                27 * pow({{ z }}, 11) + 339 * pow({{ z }}, 9) + 930 * pow({{ z }}, 7)
                - 1782 * pow({{ z }}, 5) - 765 * pow({{ z }}, 3) + 17955 * {{ z }}
            ) / (368640 * pow({{ n }}, 5))
    when {{ degrees }} >= 1 then {{ student_t_quantiles(level) }}[cast({{ n }} as integer)]
end
{%- endmacro %}

{#- Half the width of a mean's interval: null for fewer than two observations, which say nothing of their spread. -#}
{% macro mean_margin(deviation, sample, level=95) -%}
case
    when {{ sample }} >= 2
        then {{ student_t("(" ~ sample ~ " - 1)", level) }} * {{ deviation }} / sqrt(cast({{ sample }} as double))
end
{%- endmacro %}

{#- The lower limit of a mean, of its sample standard deviation and the number of observations. -#}
{% macro mean_lower(mean, deviation, sample, level=95) -%}
({{ mean }} - {{ mean_margin(deviation, sample, level) }})
{%- endmacro %}

{#- The upper limit of a mean. -#}
{% macro mean_upper(mean, deviation, sample, level=95) -%}
({{ mean }} + {{ mean_margin(deviation, sample, level) }})
{%- endmacro %}
