select
    partner,
    supplier,
    dataset,
    period_type,
    period_start,
    signal,
    concerns,
    evidence,
    strength,
    compared_with,
    reply,
    replied_by,
    replied_on,
    state
from {{ source('snapshot', 'recording_signals') }}
