select
    partner,
    supplier,
    dataset,
    period_type,
    period_start,
    measure,
    value,
    note
from {{ source('snapshot', 'quality') }}
