-- Only places that a current record stands at, so that a release holds no place of a record that was withdrawn.
select
    assigned.place_id,
    assigned.boundary_set,
    assigned.area_code
from {{ source('snapshot', 'place_areas') }} as assigned
where assigned.place_id in (select records.place_id from {{ ref('records') }} as records)
