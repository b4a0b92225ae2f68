select
    boundary_set,
    area_code,
    area_name,
    parent_code,
    valid_from,
    valid_to,
    has_cover,
    geometry
from {{ source('snapshot', 'areas') }}
