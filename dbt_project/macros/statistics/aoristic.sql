{#- The share of one event, of which only a span of time is known, that an hour or other slot is given: the part of the span
    that lies in the slot. Over slots that follow one another the shares of an event add up to 1 (Ratcliffe 2000,
    International Journal of Geographical Information Science 14).

    The moments are timestamps of one clock. A slot holds its start and not its end; a span of no length lies wholly in the
    slot that holds it. Null for a span that ends before it begins, and for a missing moment: nothing is known then. -#}
{% macro aoristic_share(from_moment, to_moment, slot_start, slot_end) -%}
case
    when {{ to_moment }} > {{ from_moment }}
        then
            greatest(
                0,
                epoch(least({{ to_moment }}, {{ slot_end }})) - epoch(greatest({{ from_moment }}, {{ slot_start }}))
            ) / (epoch({{ to_moment }}) - epoch({{ from_moment }}))
    when {{ to_moment }} = {{ from_moment }}
        then if({{ from_moment }} >= {{ slot_start }} and {{ from_moment }} < {{ slot_end }}, 1e0, 0e0)
end
{%- endmacro %}
