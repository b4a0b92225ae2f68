{#- Estimates from a sample whose answers carry weights.

    The effective sample size is Kish's, (sum w)^2 / sum(w^2), and the design effect the sample over it: Kish 1965, Survey
    Sampling, 11.7. It knows of unequal weights only: where a survey's supplier states a design effect that also knows of
    its clusters, divide the sample by that one instead.

    Aggregates over respondents: `answer` is true, false or null for one who gave none, and `weight` above 0. Who gave no
    answer or has no weight is in neither part of any of them. -#}

{#- The weight of a respondent who counts, else null. -#}
{% macro answered_weight(answer, weight) -%}
case when {{ answer }} is not null and {{ weight }} > 0 then cast({{ weight }} as double) end
{%- endmacro %}

{#- How many respondents count. -#}
{% macro survey_sample(answer, weight) -%}
count({{ answered_weight(answer, weight) }})
{%- endmacro %}

{#- The weighted share of respondents whose answer is true, 0 to 1; null without any. -#}
{% macro survey_proportion(answer, weight) -%}
{%- set chosen = answered_weight(answer, weight) -%}
(
    {{ ordered_sum("case when " ~ answer ~ " then " ~ chosen ~ " else 0 * " ~ chosen ~ " end") }}
    / {{ ordered_sum(chosen) }}
)
{%- endmacro %}

{#- Kish's effective sample size: at most the sample, which it is where all weights are equal. -#}
{% macro effective_sample(answer, weight) -%}
{%- set chosen = answered_weight(answer, weight) -%}
(pow({{ ordered_sum(chosen) }}, 2) / {{ ordered_sum("pow(" ~ chosen ~ ", 2)") }})
{%- endmacro %}

{#- How many times as many respondents the sample has as an equally weighted one of the same precision would need. -#}
{% macro design_effect(answer, weight) -%}
({{ survey_sample(answer, weight) }} / {{ effective_sample(answer, weight) }})
{%- endmacro %}

{#- The lower limit of an estimated proportion (0 to 1), times the scale: Wilson's, of as many as the effective sample.
    Not an aggregate. -#}
{% macro survey_lower(proportion, effective, scale=1, level=95) -%}
{{ wilson_lower("(cast(" ~ proportion ~ " as double) * " ~ effective ~ ")", effective, scale, level) }}
{%- endmacro %}

{#- The upper limit of an estimated proportion. -#}
{% macro survey_upper(proportion, effective, scale=1, level=95) -%}
{{ wilson_upper("(cast(" ~ proportion ~ " as double) * " ~ effective ~ ")", effective, scale, level) }}
{%- endmacro %}
