select
    area_code,
    area_name,
    entity_code,
    boundary_set,
    valid_from,
    valid_to,
    status,
    followed_by,
    old_code
from {{ source('snapshot', 'area_codes') }}
