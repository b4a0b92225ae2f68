select
    partner,
    dataset,
    unit_counted,
    clock,
    place_kind as place,
    includes,
    covers_from,
    breaks,
    note
from {{ source('snapshot', 'recording') }}
