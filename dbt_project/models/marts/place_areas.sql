-- Only places that a current row stands at, so that a release holds no place of a record that was withdrawn.
select
    assigned.place_id,
    assigned.boundary_set,
    assigned.area_code
from {{ source('snapshot', 'place_areas') }} as assigned
where
    {% for rows in ('records', 'int_assets__rows', 'int_responses__rows') -%}
    {{ 'or ' if not loop.first }}assigned.place_id in (select {{ rows }}.place_id from {{ ref(rows) }} as {{ rows }})
    {% endfor %}
