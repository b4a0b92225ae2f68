select
    "table",
    "column",
    type,
    description
from {{ source('snapshot', 'data_dictionary') }}
