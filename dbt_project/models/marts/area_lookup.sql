select
    from_set,
    from_code,
    to_set,
    to_code,
    weight,
    method
from {{ source('snapshot', 'area_lookup') }}
