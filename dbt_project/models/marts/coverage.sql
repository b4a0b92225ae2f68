select
    partner,
    supplier,
    dataset,
    period_type,
    period_start,
    state,
    is_late,
    due_on,
    received_at,
    revision,
    records_received,
    rows_loaded,
    rows_quarantined,
    period_share
from {{ source('snapshot', 'coverage') }}
