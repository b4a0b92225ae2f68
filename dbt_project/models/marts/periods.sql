select
    period_type,
    period_start,
    period_end,
    label,
    days
from {{ source('snapshot', 'periods') }}
