select
    list,
    code,
    series_from,
    series_code,
    series_label
from {{ source('snapshot', 'code_series') }}
