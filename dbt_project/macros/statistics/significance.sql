{#- Whether an area differs from an average more than chance would have it, in the words of ukhsa-collaboration,
    PHEindicatormethods, R/Funnels.R: the limits are the area's own, at 95% and at 99.8%, whose tails are 0.025 and 0.001.

    For a proportion Wilson's limits leave the average out where, and only where, the area lies outside a funnel drawn about
    the average. For rates and ratios they are the limits of the count. Counts of small areas vary more than by chance, as
    crimes come in series: with many areas `High (0.025)` is to be expected of some that nothing is the matter with.
    A value with no limits, such as a directly standardised rate of fewer than 10 events, is not judged. -#}
{% macro funnel_significance(average, lower, upper, wide_lower, wide_upper) -%}
case
    when
        {{ average }} is null or {{ lower }} is null or {{ upper }} is null
        or {{ wide_lower }} is null or {{ wide_upper }} is null
        then 'Not applicable'
    when {{ wide_upper }} < {{ average }} then 'Low (0.001)'
    when {{ upper }} < {{ average }} then 'Low (0.025)'
    when {{ wide_lower }} > {{ average }} then 'High (0.001)'
    when {{ lower }} > {{ average }} then 'High (0.025)'
    else 'Not significant'
end
{%- endmacro %}
