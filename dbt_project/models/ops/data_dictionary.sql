select
    "table",
    "column",
    type,
    description,
    sensitivity,
    special_category,
    criminal_offence,
    personal
from {{ source('snapshot', 'data_dictionary') }}
