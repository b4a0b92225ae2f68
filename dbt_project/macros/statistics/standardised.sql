{#- Standardised rates: aggregates over the rows of one area and period, a row an age group or other stratum.

    There must be a row for every group of the standard, with a null where a figure was not supplied: a group without a row
    cannot be missed. -#}

{#- A sum of doubles that is the same to the last bit in whatever order the rows come, whatever their size. -#}
{% macro ordered_sum(term) -%}
list_sum(list_sort(list({{ term }})))
{%- endmacro %}

{#- Why there is no directly standardised rate; null if there is one. -#}
{% macro dsr_reason(count, population, standard) -%}
case
    when count(*) = 0 or count_if({{ count }} is null or {{ count }} < 0) > 0 then 'a group has no count'
    when count_if({{ population }} is null or {{ population }} <= 0) > 0 then 'a group has no population'
    when count_if({{ standard }} is null or {{ standard }} < 0) > 0 then 'a group has no standard population'
    when sum({{ standard }}) = 0 then 'the standard population is nobody'
    when sum({{ count }}) < 10 then 'fewer than 10 events'
end
{%- endmacro %}

{#- The directly standardised rate, sum(w o/n) / sum(w), times the scale; null where `dsr_reason` says why. -#}
{% macro dsr_value(count, population, standard, scale=1) -%}
{%- set term = standard ~ " * cast(" ~ count ~ " as double) / nullif(" ~ population ~ ", 0)" -%}
case
    when {{ dsr_reason(count, population, standard) }} is null
        then {{ ordered_sum(term) }} / {{ ordered_sum("cast(" ~ standard ~ " as double)") }} * {{ scale }}
end
{%- endmacro %}

{#- sqrt(var / O), var = sum(w^2 o/n^2) / sum(w)^2: what one event more or less in the count's limits moves the rate by. -#}
{% macro dsr_event(count, population, standard) -%}
{%- set share = "(cast(" ~ standard ~ " as double) / nullif(" ~ population ~ ", 0))" -%}
sqrt({{ ordered_sum(count ~ " * pow(" ~ share ~ ", 2)") }} / sum({{ count }}))
/ {{ ordered_sum("cast(" ~ standard ~ " as double)") }}
{%- endmacro %}

{#- The lower limit of a directly standardised rate: v + sqrt(var/O) (limit(O) - O), with Byar's limit of the count O.

    Dobson, Kuulasmaa, Eberle and Scherer 1991, Statistics in Medicine 10; ukhsa-collaboration, PHEindicatormethods,
    R/DSR.R, which gives no rate below 10 events. -#}
{% macro dsr_lower(count, population, standard, scale=1, level=95) -%}
{%- set events = "sum(" ~ count ~ ")" -%}
({{ dsr_value(count, population, standard, scale) }}
+ {{ dsr_event(count, population, standard) }} * ({{ count_lower(events, level) }} - {{ events }}) * {{ scale }})
{%- endmacro %}

{#- The upper limit of a directly standardised rate. -#}
{% macro dsr_upper(count, population, standard, scale=1, level=95) -%}
{%- set events = "sum(" ~ count ~ ")" -%}
({{ dsr_value(count, population, standard, scale) }}
+ {{ dsr_event(count, population, standard) }} * ({{ count_upper(events, level) }} - {{ events }}) * {{ scale }})
{%- endmacro %}

{#- The events to be expected in an area at the rates of the reference: sum(n O_ref / N_ref). An aggregate; null where a
    group lacks a figure. Divide the events observed by it with `indirect_ratio`. -#}
{% macro expected_events(population, reference_count, reference_population) -%}
{%- set term = population ~ " * cast(" ~ reference_count ~ " as double) / nullif(" ~ reference_population ~ ", 0)" -%}
case when count_if(({{ term }}) is null) = 0 then {{ ordered_sum(term) }} end
{%- endmacro %}

{#- The indirectly standardised ratio, observed to expected, times the scale: 100 for a ratio of the reference. With the
    reference's own rate as scale it is the indirectly standardised rate (ukhsa-collaboration, PHEindicatormethods,
    R/ISRate.R and R/ISRatio.R). Null unless something was expected. -#}
{% macro indirect_ratio(observed, expected, scale=100) -%}
{{ rate(observed, expected, scale) }}
{%- endmacro %}

{#- The lower limit of an indirectly standardised ratio or rate: that of the observed count; the expected one is taken to be
    known. -#}
{% macro indirect_lower(observed, expected, scale=100, level=95) -%}
{{ rate_lower(observed, expected, scale, level) }}
{%- endmacro %}

{#- The upper limit of an indirectly standardised ratio or rate. -#}
{% macro indirect_upper(observed, expected, scale=100, level=95) -%}
{{ rate_upper(observed, expected, scale, level) }}
{%- endmacro %}
