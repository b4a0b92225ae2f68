-- Only places that a current row stands at, so that a release holds no place of a record that was withdrawn.
select
    assigned.place_id,
    assigned.boundary_set,
    assigned.area_code
from {{ source('snapshot', 'place_areas') }} as assigned
where
    assigned.place_id in (select held.place_id from {{ ref('records') }} as held)
    or assigned.place_id in (select held.place_id from {{ ref('int_assets__rows') }} as held)
    or assigned.place_id in (select held.place_id from {{ ref('int_responses__rows') }} as held)
