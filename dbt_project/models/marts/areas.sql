select
    boundary_set,
    area_code,
    area_name,
    parent_code,
    old_code,
    valid_from,
    valid_to,
    source_release,
    has_cover,
    geometry
from {{ source('snapshot', 'areas') }}
