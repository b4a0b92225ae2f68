{#- The National Grid reference of the square that holds a point, at the point's own square size.

    Letters run from the north-west, five to a row, without I: first by 500 km, then by 100 km square
    (Ordnance Survey, "A guide to coordinate systems in Great Britain", section 7). A square that is not a power of ten
    is named by the next larger one. -#}
{% macro grid_reference(easting, northing, square_m) %}
{%- set east = "cast(floor(" ~ easting ~ " / 100000) as integer)" -%}
{%- set north = "(19 - cast(floor(" ~ northing ~ " / 100000) as integer))" -%}
{%- set digits = "(5 - cast(ceil(log10(greatest(" ~ square_m ~ ", 1))) as integer))" -%}
{%- set letters = "'ABCDEFGHJKLMNOPQRSTUVWXYZ'" -%}
substr({{ letters }}, 1 + ({{ north }} // 5) * 5 + ({{ east }} + 10) // 5, 1)
|| substr({{ letters }}, 1 + ({{ north }} * 5) % 25 + {{ east }} % 5, 1)
|| case
    when {{ digits }} > 0
        then
            ' ' || left(lpad(cast(cast(floor({{ easting }}) as integer) % 100000 as varchar), 5, '0'), {{ digits }})
            || ' ' || left(lpad(cast(cast(floor({{ northing }}) as integer) % 100000 as varchar), 5, '0'), {{ digits }})
    else ''
end
{%- endmacro %}
